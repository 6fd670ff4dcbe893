// `node bench/import-logs.ts DIRECTORY STORE FORMAT`: the import alone, up to the commit; what it took as JSON on standard output.
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '../src/detect/engine.ts';
import { loadPack } from '../src/detect/load.ts';
import { mayHoldTest } from '../src/detect/may-hold.ts';
import { shippedFormats } from '../src/logs/load.ts';
import { logMasks, NameRedactor } from '../src/run/redact.ts';
import { openStore } from '../src/store/index.ts';

const [directory = '', file = '', id = ''] = process.argv.slice(2);
const now = '2026-11-22T00:00:00.000Z';
const format = shippedFormats().find(({ meta }) => meta.id === id);
if (format === undefined) throw new Error(`there is no format ${id}`);
const KEY = 'bench';
const engine = createEngine({ pack: await loadPack(), fingerprintKey: KEY });
const store = await openStore({ mode: 'write', file });
const started = performance.now();
await store.beginRun({
  startedAt: now,
  toolVersion: 'bench',
  targets: ['logs'],
  parameters: {},
  rulesDigest: 'bench',
  fingerprintKeyId: 'bench',
});
const files = globSync('**/*.{json.gz,ndjson}', { cwd: directory }).map((path) => {
  const full = join(directory, path);
  return { format, file: full, path, target: 'logs', size: statSync(full).size, at: { path } };
});
await store.importLogs(files, {
  now,
  signal: new AbortController().signal,
  clockTolerance: 120,
  forgetAfterDays: undefined,
  masks: logMasks(new NameRedactor((text, hints) => engine.detect(text, hints), mayHoldTest(engine.search)), KEY),
  onFile: () => undefined,
  warn: (message, data) => console.error(message, data),
});
const took = performance.now() - started;
await store.endLoading([]);
await store.saveResults({ findings: [], checks: [], controls: [] }, now);
const wall = performance.now() - started;
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const [{ usages = 0, records = 0 } = {}] = await store.rows(
  'SELECT count(*) AS usages, sum(coalesce(records, 1)) AS records FROM obs.usages',
);
store.close();
console.log(
  JSON.stringify({
    wall,
    import: took,
    processor: (userCPUTime + systemCPUTime) / 1000,
    megabytes: (maxRSS * 1024) / 1e6,
    records,
    usages,
  }),
);
