import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UsageObservation } from '../src/contracts/index.ts';
import { openStore } from '../src/store/index.ts';
import { type Measurement, median } from './measure.ts';

const ROWS = 100_000;
const ROUNDS = 3;
const START = Date.parse('2026-01-01T00:00:00Z');

/** Observations into a store file: ids, typed appends, the end of the transaction. */
export async function measureStore(): Promise<readonly Measurement[]> {
  const rows = Array.from({ length: ROWS }, (_, n) => usage(n));
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const took = await load(rows);
    if (round > 0) times.push(took);
  }
  const took = median(times);
  return [
    {
      what: `load of ${ROWS.toLocaleString('en')} usages into a store file`,
      value: `${(took / 1000).toFixed(1)} s, ${Math.round(ROWS / (took / 1000)).toLocaleString('en')} rows/s`,
    },
  ];
}

async function load(rows: readonly UsageObservation[]): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), 'nhi-audit-bench-'));
  const store = await openStore({ mode: 'write', file: join(root, 'bench.duckdb') });
  try {
    const started = performance.now();
    const now = new Date(START).toISOString();
    const run = await store.beginRun({
      startedAt: now,
      toolVersion: 'bench',
      targets: ['bench'],
      parameters: {},
      rulesDigest: 'bench',
      fingerprintKeyId: 'bench',
    });
    const { part } = await store.addPart({ scanner: 'bench', version: 1, target: 'bench', unit: 'all', content: run }, now);
    for (const row of rows) await store.append(part, row);
    await store.endLoading([]);
    await store.saveResults({ findings: [], checks: [], controls: [] }, now);
    return performance.now() - started;
  } finally {
    await store.rollback();
    store.close();
    rmSync(root, { recursive: true, force: true });
  }
}

function usage(n: number): UsageObservation {
  const usedAt = new Date(START + n * 60_000);
  return {
    kind: 'usage',
    identity: `aws:123456789012:user/service-${n % 500}`,
    usedAt: usedAt.toISOString(),
    endedAt: new Date(usedAt.getTime() + 30_000).toISOString(),
    via: 'gateway',
    sessionId: `session-${n}`,
    target: `connection-${n % 40}`,
    action: n % 5 === 0 ? 'write' : 'read',
    objects: [`schema.table_${n % 200}`],
    actor: `job-${n % 500}@harbour.example`,
    actorType: 'service-account',
    actorConfidence: 'high',
    approval: 'not-required',
    recorded: 'full',
    environment: 'prod',
    at: { path: 'exports/sessions.json', pointer: `sessions[${n}]` },
  };
}
