import assert from 'node:assert/strict';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { explainCommand } from '../../../src/commands/explain.ts';
import { checkCommand, listCommand } from '../../../src/commands/rules.ts';
import { displayWidth } from '../../../src/util/layout.ts';
import { type TestIo, testIo } from '../../helpers/io.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';
import { HEAD, SELECT } from '../correlate/checks.ts';

interface Listed {
  readonly kind: string;
  readonly id: string;
  readonly controls: string;
}

describe('rules', () => {
  let io: TestIo;

  beforeEach(() => {
    io = testIo(tempDir());
  });

  const listed = async (options: Partial<Parameters<typeof listCommand>[1]> = {}): Promise<readonly Listed[]> => {
    const to = testIo(io.directory);
    assert.equal(await listCommand(to, { format: 'json', ...options }), 0);
    return JSON.parse(to.out());
  };

  describe('list', () => {
    it('lists every check and detector once', async () => {
      const all = await listed();
      const [checks, detectors] = [await listed({ checks: true }), await listed({ detectors: true })];

      assert.deepEqual(all, [...checks, ...detectors]);
      assert(checks.length >= 30 && detectors.length >= 60, `${checks.length} checks, ${detectors.length} detectors`);
      assert(checks.every(({ kind }) => kind === 'check') && detectors.every(({ kind }) => kind === 'detector'));
      assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    });

    it('gives the same rows as CSV and as text', async () => {
      const rows = await listed();
      const [csv, text] = [testIo(io.directory), testIo(io.directory)];

      await listCommand(csv, { format: 'csv' });
      await listCommand(text, { format: 'text' });

      const read: readonly Listed[] = parse(csv.out(), { columns: true });
      assert.deepEqual(
        read.map(({ id }) => id),
        rows.map(({ id }) => id),
      );
      assert.deepEqual(
        text.out().match(/^(?:check|detector) \S+/gm),
        rows.map(({ kind, id }) => `${kind} ${id}`),
      );
      assert(
        text
          .out()
          .split('\n')
          .every((line) => displayWidth(line) <= 100),
      );
    });

    it('lists the checks of one control', async () => {
      const rows = await listed({ control: 'NHI2:2025' });

      assert(rows.length > 0);
      for (const { kind, controls } of rows) assert.deepEqual([kind, controls.includes('NHI2:2025')], ['check', true]);
    });

    it('reads NHI-03 as NHI3:2025, and warns', async () => {
      await listCommand(io, { format: 'json', control: 'NHI-03' });

      assert.match(io.err(), /^warning: "NHI-03": read as NHI3:2025 /);
      assert.deepEqual(JSON.parse(io.out()), await listed({ control: 'NHI3:2025' }));
    });

    it('refuses a control that is in no framework', async () => {
      await assert.rejects(listCommand(io, { format: 'text', control: 'NHI22:2025' }), { exit: 2, code: 'CONTROL_UNKNOWN' });
    });

    it('leaves out what the configuration switches off', async () => {
      writeFile(
        io.directory,
        'nhi-audit.config.yml',
        'checks: { leaked-live-key: { enabled: false } }\ndetectors: { disabled: [aws-access-key] }\n',
      );
      const ids = (await listed()).map(({ id }) => id);

      assert(!ids.includes('leaked-live-key') && !ids.includes('aws-access-key'));
      assert(ids.length > 90);
    });

    it('refuses a configuration that names an unknown rule', async () => {
      writeFile(io.directory, 'nhi-audit.config.yml', 'checks: { leaked-live-kye: { enabled: false } }\n');

      await assert.rejects(listed(), { code: 'CONFIG_INVALID', hint: 'Did you mean "leaked-live-key"?' });
    });
  });

  describe('explain', () => {
    it('tells risk, fix and controls of every check, and what a thief could do of every detector', async function () {
      this.timeout(90_000);
      for (const { id, kind } of await listed()) {
        const page = testIo(io.directory);

        await explainCommand(page, id, {});

        const text = page.out();
        assert(text.startsWith(`${id}\n`), id);
        const headings = kind === 'check' ? ['Severity', 'Risk', 'Fix', 'Needs', 'Controls', 'Query'] : ['Finds', 'Defined in'];
        for (const heading of headings) assert.match(text, new RegExp(`^${heading}\n  \\S`, 'm'), `${heading} of ${id}`);
        assert.doesNotMatch(text, /undefined|\[object|null/, id);
      }
    });

    it('suggests the rule that was nearly typed, or holds what was typed', async () => {
      await assert.rejects(explainCommand(io, 'leaked-live-kye', {}), { exit: 2, hint: 'Did you mean "leaked-live-key"?' });
      await assert.rejects(explainCommand(io, 'around-gateway', {}), { exit: 2, hint: /Did you mean ".*around-gateway.*"/ });
      await assert.rejects(explainCommand(io, 'zzzzzzzzzzzzzzzz', {}), { exit: 2, hint: /rules list/ });
    });
  });

  describe('explain, when a rule is not known', () => {
    for (const [text, hint] of [
      ['AWS', /^Did you mean "aws-access-key", /],
      ['Secret-Access', /"aws-secret-access-key"/],
      ['NHI-03', /^It is a control: nhi-audit rules list --control owasp-nhi-2025:NHI3:2025/],
    ] as const) {
      it(`suggests for ${text}`, async () => {
        await assert.rejects(explainCommand(io, text, {}), { code: 'RULE_UNKNOWN', exit: 2, hint });
      });
    }

    it('takes an id in other letters', async () => {
      assert.equal(await explainCommand(io, 'Leaked-Live-KEY', {}), 0);
      assert.match(io.out(), /^leaked-live-key\n/);
    });
  });

  describe('check', function () {
    // All detectors are proven, which takes some twenty seconds.
    this.timeout(180_000);

    it('says that it is at work, unless told to be quiet', async () => {
      writeFile(io.directory, 'nhi-audit.config.yml', 'rules: { checks: [nowhere] }\n');
      const quiet = testIo(io.directory);

      await assert.rejects(checkCommand(io, {}));
      await assert.rejects(checkCommand(quiet, { quiet: true }));

      assert.match(io.err(), /^Proving every rule: .*\n$/);
      assert.equal(quiet.err(), '');
    });

    it('proves a user’s own check', async () => {
      ownChecks({ 'old-key.sql': `/*---\n${HEAD}\n---*/\n${SELECT};\n` });

      const code = await checkCommand(io, {});

      assert.equal(code, 0, io.out());
      assert.match(io.out(), /^All rules hold: \d+ checks, \d+ detectors, \d+ log formats, \d+ frameworks\.\n$/);
    });

    it('fails on a user’s check that does not hold, and says where and why', async () => {
      ownChecks({
        'old-key.sql': `/*---\n${HEAD}\n---*/\n${SELECT.replace('public_id', 'publik_id')};\n`,
        'no-head.sql': 'SELECT 1',
      });

      const code = await checkCommand(io, {});

      assert.equal(code, 1);
      const out = io.out();
      assert.match(out, /own\/old-key\.sql \(old-key\): SQL does not bind: .*publik_id/);
      assert.match(out, /own\/no-head\.sql \(no-head\): has no head comment\n {2}Start the file/);
      assert.match(out, /^2 problems in \d+ checks/m);
    });

    it('refuses a directory of checks that is not there', async () => {
      writeFile(io.directory, 'nhi-audit.config.yml', 'rules: { checks: [nowhere] }\n');

      await assert.rejects(checkCommand(io, {}), { exit: 2, message: new RegExp(join(io.directory, 'nowhere')) });
    });

    function ownChecks(files: { readonly [name: string]: string }): void {
      writeFile(io.directory, 'nhi-audit.config.yml', 'rules: { checks: [own] }\n');
      for (const [name, text] of Object.entries(files)) writeFile(io.directory, join('own', name), text);
    }
  });
});
