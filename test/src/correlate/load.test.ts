import assert from 'node:assert/strict';
import { join } from 'node:path';
import { loadChecks, parseCheck, readChecks } from '../../../src/correlate/load.ts';
import { ConfigError, RuleError } from '../../../src/util/errors.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';
import { HEAD, SELECT } from './checks.ts';

const FILE = 'rules/checks/aws/old-key.sql';

describe('loading checks', () => {
  it('reads the head and the query of a check', () => {
    const check = parseCheck(`/*---\n${HEAD}\n---*/\n${SELECT};\n`, FILE);

    assert.ok('meta' in check);
    assert.equal(check.meta.id, 'old-key');
    assert.equal(check.meta.persona, 'security');
    assert.deepEqual(check.meta.parameters, { maxAgeDays: 90 });
    assert.equal(check.sql, SELECT);
  });

  it('reads a file with Windows line ends', () => {
    const check = parseCheck(`/*---\n${HEAD}\n---*/\n${SELECT};\n`.replaceAll('\n', '\r\n'), FILE);

    assert.ok('meta' in check);
    assert.match(check.sql, /^SELECT/);
  });

  for (const [title, text, what] of [
    ['no head', SELECT, /no head comment/],
    ['a head that is not YAML', `/*---\nid: [\n---*/\n${SELECT}`, /not YAML/],
    ['an unknown field', `/*---\n${HEAD}\nseverty: high\n---*/\n${SELECT}`, /severty/],
    ['a missing field', `/*---\n${HEAD.replace(/^fix:.*$/m, '')}\n---*/\n${SELECT}`, /^fix: /],
    ['an unknown severity', `/*---\n${HEAD.replace('medium', 'grave')}\n---*/\n${SELECT}`, /^severity: /],
    ['an id that is not the name of the file', `/*---\n${HEAD.replace('old-key', 'older-key')}\n---*/\n${SELECT}`, /^id: /],
    ['no query', `/*---\n${HEAD}\n---*/\n`, /no SELECT/],
  ] as const) {
    it(`tells of ${title}`, () => {
      const problem = parseCheck(text, FILE);

      assert.ok('what' in problem);
      assert.match(problem.what, what);
      assert.equal(problem.file, FILE);
      assert.notEqual(problem.hint, '');
    });
  }

  it('loads the checks of the package, and none of them has a problem', () => {
    const { checks, problems } = readChecks();

    assert.deepEqual(problems, []);
    assert.ok(checks.some((check) => check.meta.id === 'leaked-key-used-around-gateway'));
    assert.deepEqual(
      checks.map((check) => check.meta.id),
      checks.map((check) => check.meta.id).toSorted(),
    );
  });

  it('loads a check from a directory of the user, with its path', () => {
    const directory = tempDir();
    writeFile(directory, 'mine/old-key.sql', `/*---\n${HEAD}\n---*/\n${SELECT};\n`);

    const checks = loadChecks([directory]);

    assert.equal(checks.find((check) => check.meta.id === 'old-key')?.file, join(directory, 'mine', 'old-key.sql'));
  });

  it('refuses a check of the user that takes the id of one of ours', () => {
    const directory = tempDir();
    writeFile(directory, 'leaked-live-key.sql', `/*---\n${HEAD.replace('old-key', 'leaked-live-key')}\n---*/\n${SELECT};\n`);

    assert.throws(
      () => loadChecks([directory]),
      (error) => error instanceof RuleError && /leaked-live-key is taken by rules\/checks\//.test(error.message),
    );
  });

  it('names the file and the field of a broken check', () => {
    const directory = tempDir();
    writeFile(directory, 'old-key.sql', `/*---\n${HEAD.replace('[credential@aws]', '[]')}\n---*/\n${SELECT};\n`);

    assert.throws(
      () => loadChecks([directory]),
      (error) => error instanceof RuleError && error.message.includes(`${join(directory, 'old-key.sql')}: needs: `),
    );
  });

  it('says that a directory of checks does not exist', () => {
    assert.throws(() => loadChecks([join(tempDir(), 'nowhere')]), ConfigError);
  });
});
