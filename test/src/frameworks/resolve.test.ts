import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Framework } from '../../../src/contracts/framework.ts';
import { loadFrameworks } from '../../../src/frameworks/load.ts';
import { resolveControl, resolveFramework } from '../../../src/frameworks/resolve.ts';
import { ConfigError } from '../../../src/util/errors.ts';

describe('control resolution', () => {
  let frameworks: readonly Framework[];

  before(async () => {
    frameworks = await loadFrameworks();
  });

  it('takes every official id without a word, with and without its framework', () => {
    for (const framework of frameworks) {
      for (const control of framework.controls) {
        const ref = `${framework.id}:${control.id}`;

        assert.deepEqual(resolveControl(ref, frameworks), { ref });
        assert.deepEqual(resolveControl(control.id, frameworks), { ref });
      }
    }
  });

  const spellings: [string, string][] = [
    ['NHI-02', 'owasp-nhi-2025:NHI2:2025'],
    ['NHI02', 'owasp-nhi-2025:NHI2:2025'],
    ['NHI-2', 'owasp-nhi-2025:NHI2:2025'],
    ['nhi2', 'owasp-nhi-2025:NHI2:2025'],
    ['nhi 2', 'owasp-nhi-2025:NHI2:2025'],
    ['OWASP-NHI-2', 'owasp-nhi-2025:NHI2:2025'],
    ['owasp-nhi:NHI-10', 'owasp-nhi-2025:NHI10:2025'],
    ['NHI8:2024', 'owasp-nhi-2025:NHI8:2025'],
    ['PR.AC-4', 'nist-csf-2.0:PR.AA-05'],
    ['PR.AC-04', 'nist-csf-2.0:PR.AA-05'],
    ['pr.aa-05', 'nist-csf-2.0:PR.AA-05'],
    ['csf:PR.AC-4', 'nist-csf-2.0:PR.AA-05'],
    ['ID.AM-2', 'nist-csf-2.0:ID.AM-02'],
    ['Agent Identity Attack (L7)', 'csa-maestro:L7'],
    ['lateral movement (cross-layer)', 'csa-maestro:Cross-Layer'],
  ];
  for (const [text, ref] of spellings) {
    it(`rewrites ${text} with a warning that names both`, () => {
      const resolved = resolveControl(text, frameworks);

      assert.equal(resolved.ref, ref);
      assert.ok(resolved.warning?.startsWith(`"${text}": `), resolved.warning);
      assert.ok(resolved.warning?.includes(ref.slice(ref.indexOf(':') + 1)), resolved.warning);
    });
  }

  it('says that NHI-03 often means something else', () => {
    const resolved = resolveControl('NHI-03', frameworks);

    assert.equal(resolved.ref, 'owasp-nhi-2025:NHI3:2025');
    assert.match(resolved.warning ?? '', /NHI2:2025 \(Secret Leakage\) and NHI7:2025 \(Long-Lived Secrets\)/);
    assert.deepEqual(resolved.alternatives, ['owasp-nhi-2025:NHI2:2025', 'owasp-nhi-2025:NHI7:2025']);
  });

  it('says that a 1.1 id went to several places, and takes the main one', () => {
    const resolved = resolveControl('PR.AC-1', frameworks);

    assert.equal(resolved.ref, 'nist-csf-2.0:PR.AA-01');
    assert.match(resolved.warning ?? '', /ambiguous: it also went into PR\.AA-05/);
    assert.deepEqual(resolved.alternatives, ['nist-csf-2.0:PR.AA-05']);
  });

  it('refuses what it does not know, with the nearest match', () => {
    assert.throws(
      () => resolveControl('PR.AA-50', frameworks),
      (error) => error instanceof ConfigError && /PR\.AA-05/.test(error.hint ?? '') && error.exit === 2,
    );
    assert.throws(
      () => resolveControl('gibberish-that-is-like-nothing', frameworks),
      (error) => error instanceof ConfigError && /rules list/.test(error.hint ?? ''),
    );
  });

  it('never takes NHI0 or NHI11 for an entry', () => {
    for (const text of ['NHI0', 'NHI-00', 'NHI11', 'NHI-1:2026', 'NHI', '']) {
      assert.throws(() => resolveControl(text, frameworks), ConfigError, text);
    }
  });

  it('resolves any text to a control that exists, or refuses it in words', () => {
    const refs = new Set(frameworks.flatMap((framework) => framework.controls.map((control) => `${framework.id}:${control.id}`)));
    const texts = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'NHI0123-: .PRACGV') }));

    fc.assert(
      fc.property(texts, (text) => {
        try {
          const { ref, alternatives = [] } = resolveControl(text, frameworks);
          for (const one of [ref, ...alternatives]) assert.ok(refs.has(one), one);
        } catch (error) {
          assert.ok(error instanceof ConfigError);
        }
      }),
    );
  });
});

describe('framework resolution', () => {
  it('knows frameworks by id and by the names people use', async () => {
    const frameworks = await loadFrameworks();

    for (const [text, id] of [
      ['owasp-nhi-2025', 'owasp-nhi-2025'],
      ['OWASP-NHI', 'owasp-nhi-2025'],
      ['csf', 'nist-csf-2.0'],
      ['NIST CSF', 'nist-csf-2.0'],
      ['maestro', 'csa-maestro'],
    ] as const) {
      assert.equal(resolveFramework(text, frameworks).id, id);
    }
    assert.throws(
      () => resolveFramework('nist-csf-3.0', frameworks),
      (error) => error instanceof ConfigError && /nist-csf-2\.0/.test(error.hint ?? ''),
    );
  });

  for (const [text, hint] of [
    ['NHI-03', /read as NHI3:2025.*NHI7:2025[\s\S]*--framework owasp-nhi-2025\..*rules list --control owasp-nhi-2025:NHI3:2025$/],
    ['PR.AA-05', /^That is a control, not a framework\.\n.*--framework nist-csf-2\.0\./],
  ] as const) {
    it(`says that ${text} is a control, when a framework is asked for`, async () => {
      const all = await loadFrameworks();

      assert.throws(() => resolveFramework(text, all), { code: 'FRAMEWORK_UNKNOWN', hint });
    });
  }
});
