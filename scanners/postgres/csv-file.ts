import { CsvError, parse } from 'csv-parse/sync';
import type { Location, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { fileCoverage } from '../../src/files/coverage.ts';
import { newFacts, type Place } from './facts.ts';
import { observe } from './observe.ts';
import { QUERIES, type SectionName } from './queries.ts';
import { addSection } from './sections.ts';

const OWN = ['nhi_audit', 'host', 'port', 'database'];

/** Answers to our queries, as `psql --csv` prints them: one table after another, each with a header of its own. */
export function* scanCsv(file: SourceFile, context: ScanContext): Generator<Observation> {
  const { sections, place, problems } = readTables(file.text());
  const facts = newFacts();
  const covers = new Set<ObservationKind>();
  const missing: string[] = [];
  let read = 0;
  let failed = 0;
  let seesSessions: boolean | undefined;
  for (const query of QUERIES) {
    const rows = sections.get(query.section);
    if (rows === undefined) {
      missing.push(`${query.tells} (it needs ${query.right})`);
      continue;
    }
    const added = addSection(facts, query.section, rows);
    read += added.read;
    failed += added.problems.length;
    problems.push(...added.problems);
    seesSessions = added.seesSessions ?? seesSessions;
    for (const kind of query.covers) covers.add(kind);
  }
  const at: Location = { ...file.at, path: file.path };
  const seesPasswords = sections.has('passwords');
  yield* observe(facts, { place, at, catalog: 'csv', now: context.now(), fingerprint: context.fingerprint, seesPasswords });
  const why = [...problems.slice(0, 4), ...(problems.length > 4 ? [`${problems.length - 4} more like these`] : [])];
  if (missing.length > 0) why.push(`not in the file: ${missing.join(', ')}`);
  if (sections.has('sessions') && seesSessions === false)
    why.push('addresses of clients are shown to members of pg_monitor only');
  yield fileCoverage(file, 'postgres', [...covers], why, { seen: read + failed, read, failed, detail: { catalog: 'csv' } });
}

interface Tables {
  readonly sections: Map<SectionName, unknown[]>;
  readonly place: Place;
  readonly problems: string[];
}

function readTables(text: string): Tables {
  const sections = new Map<SectionName, unknown[]>();
  const problems: string[] = [];
  let place: Place = {};
  let columns: readonly string[] = [];
  const take = (cells: readonly string[]): void => {
    if (cells[0] === OWN[0]) {
      columns = cells;
      const query = QUERIES.find((one) => one.columns.every((name, index) => cells[OWN.length + index] === name));
      // A table without rows is one that was asked for.
      if (query !== undefined && cells.length === OWN.length + query.columns.length)
        sections.set(query.section, sections.get(query.section) ?? []);
      else
        problems.push(
          `the columns ${cells.slice(OWN.length).join(',')} are of no query of this version: run the queries of its README again`,
        );
      return;
    }
    const section = sections.get(cells[0] as SectionName);
    // What psql says itself (`BEGIN`, `SET`) stands between the tables where -q was left out.
    if (section === undefined || cells.length !== columns.length) {
      if (cells.length > 1) problems.push(`a row of ${cells.length} cells under a header of ${columns.length}`);
      return;
    }
    section.push(Object.fromEntries(columns.map((name, index) => [name, cells[index]])));
    place = placeFrom(cells) ?? place;
  };
  try {
    parse(text, {
      relax_column_count: true,
      on_record: (cells: readonly string[]) => {
        take(cells);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    problems.push(`the file breaks off or is no CSV (${error.code}): what stood before was read; export it again`);
  }
  return { sections, place, problems };
}

/** psql gives the directory of a socket for a host that it did not go over the network to. */
function placeFrom([, host = '', port = '', database = '']: readonly string[]): Place | undefined {
  if (host === '' || host.startsWith('/') || host.startsWith('@') || host.startsWith(':'))
    return database === '' ? undefined : { database };
  return { host, ...(/^\d+$/.test(port) ? { port: Number(port) } : {}), ...(database === '' ? {} : { database }) };
}
