import type { Verification } from '../contracts/detector.ts';
import type { BulkMatch, CoverageObservation, CredentialObservation, ScanContext } from '../contracts/index.ts';
import { messageOf } from '../util/errors.ts';
import type { Secret } from '../util/secret.ts';
import { type Asking, judge, requestOf, send, type Values, type Verdict } from './ask.ts';
import { askAws, judgeAws } from './aws.ts';
import { askGcp, judgeGcp } from './gcp.ts';
import { Paced, pause } from './pace.ts';

/** A match that was kept with its secret, for `--verify` alone. */
export type OpenMatch = BulkMatch & { readonly secret?: Secret };

export interface VerifierOptions {
  /** How each detector's credentials are asked for, by id. */
  readonly rules: ReadonlyMap<string, Verification>;
  /** Requests of one run at most; what is over is said. Default: 500. */
  readonly limit?: number;
  /** In tests: another address for a host. Only loopback addresses are taken. */
  readonly origins?: { readonly [host: string]: string };
  /** In tests: faster. */
  readonly pace?: ConstructorParameters<typeof Paced>[0];
}

interface Due {
  readonly match: OpenMatch;
  readonly rule: Verification;
  readonly secret: Secret;
}

const LIMIT = 500;
/** A provider that asks for a longer rest than this is asked no more. */
const LONGEST_REST = 30_000;

/**
 * Asks providers whether found credentials still work: each secret once a run, by a call that changes nothing. What it
 * learns are observations like those of an inventory.
 */
export class Verifier {
  readonly #options: VerifierOptions;
  readonly #due = new Map<string, Due>();
  #without = 0;

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Notes a match; nothing is sent yet. */
  offer(match: OpenMatch): void {
    const rule = this.#options.rules.get(match.detector);
    if (rule === undefined) {
      this.#without += 1;
      return;
    }
    if (match.secret === undefined || isHalf(rule, match)) return;
    const key = `${match.detector}\0${match.fingerprint}\0${match.publicId ?? ''}`;
    if (!this.#due.has(key)) this.#due.set(key, { match, rule, secret: match.secret });
  }

  /** Asks for everything that was offered. */
  async *run(context: ScanContext): AsyncGenerator<CredentialObservation | CoverageObservation> {
    const all = [...this.#due.values()];
    this.#due.clear();
    const asked = all.slice(0, this.#options.limit ?? LIMIT);
    const paced = new Paced(this.#options.pace);
    context.progress.phase('Asking providers', asked.length);
    const answers = await Promise.all(
      asked.map(async (due) => {
        const verdict = await this.#ask(due, paced, context);
        context.progress.advance(1);
        return { due, verdict };
      }),
    );
    context.progress.end();
    context.signal.throwIfAborted();
    const unknown = new Map<string, number>();
    for (const { due, verdict } of answers) {
      if (verdict.state !== 'unknown') yield observationOf(due.match, verdict, context.now());
      else {
        const why = `${due.match.provider}: ${verdict.why ?? 'no answer'}`;
        unknown.set(why, (unknown.get(why) ?? 0) + 1);
      }
    }
    yield this.#coverage(all.length, asked.length, unknown);
  }

  #coverage(offered: number, asked: number, unknown: ReadonlyMap<string, number>): CoverageObservation {
    let failed = 0;
    for (const count of unknown.values()) failed += count;
    const gaps = [
      ...[...unknown].map(([why, count]) => `${count} without a clear answer (${why})`),
      ...(this.#without > 0 ? [`${this.#without} matches are of detectors whose provider cannot be asked`] : []),
      ...(offered > asked ? [`${offered - asked} more were not asked for: ${asked} requests are the limit of a run`] : []),
    ];
    return {
      kind: 'coverage',
      surface: 'verification',
      subject: 'found credentials that a provider can be asked about',
      outcome: gaps.length === 0 ? 'complete' : 'partial',
      ...(gaps.length === 0 ? {} : { why: gaps.slice(0, 10).join('; ') }),
      covers: ['credential'],
      seen: offered,
      read: asked - failed,
      skipped: offered - asked,
      failed,
    };
  }

  async #ask(due: Due, paced: Paced, context: ScanContext): Promise<Verdict> {
    let asking: Asking;
    try {
      asking = this.#toLoopback(askingOf(due, context.now()));
    } catch (error) {
      return { state: 'unknown', why: error instanceof RangeError ? error.message : 'the request could not be made' };
    }
    const { host } = new URL(asking.url);
    for (let attempt = 0; ; attempt++) {
      const verdict = await paced.run(host, context.signal, async () => await this.#once(due, asking, host, context));
      if (verdict.rest === undefined || attempt > 0) return verdict;
      paced.rest(host, verdict.rest);
      await pause(verdict.rest, context.signal);
    }
  }

  async #once(due: Due, asking: Asking, host: string, context: ScanContext): Promise<Verdict & { readonly rest?: number }> {
    context.contacts(host);
    try {
      const answer = await send(asking, context.signal);
      if (answer.status === 429 || answer.status === 503) {
        const seconds = Number(answer.headers.get('retry-after') ?? '1');
        const rest = Number.isFinite(seconds) ? seconds * 1000 : LONGEST_REST + 1;
        return { state: 'unknown', why: `HTTP ${answer.status}`, ...(rest <= LONGEST_REST ? { rest } : {}) };
      }
      if (due.rule === 'aws-sts') return judgeAws(answer);
      if (due.rule === 'gcp-token') return judgeGcp(answer);
      return judge(due.rule, answer);
    } catch (error) {
      // The message of a network error names hosts and codes; it never repeats what was sent.
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      return { state: 'unknown', why: isLate ? 'no answer within 10 s' : reasonOf(error) };
    }
  }

  #toLoopback(asking: Asking): Asking {
    const url = new URL(asking.url);
    const origin = this.#options.origins?.[url.host];
    if (origin === undefined) {
      if (url.protocol !== 'https:') throw new RangeError('only https addresses are asked');
      return asking;
    }
    const other = new URL(origin);
    if (!['127.0.0.1', '[::1]', 'localhost'].includes(other.hostname))
      throw new RangeError('only loopback addresses stand in for a host');
    return { ...asking, url: `${other.origin}${url.pathname}${url.search}` };
  }
}

function askingOf({ match, rule, secret }: Due, now: Date): Asking {
  const values: Values = { secret: secret.reveal(), ...(match.publicId === undefined ? {} : { publicId: match.publicId }) };
  if (rule === 'aws-sts') return askAws(values, now);
  if (rule === 'gcp-token') {
    const email = /^gcp:[^:]*:serviceAccount\/(?<email>.+)$/.exec(match.identity ?? '')?.groups?.email;
    return askGcp({ ...values, ...(email === undefined ? {} : { email }) }, now);
  }
  return requestOf(rule, values);
}

/** A key id whose secret was not seen opens nothing: there is nothing to ask. */
function isHalf(rule: Verification, match: OpenMatch): boolean {
  return rule === 'aws-sts' && (match.publicId === undefined || match.secret?.reveal() === match.publicId);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined;
  return code ?? messageOf(cause).slice(0, 100);
}

function observationOf(match: OpenMatch, verdict: Verdict, now: Date): CredentialObservation {
  return {
    kind: 'credential',
    id: match.credential,
    ...(match.identity === undefined ? {} : { identity: match.identity }),
    provider: match.provider,
    type: match.type,
    ...(match.publicId === undefined ? {} : { publicId: match.publicId }),
    fingerprint: match.fingerprint,
    status: verdict.state === 'active' ? 'active' : 'inactive',
    detail: {
      verifiedAt: now.toISOString(),
      ...(verdict.identity === undefined ? {} : { answeredAs: verdict.identity }),
      ...(verdict.scopes === undefined ? {} : { scopes: [...verdict.scopes] }),
    },
  };
}
