import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Check, CheckResult, Finding, Observation } from '../../../src/contracts/index.ts';
import { loadChecks } from '../../../src/correlate/load.ts';
import { runChecks } from '../../../src/correlate/run.ts';
import type { Store } from '../../../src/store/index.ts';
import { packageRoot } from '../../../src/util/package-root.ts';
import { RUN_START, withPassingRun } from '../../src/correlate/run-store.ts';
import { Fact, FULL_COVERAGE, queried } from './facts.ts';

const Expected = z.strictObject({
  subject: z.string(),
  /** Texts that the message must hold. */
  message: z.union([z.string(), z.array(z.string())]).default([]),
  severity: z.string().optional(),
  /** Texts that the advice must hold. */
  fix: z.union([z.string(), z.array(z.string())]).default([]),
  confidence: z.string().optional(),
});

const Case = z.strictObject({
  case: z.string(),
  given: z.array(Fact),
  /** More facts, each list in a file of its own. */
  exports: z.array(z.array(Fact)).optional(),
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
  /** Section `gateway` of the configuration. */
  gateway: z.record(z.string(), z.unknown()).optional(),
  /** What the run of the day before loaded. */
  before: z.array(Fact).optional(),
});

/**
 * Over an empty population, silence says nothing: a near miss whose facts the check does not look at says why. `inconclusive`:
 * a text of the reason why nothing is proven.
 */
const NearMiss = Case.extend({ unlooked: z.string().min(10).optional(), inconclusive: z.string().optional() });

const Cases = z.strictObject({
  hit: z.array(Case.extend({ expect: z.array(Expected).min(1) })).min(1),
  near: z.array(NearMiss).min(2),
});

const directory = join(packageRoot(), 'test', 'rules', 'checks');
const checks = loadChecks();

describe('the checks', () => {
  it('have a file of tests each, and no file is left over', () => {
    const files = readdirSync(directory).filter((name) => name.endsWith('.yml'));

    const names = files.map((name) => basename(name, '.yml')).sort();

    // A check of files has its examples as files: test/rules/platforms.
    const wanted = checks.filter(({ meta }) => meta.platforms.length === 0 || names.includes(meta.id));
    assert.deepEqual(
      names,
      wanted.map((check) => check.meta.id),
    );
  });

  for (const check of checks) {
    if (!existsSync(join(directory, `${check.meta.id}.yml`))) continue;
    describe(check.meta.id, () => {
      const { hit, near } = readCases(check);

      for (const { case: title, given, parameters, expect, ...rest } of hit) {
        it(`finds ${title}`, async () => {
          const { result, findings } = await run(check, [...FULL_COVERAGE, ...given], parameters, rest);

          assert.equal(result.outcome, 'fail');
          const subjects = findings.map((finding) => finding.subject);
          assert.deepEqual(subjects.toSorted(), expect.map((one) => one.subject).toSorted(), messagesOf(findings));
          for (const expected of expect) assertFinding(findings, expected);
        });
      }

      for (const { case: title, given, parameters, unlooked, inconclusive, ...rest } of near) {
        it(`leaves alone ${title}`, async () => {
          const { result, findings } = await run(queried(check), [...FULL_COVERAGE, ...given], parameters, rest);

          assert.deepEqual(
            findings.map((finding) => finding.message),
            [],
          );
          if (inconclusive !== undefined) {
            assert.equal(result.outcome, 'partial');
            assert.ok(result.reason?.includes(inconclusive), result.reason);
            return;
          }
          assert.equal(result.outcome, unlooked === undefined ? 'pass' : 'not-applicable', check.meta.population);
        });
      }

      it('is not assessed when nothing was collected', async () => {
        const { result } = await run(check, hit[0]?.given ?? [], {});

        assert.equal(result.outcome, 'not-assessed');
        assert.match(result.reason ?? '', /were not collected: \S/);
      });
    });
  }
});

function readCases(check: Check): z.infer<typeof Cases> {
  const path = join(directory, `${check.meta.id}.yml`);
  const parsed = Cases.safeParse(parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

async function run(
  check: Check,
  observations: readonly Observation[],
  parameters: z.infer<typeof Case>['parameters'],
  { gateway, before, exports }: Pick<z.infer<typeof Case>, 'gateway' | 'before' | 'exports'> = {},
): Promise<{ result: CheckResult; findings: readonly Finding[] }> {
  const use = async (store: Store) => {
    const { findings, results } = await runChecks(store, [check], {
      now: RUN_START,
      parameters: { [check.meta.id]: parameters },
    });
    const result = results[0];
    assert.ok(result !== undefined);
    return { result, findings };
  };
  return await withPassingRun(observations, use, {
    ...(gateway === undefined ? {} : { gateway }),
    ...(before === undefined ? {} : { before }),
    ...(exports === undefined ? {} : { exports }),
  });
}

function assertFinding(findings: readonly Finding[], expected: z.infer<typeof Expected>): void {
  const own = findings.filter((finding) => finding.subject === expected.subject);
  const texts = [expected.message].flat();
  const finding = own.find((one) => texts.every((text) => one.message.includes(text)));
  assert.ok(finding !== undefined, `no message holds ${JSON.stringify(texts)}:\n${messagesOf(own)}`);
  for (const text of [expected.fix].flat())
    assert.ok(finding.fix.includes(text), `no ${JSON.stringify(text)} in:\n${finding.fix}`);
  if (expected.severity !== undefined) assert.equal(finding.severity, expected.severity, finding.message);
  if (expected.confidence !== undefined) assert.equal(finding.confidence, expected.confidence, finding.message);
}

function messagesOf(findings: readonly Finding[]): string {
  return findings.map((finding) => `  ${finding.subject}: ${finding.message}`).join('\n');
}
