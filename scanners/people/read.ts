import type {
  CoverageObservation,
  JsonObject,
  Location,
  Observation,
  PersonObservation,
  ScanContext,
  SourceFile,
} from '../../src/contracts/index.ts';
import { fileCoverage } from '../../src/files/coverage.ts';
import { type CodeOwner, readCodeOwners } from './codeowners.ts';
import { readJsonRoster } from './json-roster.ts';
import { csvHeader, formatOf } from './recognise.ts';
import { RosterRow } from './schema.ts';
import { type Problem, readCsv, type Table } from './table.ts';

/** The people of a roster or of CODEOWNERS, and what of it could not be read. */
export function* scanPeople(file: SourceFile, context: ScanContext): Generator<Observation> {
  const text = file.text();
  const format = formatOf(file.path, () => text.slice(0, 4096));
  if (format === 'codeowners') yield* scanCodeOwners(file, text);
  else
    yield* scanRoster(file, format === 'json' ? readJsonRoster(text) : readCsv(text, csvHeader(text)?.delimiter ?? ','), context);
}

function* scanRoster(file: SourceFile, table: Table, context: ScanContext): Generator<Observation> {
  const problems: Problem[] = [...table.problems];
  let failed = table.problems.length;
  let left = 0;
  for (const { line, cells } of table.rows) {
    context.signal.throwIfAborted();
    const parsed = RosterRow.safeParse(cells);
    if (!parsed.success) {
      problems.push({ line, why: parsed.error.issues[0]?.message ?? 'it cannot be read' });
      failed += 1;
      continue;
    }
    const person = parsed.data;
    // The person stands although the day is not clear: better a colleague without a leaving date than none.
    if (person.left.kind === 'unclear') problems.push({ line, why: person.left.why });
    const isGone = person.left.kind === 'gone' || (person.gone && person.left.kind !== 'date');
    if (isGone || person.left.kind === 'date') left += 1;
    yield personOf(person, isGone, { ...file.at, path: file.path, line });
  }
  yield coverage(file, 'roster', problems, {
    seen: table.rows.length + table.problems.length,
    read: table.rows.length + table.problems.length - failed,
    failed,
    detail: { left },
  });
}

function personOf(row: RosterRow, isGone: boolean, at: Location): PersonObservation {
  const detail: JsonObject = {
    source: 'roster',
    ...(isGone ? { left: true } : {}),
    ...(row.left.kind === 'unclear' ? { leavingDateUnclear: true } : {}),
    ...(row.status === undefined ? {} : { status: row.status }),
    ...(row.manager === undefined ? {} : { manager: row.manager }),
  };
  return {
    kind: 'person',
    email: row.email,
    ...(row.name === undefined ? {} : { name: row.name }),
    ...(row.handle === undefined ? {} : { handle: row.handle }),
    ...(row.team === undefined ? {} : { team: row.team }),
    ...(row.left.kind === 'date' ? { leftAt: row.left.at } : {}),
    ...(row.relation === undefined ? {} : { relation: row.relation }),
    at,
    detail,
  };
}

function* scanCodeOwners(file: SourceFile, text: string): Generator<Observation> {
  const { owners, unowned, rules, problems } = readCodeOwners(text);
  const teams: JsonObject[] = [];
  for (const owner of owners) {
    if (owner.kind === 'team' || owner.kind === 'role') {
      teams.push({
        team: owner.kind === 'role' ? `@@${owner.name}` : `@${owner.name}`,
        patterns: owner.patterns,
        lines: owner.lines,
      });
    } else yield ownerPerson(owner, { ...file.at, path: file.path, line: owner.line, column: owner.column });
  }
  const broken = new Set(problems.map(({ line }) => line)).size;
  yield coverage(file, 'codeowners', problems, {
    seen: rules,
    read: Math.max(0, rules - broken),
    failed: Math.min(rules, broken),
    detail: { teams, ...(unowned.lines.length === 0 ? {} : { unowned: { ...unowned } }) },
  });
}

function ownerPerson(owner: CodeOwner, at: Location): PersonObservation {
  const known = owner.kind === 'email';
  return {
    kind: 'person',
    // Only the login is known: `.invalid` (RFC 2606) can be nobody's mailbox, and the roster's `handle` joins the two.
    email: known ? owner.name : `${owner.name.toLowerCase()}@github.invalid`,
    ...(known ? {} : { handle: owner.name }),
    owns: owner.patterns,
    at,
    detail: { source: 'codeowners', emailKnown: known, lines: owner.lines },
  };
}

const NAMED_PROBLEMS = 20;

function coverage(
  file: SourceFile,
  source: string,
  problems: readonly Problem[],
  { detail, ...counts }: Pick<CoverageObservation, 'seen' | 'read' | 'failed'> & { readonly detail: JsonObject },
): CoverageObservation {
  const reasons = problems.length === 0 ? [] : [describe(problems)];
  return fileCoverage(file, 'people', ['person'], reasons, { ...counts, detail: { source, types: [source], ...detail } });
}

function describe(problems: readonly Problem[]): string {
  const ordered = problems.toSorted((a, b) => a.line - b.line);
  const named = ordered.slice(0, NAMED_PROBLEMS).map(({ line, why }) => `line ${line}: ${why}`);
  const more = problems.length - named.length;
  return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
