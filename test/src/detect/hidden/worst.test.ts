import assert from 'node:assert/strict';
import { createEngine, type Engine } from '../../../../src/detect/engine.ts';
import { loadPack } from '../../../../src/detect/load.ts';

const SIZE = 256 * 1024;
/** Far below what is asked of the engine: a test runs beside others. */
const SLOWEST_MS = 1000;

describe('texts that are all anchors of hidden values', () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: 'worst', secretlint: false });
    engine.detect('warm up '.repeat(1000));
  });

  for (const unit of [
    '"+"',
    "'ghp_' + 'a' + ",
    '"gh" "p_',
    'ghp_"a',
    ['$', "{'a'}"].join(''),
    `"${' '.repeat(79)}`,
    '\\\n',
    '\\x41',
    '\\u0041',
    '\\101',
    'a\\u002db',
    '%41',
    '%25',
    'a%2Fb',
    '&#x41;',
    'a&sol;b',
    'kind: Secret\n',
    'kind: Secret\ndata:\n a: QUFB\n',
    '{"kind":"Secret","data":{',
    'atob("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB")',
    ';base64,QUFBQUFBQUFBQUFBQUFBQUFBQUFB ',
    'Z2hwX',
    'Z2hwX1VjYkhmWXBoVkZYaU9zT29 ',
    'Z2hwX1VjYkhmWXBoVkZYaU9zT29Z2hwX1VjYkhmWXBoVkZYaU9zT29Z2hwX1VjY\n',
    '6768705f41414141414141414141414141414141 ',
    'H4sIAAAAAAAAA6tWSlSyUkrPKIgPTU7 ',
    'secret = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"\n',
    'Authorization: Basic QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n',
  ]) {
    it(`are searched in time: ${JSON.stringify(unit.slice(0, 30))}`, () => {
      const bytes = Buffer.alloc(SIZE, unit);
      const started = process.cpuUsage();

      engine.detect(bytes);

      const { user, system } = process.cpuUsage(started);
      const milliseconds = (user + system) / 1000;
      assert.ok(milliseconds < SLOWEST_MS, `${milliseconds.toFixed(0)} ms`);
    });
  }
});
