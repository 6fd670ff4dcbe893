import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Framework } from '../../../src/contracts/framework.ts';
import { loadChecks } from '../../../src/correlate/load.ts';
import { loadFrameworks, parseFramework } from '../../../src/frameworks/load.ts';
import { RuleError } from '../../../src/util/errors.ts';

const FIXTURE = new URL('../../fixtures/nist-csf-2.0-ids.csv', import.meta.url);
const HEAD = 'id: fruit\ntitle: Fruit\nversion: "1"\nsource: here\nlicence: free\n';

describe('framework catalogues', () => {
  let frameworks: readonly Framework[];

  before(async () => {
    frameworks = await loadFrameworks();
  });

  function framework(id: string): Framework {
    const found = frameworks.find((one) => one.id === id);
    assert.ok(found, id);
    return found;
  }

  it('ship in a fixed order, the three of every report first', () => {
    assert.deepEqual(
      frameworks.map((one) => one.id),
      [
        'owasp-nhi-2025',
        'nist-csf-2.0',
        'csa-maestro',
        'pci-dss-4.0.1',
        'nist-800-53-r5',
        'iso-27001-2022',
        'soc-2',
        'cis-controls-8.1',
        'owasp-asi-2026',
        'owasp-llm-2025',
      ],
    );
    assert.deepEqual(
      frameworks.filter(({ byDefault }) => byDefault).map((one) => one.id),
      ['owasp-nhi-2025', 'nist-csf-2.0', 'csa-maestro'],
    );
  });

  it('say of what comes by way of another catalogue whose judgement that is', () => {
    for (const { id, mapping, controls } of frameworks) {
      const mapped = controls.some(({ supports, partial }) => supports.length + partial.length > 0);

      assert.equal(mapping !== undefined, mapped, id);
      if (mapping !== undefined) assert.ok(mapping.basis === 'official' || mapping.note !== undefined, id);
    }
  });

  it('name checks that there are, each once for a control', () => {
    const ids = new Set(loadChecks().map(({ meta }) => meta.id));
    for (const { id, controls } of frameworks) {
      for (const { id: control, checks, partialChecks } of controls) {
        const named = [...checks, ...partialChecks];

        assert.deepEqual(
          named.filter((check) => !ids.has(check)),
          [],
          `${id}:${control}`,
        );
        assert.equal(new Set(named).size, named.length, `${id}:${control}`);
      }
    }
  });

  it('bear every OWASP entry in each catalogue that has a place for it', () => {
    const entries = framework('owasp-nhi-2025').controls.map((control) => control.id);
    for (const id of ['pci-dss-4.0.1', 'nist-800-53-r5', 'iso-27001-2022', 'soc-2', 'cis-controls-8.1']) {
      const named = new Set(framework(id).controls.flatMap(({ supports, partial }) => [...supports, ...partial]));

      assert.deepEqual(
        entries.filter((entry) => !named.has(entry)),
        [],
        id,
      );
    }
  });

  it('say which enhancements of SP 800-53 stand in no baseline', () => {
    const outside = framework('nist-800-53-r5').controls.filter(({ note }) => note === 'in no baseline of 800-53B');

    assert.deepEqual(
      outside.map((control) => control.id),
      ['AC-2(9)', 'IA-5(7)', 'IA-5(8)', 'IA-5(13)', 'IA-9', 'IA-13', 'SA-3(1)'],
    );
  });

  it('have the ten OWASP entries by their official ids, each with its page', () => {
    const { controls } = framework('owasp-nhi-2025');

    assert.deepEqual(
      controls.map((control) => control.id),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => `NHI${n}:2025`),
    );
    for (const [index, control] of controls.entries()) {
      assert.match(
        control.url ?? '',
        new RegExp(`^https://owasp\\.org/www-project-non-human-identities-top-10/2025/${index + 1}-[a-z-]+/$`),
      );
    }
    assert.equal(controls[2]?.title, 'Vulnerable Third-Party NHI');
  });

  describe('of NIST CSF 2.0', () => {
    let live: string[];
    let withdrawn: string[];

    before(async () => {
      const rows = (await readFile(FIXTURE, 'utf8')).trim().split('\n').slice(1);
      const ids = (status: string) => rows.filter((row) => row.endsWith(`,${status}`)).map((row) => row.split(',')[0] ?? '');
      live = ids('live');
      withdrawn = ids('withdrawn-1.1');
      assert.equal(live.length, 106);
    });

    it('has exactly the live subcategories', () => {
      const ids = framework('nist-csf-2.0').controls.map((control) => control.id);

      assert.deepEqual([...ids].sort(), [...live].sort());
    });

    it('leads every id of CSF 1.1 to a successor, but for the one that became a whole category', () => {
      const formerly = new Set(framework('nist-csf-2.0').controls.flatMap((control) => control.formerly));

      const lost = withdrawn.map(unpad).filter((id) => !formerly.has(id));

      assert.deepEqual(lost, ['DE.DP-2']);
    });

    it('names no 1.1 id that 1.1 did not have: withdrawn ones, and those whose number was kept', () => {
      const known = new Set([...withdrawn, ...live].map(unpad));

      for (const control of framework('nist-csf-2.0').controls) {
        for (const id of control.formerly) {
          assert.ok(known.has(id), `${control.id} formerly ${id}`);
          if (!withdrawn.map(unpad).includes(id)) assert.equal(id, unpad(control.id), 'a live id stands only with itself');
        }
      }
    });

    it('puts PR.AC-4 first where least privilege went', () => {
      const control = framework('nist-csf-2.0').controls.find((one) => one.id === 'PR.AA-05');

      assert.deepEqual(control?.formerly, ['PR.AC-4', 'PR.AC-1', 'PR.AC-3']);
    });

    it('leaves governance to people', () => {
      const { controls } = framework('nist-csf-2.0');

      assert.ok(controls.filter((one) => one.id.startsWith('GV.')).every((one) => one.assessment === 'manual'));
      assert.equal(controls.find((one) => one.id === 'PR.AA-05')?.assessment, 'automatic');
    });

    it('has short names of a few words, not the statements', () => {
      for (const control of framework('nist-csf-2.0').controls) assert.ok(control.title.split(' ').length <= 8, control.title);
    });
  });

  it('let no control pass on the word of a single check', () => {
    const checks = loadChecks();

    for (const { id, controls } of frameworks) {
      for (const control of controls.filter((one) => one.assessment === 'automatic')) {
        const mapped = checks.filter(({ meta }) => meta.controls.includes(`${id}:${control.id}`));
        assert.notEqual(mapped.length, 1, `${id}:${control.id}`);
      }
    }
  });

  it('hold no incident for eradicated while a credential lies open', () => {
    const open = loadChecks().filter(({ meta }) => /^(?:credential-in-(?!several)|leaked-(?:live|admin)-key)/.test(meta.id));

    assert.ok(open.length > 8);
    for (const { meta } of open) assert.ok(meta.controls.includes('nist-csf-2.0:RS.MI-02'), meta.id);
  });

  it('have the layers of MAESTRO by their labels', () => {
    const labels = framework('csa-maestro').controls.map((control) => `${control.id} ${control.title}`);

    assert.deepEqual(labels, [
      'L1 Foundation Models',
      'L2 Data Operations',
      'L3 Agent Frameworks',
      'L4 Deployment & Infrastructure',
      'L5 Evaluation & Observability',
      'L6 Security & Compliance',
      'L7 Agent Ecosystem',
      'Cross-Layer Cross-Layer',
    ]);
  });

  describe('that are wrong', () => {
    const cases: [string, string, RegExp][] = [
      ['not YAML', 'id: [', /not YAML/],
      ['an unknown field', `${HEAD}colour: red\ncontrols: [{ id: a, title: Apple }]`, /colour/],
      ['no controls', `${HEAD}controls: []`, /controls/],
      ['an id twice', `${HEAD}controls: [{ id: a, title: Apple }, { id: a, title: Pear }]`, /control a stands there twice/],
      ['an unlisted group', `${HEAD}controls: [{ id: a, title: Apple, group: g }]`, /group g, which is not listed/],
      [
        'an alias with two meanings',
        `${HEAD}controls: [{ id: a, title: Apple, aliases: [x] }, { id: b, title: Pear, aliases: [x] }]`,
        /alias x of b already means a/,
      ],
      [
        'an alias that is an id',
        `${HEAD}controls: [{ id: a, title: Apple }, { id: b, title: Pear, aliases: [a] }]`,
        /alias a of b/,
      ],
    ];
    for (const [what, text, message] of cases) {
      it(`are refused: ${what}`, () => {
        assert.throws(
          () => parseFramework(text, 'fruit.yml'),
          (error) =>
            error instanceof RuleError && message.test(error.message) && error.message.startsWith('rules/frameworks/fruit.yml'),
        );
      });
    }

    it('are refused when two files claim one id', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'frameworks-'));
      try {
        for (const file of ['a.yml', 'b.yml'])
          await writeFile(join(directory, file), `${HEAD}controls: [{ id: a, title: Apple }]`);

        await assert.rejects(loadFrameworks(directory), /b\.yml: the id fruit is already used by a\.yml/);
      } finally {
        await rm(directory, { recursive: true });
      }
    });

    it('are refused in words when the directory is not there', async () => {
      await assert.rejects(
        loadFrameworks('/nowhere/at/all'),
        (error) => error instanceof RuleError && /ENOENT/.test(error.message),
      );
    });
  });
});

function unpad(id: string): string {
  return id.replace(/-0(?=\d)/, '-');
}
