import { loadConfig } from '../../../src/config/load.ts';
import { defineServiceScanner } from '../../../src/contracts/index.ts';
import { openHttp } from '../../../src/live/index.ts';
import { scan } from '../../../src/run.ts';
import { SILENT_PROGRESS } from '../../../src/util/progress.ts';

// Run as a process of its own, which the test ends with a signal: a scan of `harbour:`, whose API has ten pages of users.

const [, , directory = '', url = ''] = process.argv;
const abort = new AbortController();
process.on('SIGINT', () => abort.abort(new Error('SIGINT')));

const harbour = defineServiceScanner({
  id: 'harbour',
  title: 'Harbour',
  emits: ['identity', 'coverage'],
  surfaces: ['okta'],
  version: 1,
  scheme: 'harbour',
  async *scan(_, context) {
    const http = openHttp({ context, service: 'Harbour', baseUrl: url });
    for (let page = 1; page <= 10; page++) {
      const ask = async () => (await http.json('GET', `/users/${page}`, { right: 'users.read' })).value as { name: string };
      const { name } = (await context.once?.(`users ${page}`, ask)) ?? (await ask());
      yield { kind: 'identity', id: `okta:harbour:user/${name}`, provider: 'okta', type: 'user', name };
    }
    yield { kind: 'coverage', surface: 'okta', subject: 'users', outcome: 'complete', covers: ['identity'] };
  },
});

const said = (message: string): void => void process.stderr.write(`${message}\n`);
const { report } = await scan({
  targets: ['harbour:'],
  directory,
  crawl: { history: false, staged: false, exclude: [], own: [] },
  storeFile: `${directory}/audit.duckdb`,
  only: [],
  skip: [],
  config: await loadConfig(directory, undefined),
  persona: 'security',
  newOnly: false,
  frameworks: [],
  runtime: {
    scanners: [harbour],
    env: process.env,
    clock: () => new Date(),
    signal: abort.signal,
    log: { debug: () => undefined, info: said, warn: said },
    progress: SILENT_PROGRESS,
  },
});
process.stdout.write(JSON.stringify(report.run.counts));
