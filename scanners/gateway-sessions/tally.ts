import type { Observation, ObservationKind, SourceFile } from '../../src/contracts/index.ts';
import type { Document, Page } from './document.ts';
import type { Shape } from './shape.ts';

/** What came of the records of one answer. */
export interface RecordsRead {
  readonly read: number;
  /** Of those that could not be read: which, and why. */
  readonly problems: readonly string[];
}

/** A stranger's text inside a sentence of ours: one line, no control characters, not too long. */
export function quote(text: string): string {
  return JSON.stringify(text.slice(0, 60)).replace(/[\u007f-\u009f\u2028\u2029]/g, '?');
}

/** `types` go into the detail of coverage, for needs like `identity:api-key@gateway`; a list of sessions gives `session-list`, too. */
export const NAMES: {
  readonly [shape in Shape]: {
    readonly one: string;
    readonly covers: readonly ObservationKind[];
    readonly types?: readonly string[];
  };
} = {
  session: { one: 'session', covers: ['usage', 'sighting', 'policy'], types: ['session', 'approval'] },
  connection: { one: 'connection', covers: ['consumer', 'credential', 'identity', 'policy'], types: ['connection'] },
  'service-account': { one: 'service account', covers: ['identity', 'grant'], types: ['service-account'] },
  'api-key': { one: 'API key', covers: ['identity', 'credential', 'grant'], types: ['api-key'] },
  'ai-agent': { one: 'AI agent', covers: ['identity', 'credential', 'grant'], types: ['agent'] },
  'machine-identity': { one: 'machine identity', covers: ['identity'], types: ['machine-identity'] },
  user: { one: 'user', covers: ['person'], types: ['user'] },
  'access-request-rule': { one: 'access request rule', covers: ['policy'], types: ['access-rule'] },
  'masking-rule': { one: 'masking rule', covers: ['policy'], types: ['masking-rule'] },
  guardrail: { one: 'guardrail', covers: ['policy'], types: ['guardrail'] },
  attribute: { one: 'attribute', covers: ['policy'], types: ['attribute'] },
  plugin: { one: 'plugin', covers: ['policy'], types: ['plugin'] },
  'agent-process': { one: 'agent of the gateway', covers: ['policy'], types: ['agent'] },
  'workload-mapping': { one: 'SPIFFE mapping', covers: ['policy'], types: ['workload-mapping'] },
  'event-subscription': { one: 'event subscription', covers: ['policy'], types: ['forwarding'] },
  'webhook-endpoint': { one: 'webhook', covers: ['policy'], types: ['forwarding'] },
  groups: { one: 'group', covers: ['policy'], types: ['groups'] },
  review: { one: 'review', covers: ['policy'], types: ['approval'] },
  'server-info': { one: 'server information', covers: ['policy'], types: ['server'] },
  'audit-entry': { one: 'entry of the admin audit log', covers: ['usage', 'sighting'], types: ['admin-audit'] },
  'session-metric': { one: 'metric of a session', covers: ['usage'], types: ['session-metrics'] },
};

/** Counts one file. */
export class Tally {
  readonly #shapes = new Set<Shape>();
  readonly #plugins = new Set<string>();
  readonly #gaps: string[];
  readonly #bad: string[] = [];
  readonly #ahead: string[] = [];
  readonly #far: string[] = [];
  readonly #backwards: string[] = [];
  readonly #page: Page | undefined;
  readonly #broken: boolean;
  readonly #isList: boolean;
  #read = 0;
  #skipped = 0;
  #failed: number;

  constructor(document: Document) {
    this.#gaps = [...document.gaps];
    this.#failed = document.failed;
    this.#broken = document.failed > 0;
    this.#isList = document.isList;
    this.#page = document.page;
    if (document.empty !== undefined) this.#shapes.add(document.empty);
  }

  meet(shape: Shape | undefined): void {
    if (shape !== undefined) this.#shapes.add(shape);
  }

  plugin(name: string): void {
    this.#plugins.add(name);
  }

  read(count = 1): void {
    this.#read += count;
  }

  /** Clocks differ by minutes, and zones that were lost by half a day. No clock is years ahead. */
  starts(id: string, daysAhead: number): void {
    if (daysAhead > 366) this.#far.push(id);
    else if (daysAhead > 1) this.#ahead.push(id);
  }

  backwards(id: string): void {
    this.#backwards.push(id);
  }

  skip(): void {
    this.#skipped += 1;
  }

  fail(name: string, why: string): void {
    this.#failed += 1;
    this.#bad.push(`${quote(name)}: ${why}`);
  }

  gap(why: string): void {
    this.#gaps.push(why);
  }

  get told(): RecordsRead {
    return { read: this.#read, problems: [...this.#bad, ...this.#gaps] };
  }

  /** Some of the file may be something else than a gateway's export. */
  get foreign(): boolean {
    return this.#skipped > 0 || (this.#broken && this.#read === 0);
  }

  coverage(file: SourceFile): Observation {
    const shapes = [...this.#shapes].sort();
    const covers = [...new Set(shapes.flatMap((shape) => NAMES[shape].covers))].sort();
    const types = shapes.flatMap((shape) => NAMES[shape].types ?? []);
    if (this.#isList && shapes.includes('session')) types.push('session-list');
    // A plugin that is not in the list of them is not switched on.
    if (shapes.includes('plugin') && (this.#isList || this.#plugins.has('access_control'))) types.push('access-control');
    const why = [...this.#gaps];
    if (this.#bad.length > 0) {
      const more = this.#bad.length > 5 ? `, and ${this.#bad.length - 5} more` : '';
      why.push(`${this.#bad.length} records cannot be read (${this.#bad.slice(0, 5).join('; ')}${more})`);
    }
    if (this.#far.length > 0) {
      why.push(`${this.#far.length} sessions start years from now (${quote(this.#far[0] ?? '')} …): their times are wrong`);
    }
    // Where most of them are ahead it is the clock here that is wrong.
    if (this.#ahead.length > 0 && this.#ahead.length * 2 <= this.#read) {
      why.push(`${this.#ahead.length} sessions start after now (${quote(this.#ahead[0] ?? '')} …): their times are wrong`);
    }
    if (this.#backwards.length > 0) {
      why.push(
        `${this.#backwards.length} sessions end before they start (${quote(this.#backwards[0] ?? '')} …): when they ended is not known`,
      );
    }
    if (this.#skipped > 0) why.push(`${this.#skipped} records are none that the gateway exports`);
    // One record that was asked for by its id tells of no other whether it is there.
    const single = this.#isList ? {} : { single: true };
    // With the other pages of the list nothing is missing; a view sees whether they are there.
    const isOnlyPage = this.#page !== undefined && why.length === 1 && why[0] === this.#page.gap;
    const page =
      this.#page === undefined
        ? {}
        : { total: this.#page.total, held: this.#page.held, ...(isOnlyPage ? { onlyGap: true } : {}) };
    const detail =
      types.length === 0 ? {} : { types: [...new Set(types)], ...single, ...(this.#page === undefined ? {} : { page }) };
    const seen = this.#read + this.#skipped + this.#failed;
    const unknown = shapes.length === 0;
    return {
      kind: 'coverage',
      surface: 'gateway',
      subject: `${file.path}: ${unknown ? 'nothing that is known' : shapes.map((shape) => NAMES[shape].one).join(', ')}`,
      outcome: unknown ? 'unsupported' : why.length > 0 ? 'partial' : 'complete',
      ...(why.length > 0 || unknown ? { why: why.join('; ') || 'it holds no record that a gateway exports' } : {}),
      covers,
      seen,
      read: this.#read,
      skipped: this.#skipped,
      failed: this.#failed,
      bytes: file.bytes.length,
      at: file.at,
      ...(Object.keys(detail).length === 0 ? {} : { detail }),
    };
  }
}
