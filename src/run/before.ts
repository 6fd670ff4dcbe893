import type { Observation } from '../contracts/index.ts';
import { runChecks } from '../correlate/run.ts';
import { openStore, type StoreReader, type Unit } from '../store/index.ts';
import type { Side } from './added-lines.ts';
import type { Judgement } from './rules.ts';
import type { Sink } from './sink.ts';

/** How the side before is read, and judged. */
export interface LookBefore {
  readonly now: string;
  readonly judgement: Pick<Judgement, 'checks' | 'disabled' | 'parameters' | 'overrides'>;
  /** Reads the changed files as they were. */
  readonly read: (sink: Sink) => Promise<void>;
  /** What the run read of targets that have no side before. */
  readonly others: readonly Kept[];
  readonly sinkOf: (open: ConstructorParameters<typeof Sink>[0]) => Sink;
}

export interface Kept {
  readonly unit: Unit;
  readonly observation: Observation;
}

/**
 * The findings of some checks over the changed files as they were before the change. They are in a store of their own, in
 * memory: no report of the run knows of it.
 */
export async function findingsBefore(rules: ReadonlySet<string>, look: LookBefore): Promise<Side> {
  const store = await openStore({ mode: 'write', views: 'tables', small: true });
  try {
    await store.beginRun({
      startedAt: look.now,
      toolVersion: '',
      targets: [],
      parameters: {},
      rulesDigest: '',
      fingerprintKeyId: '',
    });
    const sink = look.sinkOf(async () => store);
    await sink.store();
    for (const { unit, observation } of look.others) await (await sink.part(unit)).add(observation);
    await look.read(sink);
    await store.endLoading([]);
    await store.materialise();
    const { checks, disabled, overrides, parameters } = look.judgement;
    const asked = checks.filter(({ meta }) => rules.has(meta.id));
    const { findings } = await runChecks(store, asked, {
      now: look.now,
      parameters: Object.fromEntries(Object.entries(parameters).filter(([rule]) => rules.has(rule))),
      overrides: Object.fromEntries(Object.entries(overrides).filter(([rule]) => rules.has(rule))),
      disabled: disabled.filter(({ meta }) => rules.has(meta.id)),
      previous: [],
    });
    return { findings, unread: await unreadFiles(store) };
  } finally {
    await store.rollback();
    store.close();
  }
}

async function unreadFiles(store: StoreReader): Promise<ReadonlySet<string>> {
  const rows = await store.rows("SELECT (detail->>'$.unread') AS unread FROM coverage WHERE (detail->>'$.unread') IS NOT NULL");
  return new Set(rows.flatMap(({ unread }) => JSON.parse(String(unread)) as readonly string[]));
}
