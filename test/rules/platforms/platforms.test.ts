import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PLATFORMS } from '../../../src/contracts/check.ts';
import type { Check, Finding, Observation } from '../../../src/contracts/index.ts';
import { loadChecks } from '../../../src/correlate/load.ts';
import { runChecks } from '../../../src/correlate/run.ts';
import { packageRoot } from '../../../src/util/package-root.ts';
import { RUN_START, withPassingRun } from '../../src/correlate/run-store.ts';
import { FULL_COVERAGE, queried } from '../checks/facts.ts';
import { observe, observeImages } from './observe.ts';

/**
 * Checks on files as people write them: each platform that a check names has examples in `PLATFORM/ID.yml`, read by the
 * scanners of the product and judged in a store. In their texts `‹alnum:36›` is filled in as `{{alnum:36}}` in examples
 * of detectors.
 */

const Files = z.record(z.string(), z.string());

const Image = z.strictObject({
  name: z.string(),
  env: z.array(z.string()).default([]),
  labels: z.record(z.string(), z.string()).default({}),
  cmd: z.array(z.string()).default([]),
  entrypoint: z.array(z.string()).default([]),
  layers: z.array(z.strictObject({ files: Files, createdBy: z.string().default('COPY . / # buildkit') })).default([]),
  buildArguments: Files.default({}),
});

const Case = z.strictObject({
  case: z.string(),
  /** `owner/repo` of the files; several repositories in one case: paths begin with `owner/repo:`. */
  repository: z.string().default('harbour/shop'),
  files: Files.default({}),
  /** Archives of container images, by name. */
  images: z.record(z.string(), z.array(Image)).default({}),
});

const Expected = z.strictObject({
  /** Texts that subject and message must hold. */
  subject: z.string().optional(),
  message: z.union([z.string(), z.array(z.string())]).default([]),
  severity: z.string().optional(),
  confidence: z.string().optional(),
  /** Texts that its fix must hold. */
  fix: z.union([z.string(), z.array(z.string())]).default([]),
  /** `path:line` of one of the finding's places. */
  at: z.union([z.string(), z.array(z.string())]).default([]),
});

/** A near miss must be read and looked at, or the silence of its check proves nothing; where it is not, it says why. */
const NearMiss = Case.extend({
  /** Why its files yield no observation at all. */
  nothing: z.string().min(10).optional(),
  /** Why nothing of what its files yield is what the check looks at: its population is empty. */
  unlooked: z.string().min(10).optional(),
});

const Cases = z.strictObject({
  hit: z.array(Case.extend({ expect: z.array(Expected).min(1) })).min(1),
  near: z.array(NearMiss).min(2),
});

/** Advice that helps nobody elsewhere. */
const OF_GITHUB = /\bgh (?:secret|variable|api)\b|\bactions\/checkout|`permissions:|`on: push|Settings, Environments/;

const directory = join(packageRoot(), 'test', 'rules', 'platforms');
const checks = loadChecks();

describe('checks by platform', () => {
  for (const platform of PLATFORMS) {
    const own = checks.filter((check) => check.meta.platforms.includes(platform));
    if (own.length === 0 && !existsSync(join(directory, platform))) continue;

    describe(platform, () => {
      it('has examples for each check that names it, and for no other', () => {
        const files = existsSync(join(directory, platform)) ? readdirSync(join(directory, platform)) : [];

        const names = files.map((name) => basename(name, '.yml')).sort();

        assert.deepEqual(names, own.map((check) => check.meta.id).sort());
      });

      for (const check of own) {
        const path = join(directory, platform, `${check.meta.id}.yml`);
        if (!existsSync(path)) continue;
        const { hit, near } = readCases(path);

        describe(check.meta.id, () => {
          for (const { case: title, expect, ...given } of hit) {
            it(`finds ${title}`, async () => {
              const { findings } = await judge(check, await observeAll(given));

              const told = tell(findings);
              assert.equal(findings.length, expect.length, `${findings.length} findings:\n${told}`);
              for (const expected of expect)
                assert.ok(
                  findings.some((finding) => fits(finding, expected)),
                  `none fits ${JSON.stringify(expected)}:\n${told}`,
                );
              if (platform !== 'github-actions')
                for (const finding of findings)
                  assert.doesNotMatch(finding.fix, OF_GITHUB, `${finding.fix}\nis for GitHub alone`);
            });
          }

          for (const { case: title, nothing, unlooked, ...given } of near) {
            it(`leaves alone ${title}`, async () => {
              const observations = await observeAll(given);

              const { findings, population } = await judge(queried(check), observations);

              assert.equal(tell(findings), '');
              assertRead(check, observations, nothing);
              assertLookedAt(check, population, nothing ?? unlooked);
            });
          }
        });
      }
    });
  }
});

function readCases(path: string): z.infer<typeof Cases> {
  const parsed = Cases.safeParse(parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

async function observeAll({ files, images, repository }: Omit<z.infer<typeof Case>, 'case'>): Promise<readonly Observation[]> {
  return [...(await observe(files, repository)), ...(await observeImages(images))];
}

async function judge(
  check: Check,
  observations: readonly Observation[],
): Promise<{ readonly findings: readonly Finding[]; readonly population: number }> {
  return await withPassingRun([...FULL_COVERAGE, ...observations], async (store) => {
    const { findings, results } = await runChecks(store, [check], { now: RUN_START, parameters: {} });
    return { findings, population: results[0]?.population ?? 0 };
  });
}

/** The files were read by the scanner that they are for: besides its coverage it yields something, unless the case says why not. */
function assertRead({ meta }: Check, observations: readonly Observation[], nothing: string | undefined): void {
  const kinds = new Set(observations.map(({ kind }) => kind));
  assert.ok(kinds.delete('coverage'), 'no scanner takes the files for its own: the case is about nothing');
  if (nothing !== undefined) {
    assert.deepEqual([...kinds], [], 'something is read: take `nothing` away');
    return;
  }
  // Every file is searched for credentials, read or not.
  if (!/\bsightings\b/.test(meta.population)) kinds.delete('sighting');
  assert.ok(kinds.size > 0, 'nothing is read: put beside it what is, or say why as `nothing`');
}

function assertLookedAt({ meta }: Check, population: number, why: string | undefined): void {
  if (why === undefined)
    assert.ok(
      population > 0,
      `the check looks at nothing (${meta.population}): put beside it what it looks at, or say why as \`unlooked\``,
    );
  else assert.equal(population, 0, 'the check looks at something: take `unlooked` away');
}

function fits(finding: Finding, { subject, message, severity, confidence, fix, at }: z.infer<typeof Expected>): boolean {
  const places = placesOf(finding);
  return (
    (subject === undefined || finding.subject.includes(subject)) &&
    [message].flat().every((text) => finding.message.includes(text)) &&
    [fix].flat().every((text) => finding.fix.includes(text)) &&
    (severity === undefined || finding.severity === severity) &&
    (confidence === undefined || finding.confidence === confidence) &&
    [at].flat().every((place) => places.includes(place))
  );
}

function placesOf({ evidence }: Finding): string[] {
  return evidence.map(({ at }) => `${at?.path}:${at?.line}`);
}

function tell(findings: readonly Finding[]): string {
  return findings
    .map((finding) => {
      const { subject, severity, confidence, message } = finding;
      return `${subject} [${severity}, ${confidence}] ${message} (${placesOf(finding).join(', ')})`;
    })
    .join('\n');
}
