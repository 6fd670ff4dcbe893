import type { Location, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { postgresRoleId } from '../../src/contracts/index.ts';
import { fileCoverage } from '../../src/files/coverage.ts';
import { type Dump, readDump } from './dump.ts';
import { observe, placeOf } from './observe.ts';

/** A dump of roles, of rights, or of both. What it says is read; its verifiers are shown to the run, and kept by nobody. */
export function* scanDump(file: SourceFile, context: ScanContext): Generator<Observation> {
  const text = file.text();
  const at: Location = { ...file.at, path: file.path };
  const dump = readDump(text);
  yield* verifiers(dump, text, file, context);
  yield* observe(dump.facts, {
    place: dump.place,
    at,
    catalog: 'dump',
    now: context.now(),
    fingerprint: context.fingerprint,
    seesPasswords: dump.hasPasswords,
  });
  yield fileCoverage(file, 'postgres', coversOf(dump), reasonsOf(dump), {
    seen: dump.facts.roles.size + dump.facts.problems.length,
    read: dump.facts.roles.size,
    failed: dump.facts.problems.length,
    detail: { catalog: 'dump', passwords: dump.hasPasswords, ...placeDetail(dump) },
  });
}

/** A detector knows verifiers by their form; only the statement says whose they are. */
function* verifiers(dump: Dump, text: string, file: SourceFile, context: ScanContext): Generator<Observation> {
  const { startedAt } = dump;
  // A day to come is none that anything was made on.
  const taken = startedAt !== undefined && Date.parse(startedAt) <= context.now().getTime() ? { takenAt: startedAt } : {};
  for (const { role, line, start, end } of dump.verifiers) {
    const written = `PASSWORD '${text.slice(start, end)}'`;
    const match = context
      .detect(written, { path: file.path })
      .find(({ detector }) => detector === 'postgres-scram-verifier' || detector === 'postgres-md5-verifier');
    if (match === undefined) continue;
    const column = start - text.lastIndexOf('\n', start);
    const place = { start, end, line, column, endLine: line, endColumn: column + (end - start) };
    const identity = postgresRoleId(placeOf(dump.place), role);
    yield context.sighting({ ...match, ...place, ...taken, identity }, file.at, file.place);
  }
}

function coversOf({ hasRoles, hasPasswords, hasObjects }: Dump): ObservationKind[] {
  return [
    ...(hasRoles ? (['identity', 'trust', 'grant'] as const) : []),
    ...(hasPasswords ? (['credential', 'sighting'] as const) : []),
    ...(hasObjects && !hasRoles ? (['grant'] as const) : []),
  ];
}

function reasonsOf({ facts, broken, hasRoles, hasObjects }: Dump): string[] {
  const why: string[] = [];
  if (broken !== undefined) why.push(`the dump ends in ${broken}: what stood before it was read; make it again`);
  if (facts.problems.length > 0) {
    const shown = facts.problems.slice(0, 4);
    why.push(...shown, ...(facts.problems.length > 4 ? [`${facts.problems.length - 4} more like these`] : []));
  }
  if (!hasRoles && !hasObjects) why.push('no role and no right was found in it');
  return why;
}

function placeDetail({ place }: Dump): { readonly place?: string } {
  const known = placeOf(place);
  return known === undefined ? {} : { place: known };
}
