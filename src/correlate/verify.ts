import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Check } from '../contracts/check.ts';
import type { StoreReader } from '../store/reader.ts';
import { messageOf } from '../util/errors.ts';
import { packageRoot } from '../util/package-root.ts';
import type { Problem } from './load.ts';
import { parseNeed } from './needs.ts';
import { bindings, parametersIn } from './parameters.ts';

export interface Proof {
  readonly problems: readonly Problem[];
  /** What was not proved, and why: said beside the result. */
  readonly notes: readonly string[];
}

export interface ProofOptions {
  /** Every control there is, as `framework:control`. */
  readonly controls: ReadonlySet<string>;
  /** Where the tests of the checks live; those of this package when absent. */
  readonly tests?: string;
}

// Fewer near misses than this and a check has not shown what it leaves alone.
const MIN_HITS = 1;
const MIN_NEAR_MISSES = 2;

const OPTIONAL_COLUMNS: { readonly [name: string]: RegExp } = {
  identity_id: /^VARCHAR$/,
  credential_id: /^VARCHAR$/,
  severity: /^VARCHAR$/,
  confidence: /^VARCHAR$/,
  fix: /^VARCHAR$/,
  first: /^VARCHAR\[\]$/,
  detail: /^(STRUCT|JSON|MAP)/,
};

const TestFile = z.object({ hit: z.array(z.unknown()).default([]), near: z.array(z.unknown()).default([]) });

/** Proves checks without running them: everything that can be wrong with a rule and still load. */
export async function proveChecks(store: StoreReader, checks: readonly Check[], options: ProofOptions): Promise<Proof> {
  const tests = options.tests ?? join(packageRoot(), 'test', 'rules', 'checks');
  const hasTests = existsSync(tests);
  const problems: Problem[] = [];
  for (const check of checks) {
    const found = [...headProblems(check, options.controls), ...(await sqlProblems(store, check))];
    if (hasTests && check.file.startsWith('rules/checks/')) found.push(...testProblems(check, tests));
    for (const [what, hint] of found) problems.push({ file: check.file, rule: check.meta.id, what, hint });
  }
  const notes = hasTests ? [] : ['The hit and near-miss tests are not part of the installed package and were not looked at.'];
  return { problems, notes };
}

type Found = readonly [what: string, hint: string];

function headProblems({ meta, sql }: Check, controls: ReadonlySet<string>): Found[] {
  const found: Found[] = [];
  for (const text of meta.needs.flatMap((need) => need.split('|'))) {
    const need = parseNeed(text);
    if (typeof need === 'string')
      found.push([`needs: ${need}`, 'Write `kind@surface`, `kind:type@surface` or `kind`; `a|b` where either will do.']);
  }
  for (const control of meta.controls) {
    if (!controls.has(control)) {
      found.push([`controls: ${control} is in no framework`, 'Use `framework:control` as in rules/frameworks.']);
    }
  }
  const used = new Set([...parametersIn(sql), ...parametersIn(meta.population), ...parametersIn(meta.inconclusive ?? '')]);
  for (const name of used) {
    if (!Object.hasOwn(meta.parameters, name)) {
      found.push([`parameters: $${name} is used and not declared`, 'Declare it with its default in the head.']);
    }
  }
  for (const name of Object.keys(meta.parameters)) {
    if (!used.has(name)) found.push([`parameters: ${name} is declared and not used`, `Bind it as $${name}, or remove it.`]);
  }
  return found;
}

async function sqlProblems(store: StoreReader, check: Check): Promise<Found[]> {
  const found: Found[] = [];
  try {
    const count = `SELECT count(*) AS n FROM ${check.meta.population}`;
    await store.describe(count, bindings(check, count));
  } catch (error) {
    found.push([
      `population: does not bind: ${messageOf(error)}`,
      'Write what stands after FROM, over the views of src/store/views.',
    ]);
  }
  const { inconclusive } = check.meta;
  try {
    if (inconclusive !== undefined) await store.describe(inconclusive, bindings(check, inconclusive));
  } catch (error) {
    found.push([
      `inconclusive: does not bind: ${messageOf(error)}`,
      'Write a SELECT of one text over the views of src/store/views.',
    ]);
  }
  let columns: ReadonlyMap<string, string>;
  try {
    const described = await store.describe(check.sql, bindings(check, check.sql));
    columns = new Map(described.map((column) => [column.name, column.type]));
  } catch (error) {
    found.push([`SQL does not bind: ${messageOf(error)}`, 'The views and their columns are in src/store/views.']);
    return found;
  }
  found.push(...columnProblems(check, columns));
  return found;
}

function columnProblems({ meta }: Check, columns: ReadonlyMap<string, string>): Found[] {
  const found: Found[] = [];
  const list = [...columns.keys()].join(', ');
  for (const field of meta.identityFields) {
    if (!columns.has(field)) found.push([`identityFields: ${field} is not a column of the query`, `It returns: ${list}.`]);
  }
  if (columns.get('message') !== 'VARCHAR')
    found.push(['the query returns no `message` of type VARCHAR', `It returns: ${list}.`]);
  if (columns.get('evidence') !== 'VARCHAR[]') {
    found.push([
      'the query returns no `evidence` of type VARCHAR[]',
      'List the observation ids: `[k.observation_id] AS evidence`.',
    ]);
  }
  for (const [name, type] of Object.entries(OPTIONAL_COLUMNS)) {
    const actual = columns.get(name);
    if (actual !== undefined && !type.test(actual)) {
      found.push([`the column ${name} is ${actual}`, 'See the table in src/contracts/check.ts.']);
    }
  }
  if ((meta.about === 'identity' || meta.about === 'credential') && !columns.has(`${meta.about}_id`)) {
    found.push([`about: ${meta.about}, but the query returns no ${meta.about}_id`, `It returns: ${list}.`]);
  }
  return found;
}

/** A check of files has its examples as files, for each platform it names; beside them, examples as facts are welcome. */
function testProblems({ meta }: Check, directory: string): Found[] {
  if (meta.platforms.length === 0) return fileProblems(directory, `test/rules/checks/${meta.id}.yml`, `${meta.id}.yml`);
  const examples = join(directory, '..', 'platforms');
  return meta.platforms.flatMap((platform) =>
    fileProblems(examples, `test/rules/platforms/${platform}/${meta.id}.yml`, join(platform, `${meta.id}.yml`)),
  );
}

function fileProblems(directory: string, shown: string, file: string): Found[] {
  const path = join(directory, file);
  if (!existsSync(path)) return [[`has no tests in ${shown}`, `Write hits and near misses in ${shown}.`]];
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return [[`its tests cannot be read: ${messageOf(error)}`, `Mend ${shown}.`]];
  }
  const parsed = TestFile.safeParse(content);
  if (!parsed.success) return [['its tests have no lists `hit` and `near`', `Mend ${shown}.`]];
  const { hit, near } = parsed.data;
  const found: Found[] = [];
  if (hit.length < MIN_HITS) found.push(['has no hit in its tests', `Add one to ${shown}.`]);
  if (near.length < MIN_NEAR_MISSES) {
    found.push([
      `has ${near.length} near misses in its tests, ${MIN_NEAR_MISSES} are asked for`,
      'A near miss is what looks alike and must be left alone.',
    ]);
  }
  return found;
}
