import { join, resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { Finding } from '../contracts/index.ts';
import { findingOf } from '../correlate/previous.ts';
import type { Io } from '../io.ts';
import { writeWhole } from '../output.ts';
import {
  entryText,
  exceptionOf,
  type GivenException,
  readExceptionsFile,
  sameSelection,
  selectionText,
  withException,
} from '../suppress/edit-exceptions.ts';
import { type LoadedException, loadException } from '../suppress/exceptions.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { count } from '../util/report-text.ts';
import { printable } from '../util/sanitize.ts';
import { didYouMean } from '../util/suggest.ts';
import { renderTable, type TableFormat } from '../util/table.ts';
import { withStore } from './with-store.ts';

const STANDARD_FILE = 'nhi-audit.exceptions.yml';
const DUE_DAYS = 30;
const SHOWN = 10;
const DAY = 86_400_000;

interface ExceptOptions extends Omit<GivenException, 'finding'> {
  readonly exceptions?: string;
  readonly store?: string;
  readonly run?: string;
  readonly write?: boolean;
  readonly list?: boolean;
  readonly format: TableFormat;
  readonly config?: string;
}

/** Adds an exception to the file, after showing it; or lists what is there. Nothing is written without `--write`. */
export async function exceptCommand(io: Io, finding: string | undefined, options: ExceptOptions): Promise<number> {
  const file = await fileOf(io, options);
  const today = io.clock();
  const { text, entries } = readExceptionsFile(file, today);
  const found = options.store === undefined ? undefined : await openFindings(io, { ...options, store: options.store });
  if (options.list === true) {
    if (finding !== undefined)
      throw new ConfigError('--list takes no fingerprint', { code: 'USAGE', hint: 'nhi-audit except --list' });
    return await list(io, { file, entries, found, today, format: options.format });
  }
  const day = today.toISOString().slice(0, 10);
  const named = finding === undefined ? undefined : fingerprintOf(finding, found);
  // One finding was looked at, as grave as it is: what may become of it was not.
  const severity = options.severity ?? found?.find(({ fingerprint }) => fingerprint === named)?.severity;
  const entry = exceptionOf({ ...options, finding: named, severity }, day);
  const same = sameSelection(entry, entries);
  if (same !== undefined) {
    throw new ConfigError(`${same.place} accepts the same already, until ${same.expires}`, {
      code: 'EXCEPTION_THERE',
      hint: 'Change that entry instead.',
    });
  }
  const after = withException(text, entry, file);
  await io.stdout(entryText(entry));
  if (found !== undefined) tellCovered(io, loadException(entry, file, day), found);
  if (options.write !== true) {
    io.stderr(`Not written. With --write it goes to the end of ${printable(file)}.\n`);
    return EXIT.clean;
  }
  await writeWhole(file, [after], 'exceptions file');
  io.stderr(
    `Added to ${printable(file)}. It holds until ${entry.expires}; from the next scan on its findings count as accepted.\n`,
  );
  return EXIT.clean;
}

async function fileOf(io: Io, { exceptions, config }: ExceptOptions): Promise<string> {
  if (exceptions !== undefined) return resolve(io.directory, exceptions);
  return (await loadConfig(io.directory, config)).accept.exceptions ?? join(io.directory, STANDARD_FILE);
}

/** What is wrong in a stored run, accepted or not. */
async function openFindings(io: Io, options: { readonly store: string; readonly run?: string }): Promise<readonly Finding[]> {
  return await withStore(io, options, async (store) =>
    (
      await store.rows(
        "SELECT * EXCLUDE (run_id) FROM current_findings WHERE status IN ('new', 'open', 'excepted') ORDER BY rule, fingerprint",
      )
    ).map(findingOf),
  );
}

/** In lower case; with a store at hand it must be that of a finding, and is written in full. */
function fingerprintOf(text: string, found: readonly Finding[] | undefined): string {
  const wanted = text.trim().toLowerCase().replace(/…$/, '');
  if (!/^[0-9a-f]{12,64}$/.test(wanted)) {
    throw new ConfigError(`"${text}" is no fingerprint`, {
      code: 'EXCEPTION_INVALID',
      hint: '12 or more of 0-9 and a-f, as `nhi-audit findings --store FILE` lists them. Without one: --rule ID --path FILE.',
    });
  }
  if (found === undefined) return wanted;
  const meant = found.filter(({ fingerprint }) => fingerprint.startsWith(wanted));
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only.fingerprint;
  throw new ConfigError(
    meant.length === 0 ? `No finding has the fingerprint ${wanted}` : `${meant.length} findings begin with ${wanted}`,
    {
      code: 'FINDING_UNKNOWN',
      hint:
        meant.length > 0
          ? `Give more of it: ${meant.map(({ fingerprint }) => fingerprint.slice(0, 20)).join(', ')}`
          : didYouMean(
              wanted,
              found.map(({ fingerprint }) => fingerprint.slice(0, wanted.length)),
              'nhi-audit findings --store FILE lists them.',
            ),
    },
  );
}

function tellCovered(io: Io, entry: LoadedException, found: readonly Finding[]): void {
  const covered = found.filter((finding) => entry.covers(finding));
  io.stderr(`It accepts ${count(covered.length, 'finding')} of the run${covered.length === 0 ? '' : ':'}\n`);
  for (const { severity, rule, subject } of covered.slice(0, SHOWN)) io.stderr(`  ${severity}  ${rule}  ${printable(subject)}\n`);
  if (covered.length > SHOWN) io.stderr(`  and ${covered.length - SHOWN} more\n`);
}

interface Listed {
  readonly file: string;
  readonly entries: readonly LoadedException[];
  readonly found: readonly Finding[] | undefined;
  readonly today: Date;
  readonly format: TableFormat;
}

/** One row an entry, what a person should look at first. */
async function list(io: Io, { file, entries, found, today, format }: Listed): Promise<number> {
  const rows = entries
    .map((entry, index) => {
      const findings = found?.filter((finding) => entry.covers(finding)).length;
      const state = stateOf(entry, findings, today);
      const { expires, owner, reason, approver, ticket, justification } = entry;
      return { index, state, expires, findings, accepts: selectionText(entry), owner, approver, ticket, justification, reason };
    })
    .sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || (a.expires < b.expires ? -1 : 1) || a.index - b.index);
  if (rows.length === 0 && format === 'text') {
    io.stderr(`No exceptions in ${printable(file)}.\n`);
    return EXIT.clean;
  }
  const all = ['state', 'expires', 'findings', 'accepts', 'owner', 'approver', 'ticket', 'justification', 'reason'];
  // Columns that nobody filled in are no use to people; programs get them all.
  const columns =
    format === 'text' ? all.filter((column) => rows.some((row) => column in row && Reflect.get(row, column) !== undefined)) : all;
  await io.stdout(
    renderTable(
      rows.map(({ index, ...row }) => ({ index, ...row })),
      format === 'text' ? columns : ['index', ...all],
      format,
      io.terminal.columns,
      ['state', 'accepts'],
    ),
  );
  const totals = STATES.flatMap((state) => {
    const n = rows.filter((row) => row.state === state).length;
    return n === 0 ? [] : [`${n} ${state}`];
  });
  io.stderr(`${totals.join(', ')}\n`);
  if (found === undefined) io.stderr('Which of them still cover something is told with --store FILE.\n');
  return EXIT.clean;
}

/** `due`: its last day is within thirty days. `used` and `stale` are known where a run is at hand, `holds` is said else. */
const STATES = ['expired', 'due', 'stale', 'used', 'holds'] as const;

function stateOf(entry: LoadedException, findings: number | undefined, today: Date): (typeof STATES)[number] {
  if (entry.isExpired) return 'expired';
  if (findings === 0) return 'stale';
  if (Date.parse(entry.expires) - today.getTime() < DUE_DAYS * DAY) return 'due';
  return findings === undefined ? 'holds' : 'used';
}
