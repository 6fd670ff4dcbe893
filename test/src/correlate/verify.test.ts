import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Check } from '../../../src/contracts/index.ts';
import { loadChecks } from '../../../src/correlate/load.ts';
import { type Proof, proveChecks } from '../../../src/correlate/verify.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { packageRoot } from '../../../src/util/package-root.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';
import { checkWith, SELECT } from './checks.ts';

const TESTS = join(packageRoot(), 'test', 'rules', 'checks');

describe('proving checks', () => {
  it('finds nothing wrong with the checks of the package', async () => {
    const { problems, notes } = await prove(loadChecks(), knownControls());

    assert.deepEqual(problems, []);
    assert.deepEqual(notes, []);
  });

  it('knows every control that the checks name', () => {
    const known = knownControls();

    const unknown = loadChecks().flatMap((check) => check.meta.controls.filter((control) => !known.has(control)));

    assert.deepEqual(unknown, []);
  });

  it('finds nothing wrong with a good check', async () => {
    const { problems } = await prove([checkWith()]);

    assert.deepEqual(problems, []);
  });

  for (const [title, change, what] of [
    ['a misspelt column', { sql: SELECT.replace('public_id', 'publik_id') }, /SQL does not bind: .*publik_id/],
    ['a misspelt view', { sql: SELECT.replace('FROM credentials', 'FROM credentails') }, /SQL does not bind: .*credentails/],
    ['an identity field that is not returned', { head: ['[credential_id]', '[key_id]'] }, /^identityFields: key_id/],
    ['no message', { sql: SELECT.replace('AS message', 'AS text') }, /no `message`/],
    ['evidence that is not a list', { sql: SELECT.replace(', evidence', ", 'x' AS evidence") }, /no `evidence`/],
    ['a fix that is a number', { sql: SELECT.replace(', evidence', ', evidence, 3 AS fix') }, /column fix is INTEGER/],
    [
      'a severity that is a number',
      { sql: SELECT.replace(', evidence', ', evidence, 3 AS severity') },
      /column severity is INTEGER/,
    ],
    [
      'a query that does not say which credential it is about',
      { head: ['[credential_id]', '[message]'], sql: SELECT.replace('credential_id, ', '') },
      /^about: credential/,
    ],
    [
      'a population that does not bind',
      { head: ['population: credentials', 'population: credential'] },
      /^population: does not bind/,
    ],
    ['an unknown control', { head: ['NHI7:2025', 'NHI-07'] }, /^controls: owasp-nhi-2025:NHI-07/],
    ['an unknown kind', { head: ['credential@aws', 'key@aws'] }, /^needs: "key" is no kind/],
    ['a type that is none', { head: ['credential@aws', 'credential:Access Key@aws'] }, /^needs: "Access Key" is no type/],
    ['an unknown surface', { head: ['credential@aws', 'credential@aws|credential@azure'] }, /^needs: "azure" is no surface/],
    ['a parameter that is not declared', { sql: SELECT.replace('$maxAgeDays', '$maxAge') }, /^parameters: \$maxAge is used/],
    ['a parameter that is not used', { sql: SELECT.replace('$maxAgeDays', '90') }, /^parameters: maxAgeDays is declared/],
  ] as const) {
    it(`tells of ${title}`, async () => {
      const check = checkWith(change as Parameters<typeof checkWith>[0]);

      const { problems } = await prove([check]);

      assert.ok(
        problems.some((problem) => what.test(problem.what)),
        JSON.stringify(problems),
      );
      for (const problem of problems) {
        assert.equal(problem.file, check.file);
        assert.equal(problem.rule, 'old-key');
        assert.notEqual(problem.hint, '');
      }
    });
  }

  describe('given the tests of the package', () => {
    const check = loadChecks().find(({ meta }) => meta.id === 'leaked-live-key');
    let tests: string;

    beforeEach(() => {
      tests = join(tempDir(), 'checks');
      cpSync(TESTS, tests, { recursive: true });
    });

    it('fails when a near miss is deleted', async () => {
      const path = join(tests, 'leaked-live-key.yml');
      const cases: { hit: unknown[]; near: unknown[] } = parse(readFileSync(path, 'utf8'));
      writeFileSync(path, stringify({ ...cases, near: cases.near.slice(0, 1) }));

      const whole = await proveWith(check, TESTS);
      const { problems } = await proveWith(check, tests);

      assert.deepEqual(whole.problems, []);
      assert.match(problems[0]?.what ?? '', /has 1 near misses/);
    });

    it('fails when the hits are deleted', async () => {
      const path = join(tests, 'leaked-live-key.yml');
      const cases: { hit: unknown[]; near: unknown[] } = parse(readFileSync(path, 'utf8'));
      writeFileSync(path, stringify({ near: cases.near }));

      const { problems } = await proveWith(check, tests);

      assert.match(problems[0]?.what ?? '', /has no hit/);
    });

    it('fails when the whole file is deleted', async () => {
      rmSync(join(tests, 'leaked-live-key.yml'));

      const { problems } = await proveWith(check, tests);

      assert.match(problems[0]?.what ?? '', /has no tests/);
    });

    it('fails when the file cannot be read', async () => {
      writeFile(tests, 'leaked-live-key.yml', 'hit: [');

      const { problems } = await proveWith(check, tests);

      assert.match(problems[0]?.what ?? '', /cannot be read/);
    });

    it('asks a check of files for an example of each platform', async () => {
      const onFiles = checkWith({ head: ["since: '0.1'", "platforms: [drone, travis]\nsince: '0.1'"] });
      writeFile(join(tests, '..', 'platforms', 'drone'), 'old-key.yml', 'hit: [{}]\nnear: [{}, {}]\n');

      const { problems } = await proveWith(onFiles, tests);

      assert.deepEqual(
        problems.map(({ what }) => what),
        ['has no tests in test/rules/platforms/travis/old-key.yml'],
      );
    });

    it('says so when the tests are not there, as in an installed package', async () => {
      const { problems, notes } = await proveWith(check, join(tests, 'nowhere'));

      assert.deepEqual(problems, []);
      assert.match(notes[0] ?? '', /not part of the installed package/);
    });

    it('asks a check of the user for no tests', async () => {
      const { problems } = await proveWith(checkWith({ file: '/home/ada/checks/old-key.sql' }), tests);

      assert.deepEqual(problems, []);
    });
  });
});

/** Ids as the catalogues of rules/frameworks have them. */
function knownControls(): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const name of ['owasp-nhi-2025', 'nist-csf-2.0', 'csa-maestro']) {
    const text = readFileSync(join(packageRoot(), 'rules', 'frameworks', `${name}.yml`), 'utf8');
    const catalogue: { id: string; controls: { id: string }[] } = parse(text);
    for (const control of catalogue.controls) ids.add(`${catalogue.id}:${control.id}`);
  }
  return ids;
}

async function prove(
  checks: readonly Check[],
  controls: ReadonlySet<string> = new Set(['owasp-nhi-2025:NHI7:2025']),
): Promise<Proof> {
  const own = checks.length > 1 ? {} : { tests: join(tempDir(), 'none') };
  return await proveChecks(await tables(), checks, { controls, ...own });
}

let overTables: Promise<Store> | undefined;

/** As the command has it. */
function tables(): Promise<Store> {
  overTables ??= openStore({ mode: 'write', views: 'tables' }).then(async (store) => {
    await store.materialise();
    return store;
  });
  return overTables;
}

async function proveWith(check: Check | undefined, tests: string): Promise<Proof> {
  assert.ok(check !== undefined);
  return await proveChecks(await tables(), [check], { controls: new Set(check.meta.controls), tests });
}
