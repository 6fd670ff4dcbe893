import type { SourceFile, Surroundings } from '../../src/contracts/index.ts';
import { readJsonValues } from '../../src/files/json-values.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import type { Subject } from '../../src/iam/index.ts';
import { type Answers, addAnswer, newAnswers, settle } from './answers.ts';
import { mergeDetails, tellsOfAny, toldArns } from './authorization-details.ts';
import { compileEstate } from './estate.ts';
import { mergeCenters, tellsOfCenter } from './identity-center.ts';
import { mergeLastAccessed, type ServiceLastAccessed } from './last-accessed.ts';
import { mergeLogins, reportedLogins } from './logins.ts';
import { mergeOrganisations, tellsAnything } from './organisation.ts';
import type { World } from './principals.ts';
import { isTrail, mayBeExport, recogniseExport } from './recognise.ts';
import { knownResources } from './resource-policies.ts';
import { mergeRolesAnywhere, tellsOfCertificates } from './roles-anywhere.ts';

/** Other exports of the target that one is read with. */
interface Neighbours {
  /** One moment for all of them: a world is judged once, however many files are read with it. */
  readonly now: Date;
  readonly worlds: Map<string, World>;
  /** Of files that tell of no principals, by their directory. */
  readonly directories: Map<string, Promise<World>>;
  readonly answers: Map<string, Promise<Answers | undefined>>;
  /** What may be an export, by name. */
  paths: Promise<{ readonly tables: readonly string[]; readonly rest: readonly string[] }> | undefined;
  bytes: number;
  /** Of tables among them, of which few are credential reports. */
  tableBytes: number;
}

/** Files looked at for one export, the nearest of them. */
const MAX_FILES = 2_000;
/** Of all of them together. */
const MAX_TOTAL = 512 * 1024 * 1024;
/** Of all tables: any may be a credential report, and an estate lies beside many that are not. */
const MAX_TABLES = 128 * 1024 * 1024;
/** Of one file: nobody's export of an account is larger, and many of these stand in memory together. */
const MAX_BYTES = 128 * 1024 * 1024;

const kept = new WeakMap<Surroundings, Neighbours>();

/**
 * What the principals of a file are judged by: its own answers first, then those of the files around it that speak of other
 * principals. Two that tell of the same ones are exports of two days (or of two estates), and are not mixed.
 */
export async function worldOf(file: SourceFile, own: Answers, now: Date): Promise<World> {
  const { around } = file;
  if (around === undefined) return makeWorld([own], now);
  const near = neighboursOf(around, now);
  near.answers.set(file.path, Promise.resolve(own));
  return await worldFrom(file.path, around, near, [[file.path, own]]);
}

/**
 * What lies around a file that tells of no principals: the same for all files of a directory, of which there may be many.
 * Where nothing does, `own` answers are all there is.
 */
export async function worldAround(file: SourceFile, own: Answers, now: Date): Promise<World> {
  const { around } = file;
  if (around === undefined) return makeWorld([own], now);
  const near = neighboursOf(around, now);
  const directory = directoryOf(file.path);
  let world = near.directories.get(directory);
  if (world === undefined) {
    world = worldFrom(`${directory}/`, around, near, []);
    near.directories.set(directory, world);
  }
  return await world;
}

function neighboursOf(around: Surroundings, now: Date): Neighbours {
  const known = kept.get(around);
  if (known !== undefined) return known;
  const near = { now, worlds: new Map(), directories: new Map(), answers: new Map(), paths: undefined, bytes: 0, tableBytes: 0 };
  kept.set(around, near);
  return near;
}

/** `met`: what counts before all others. */
async function worldFrom(path: string, around: Surroundings, near: Neighbours, met: [string, Answers][]): Promise<World> {
  const told = new Set(met.flatMap(([, one]) => [...toldArns(one.details)]));
  // The nearest, and of those the newest by name: exports are often named by their day.
  for (const other of (await pathsNear(path, around, near)).toReversed()) {
    if (other === path) continue;
    const read = near.answers.get(other) ?? readNear(other, around, near);
    near.answers.set(other, read);
    const answers = await read;
    if (answers === undefined || !tellsOfOthers(answers) || tellsOfAny(answers.details, told)) continue;
    met.push([other, answers]);
    for (const arn of toldArns(answers.details)) told.add(arn);
  }
  const name = met
    .map(([one]) => one)
    .sort()
    .join('\n');
  const known = near.worlds.get(name);
  if (known !== undefined) return known;
  const world = makeWorld(
    met.map(([, one]) => one),
    near.now,
  );
  near.worlds.set(name, world);
  return world;
}

export function makeWorld(all: readonly Answers[], now: Date): World {
  const organisation = mergeOrganisations(all.map((one) => one.organisation).toReversed());
  const lastAccessed = new Map<string, ServiceLastAccessed>();
  for (const one of all) {
    for (const [arn, answer] of one.lastAccessed) lastAccessed.set(arn, mergeLastAccessed(lastAccessed.get(arn), answer));
  }
  const details = mergeDetails(all.map((one) => one.details));
  const logins = mergeLogins(all, details.users.values());
  const compiled = compileEstate({ details, organisation, logins, resources: knownResources(all) }, now);
  // Its own answers stand first, then the newest: what they say stays.
  const oldestFirst = all.toReversed();
  return {
    now,
    compiled,
    organisation,
    lastAccessed: byArn(lastAccessed, compiled.subjects.values()),
    rolesAnywhere: mergeRolesAnywhere(oldestFirst.map((one) => one.rolesAnywhere)),
    center: mergeCenters(oldestFirst.map((one) => one.center)),
  };
}

/** A file's name tells a role but not its account: where two accounts have one of the name, nobody knows whose it is. */
function byArn(told: ReadonlyMap<string, ServiceLastAccessed>, subjects: Iterable<Subject>): Map<string, ServiceLastAccessed> {
  const named = new Map<string, string | undefined>();
  for (const { type, name, arn } of subjects) named.set(`${type}/${name}`, named.has(`${type}/${name}`) ? undefined : arn);
  const found = new Map<string, ServiceLastAccessed>();
  for (const [key, answer] of told) {
    const arn = key.startsWith('arn:') ? key : named.get(key);
    if (arn !== undefined) found.set(arn, mergeLastAccessed(found.get(arn), answer));
  }
  return found;
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/**
 * All that the target has, the nearest last, which are read first: accounts and their organisation are exported into directories
 * of their own, and those of another day lie further away.
 */
async function pathsNear(path: string, around: Surroundings, near: Neighbours): Promise<string[]> {
  near.paths ??= around.paths().then((all) => {
    const paths = [...all].filter(mayBeExport).sort();
    return { tables: paths.filter(isTable), rest: paths.filter((other) => !isTable(other)) };
  });
  const { tables, rest } = await near.paths;
  const directory = directoryOf(path);
  // Tables come first, and so are read last: most of them are none of AWS.
  return [...nearest(tables, directory), ...nearest(rest, directory)];
}

function isTable(path: string): boolean {
  return /\.csv$/i.test(path);
}

/** What tests of a repository are given is no part of an estate that lies elsewhere in it. */
const OF_TESTS = /(?:^|\/)(?:__tests__|tests?|testdata|fixtures?)\//i;

/** By how near they are, then by name; the nearest of them, where there are too many. */
function nearest(paths: readonly string[], directory: string): readonly string[] {
  const byDistance: [string[], string[], string[], string[]] = [[], [], [], []];
  for (const path of paths) {
    const distance = distanceOf(path, directory);
    if (distance < 3 || !OF_TESTS.test(path)) byDistance[distance].push(path);
  }
  const [own, below, beside, far] = byDistance;
  return [...far, ...beside, ...below, ...own].slice(-MAX_FILES);
}

/** In the directory of the file; below it; above it, or below the directory that holds it; elsewhere. */
function distanceOf(path: string, directory: string): 0 | 1 | 2 | 3 {
  const of = directoryOf(path);
  if (of === directory) return 0;
  if (directory === '' || of.startsWith(`${directory}/`)) return 1;
  const parent = directoryOf(directory);
  return of === '' || directory.startsWith(`${of}/`) || (parent !== '' && of.startsWith(`${parent}/`)) ? 2 : 3;
}

async function readNear(path: string, around: Surroundings, near: Neighbours): Promise<Answers | undefined> {
  const isOfTables = isTable(path);
  if (isOfTables ? near.tableBytes > MAX_TABLES : near.bytes > MAX_TOTAL) return undefined;
  const file = await around.read(path);
  if (isOfTables) near.tableBytes += file?.bytes.length ?? 0;
  else near.bytes += file?.bytes.length ?? 0;
  if (file === undefined || file.bytes.length > MAX_BYTES) return undefined;
  const head = headOfBytes(path, file.bytes);
  // Events say nothing of rights, and there are many of them.
  const kind = recogniseExport(head);
  if (kind === undefined || isTrail(head)) return undefined;
  const answers = newAnswers();
  if (kind === 'credential-report') {
    answers.reports.push(file.text());
    return withoutText(answers);
  }
  for (const [index, value] of readJsonValues(file.text()).values.entries())
    addAnswer(answers, value, `value ${index + 1}`, path);
  settle(answers);
  return withoutText(answers);
}

/** Of reports it is kept what they tell of logins: their text is large, and read by nobody else. */
function withoutText(answers: Answers): Answers {
  reportedLogins(answers);
  answers.reports.length = 0;
  return answers;
}

function tellsOfOthers(answers: Answers): boolean {
  const { details, organisation, lastAccessed, rolesAnywhere, center } = answers;
  const { users, groups, roles, policies } = details;
  return (
    [users, groups, roles, policies, lastAccessed].some((map) => map.size > 0) ||
    tellsAnything(organisation) ||
    answers.keys.size > 0 ||
    reportedLogins(answers).size > 0 ||
    answers.resourcePolicies.length > 0 ||
    tellsOfCertificates(rolesAnywhere) ||
    tellsOfCenter(center)
  );
}
