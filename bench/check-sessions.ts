// `node bench/check-sessions.ts STORE`: all checks once more over the last run of a store; what they took as JSON on standard output.

import { loadChecks } from '../src/correlate/load.ts';
import { runChecks } from '../src/correlate/run.ts';
import { openStore } from '../src/store/index.ts';

const [file = ''] = process.argv.slice(2);
const checks = loadChecks();
const store = await openStore({ mode: 'read', file });
const started = performance.now();
const before = process.cpuUsage();
await store.materialise();
const steps: { readonly id: string; readonly at: number }[] = [];
const { findings } = await runChecks(store, checks, {
  now: new Date().toISOString(),
  onCheck: ({ meta }) => steps.push({ id: meta.id, at: performance.now() - started }),
});
const wall = performance.now() - started;
const { user, system } = process.cpuUsage(before);
await store.dematerialise();
const [{ sessions = 0 } = {}] = await store.rows(
  "SELECT count(DISTINCT session_id) AS sessions FROM obs.usages WHERE via = 'gateway'",
);
store.close();
const slowest = steps
  .map(({ id, at }, index) => ({ id, took: (steps[index + 1]?.at ?? wall) - at }))
  .sort((a, b) => b.took - a.took)
  .slice(0, 10);
console.log(
  JSON.stringify({
    wall,
    processor: (user + system) / 1000,
    checks: checks.length,
    findings: findings.length,
    sessions,
    // Until the first: views that populations ask for.
    views: steps[0]?.at ?? 0,
    slowest,
  }),
);
