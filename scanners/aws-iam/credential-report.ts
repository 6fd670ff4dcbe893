import { parse } from 'csv-parse/sync';
import {
  type CredentialObservation,
  credentialId,
  type IdentityId,
  identityIdFromArn,
  type Location,
  type Observation,
  parseIdentityId,
} from '../../src/contracts/index.ts';
import { isoTime } from './schema.ts';

export interface ReportRows {
  readonly rows: readonly ReportRow[];
  /** Lines that could not be read: `line 7: 9 of 22 columns`. */
  readonly problems: readonly string[];
}

export interface ReportRow {
  readonly line: number;
  readonly user: string;
  readonly arn: string;
  readonly identity: IdentityId;
  /** Cell by column name; `undefined` for `N/A`, `no_information`, `not_supported`, empty and columns not there. */
  readonly cell: (column: string) => string | undefined;
  /** Has the report a column for the last use of keys? */
  readonly tellsUse: boolean;
}

const NEEDED = ['user', 'arn', 'user_creation_time'];

/** All rows at once. */
export function readCredentialReport(text: string): ReportRows {
  const problems: string[] = [];
  return { rows: [...reportRows(text, problems)], problems };
}

/**
 * The credential report: one line a user, and `<root_account>`. It tells age and use of keys but not their ids. Row by row:
 * 40,000 users, all at once, took 200 MB.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
 */
export function* reportRows(text: string, problems: string[]): Generator<ReportRow> {
  let header: ReadonlyMap<string, number> | undefined;
  let head = '';
  const seen = new Set<string>();
  for (const { line, content } of linesOf(text)) {
    if (content === '' || content === head) continue;
    const record = cellsOf(content);
    if (record === undefined) {
      problems.push(`line ${line}: broken quoting`);
      continue;
    }
    if (header === undefined) {
      header = new Map(record.map((column, index) => [column, index]));
      if (!NEEDED.every((column) => header?.has(column))) {
        problems.push('line 1: the columns user, arn and user_creation_time are missing');
        return;
      }
      head = content;
      continue;
    }
    const row = rowOf(record, line, header);
    if (typeof row === 'string') problems.push(`line ${line}: ${row}`);
    else if (row !== undefined && !seen.has(row.identity)) {
      seen.add(row.identity);
      yield row;
    }
  }
}

/** A row, or why it is none; nothing for a header that is repeated. */
function rowOf(record: readonly string[], line: number, header: ReadonlyMap<string, number>): ReportRow | string | undefined {
  if (NEEDED.every((column) => record[header.get(column) ?? -1] === column)) return undefined;
  if (record.length < header.size) return `${record.length} of ${header.size} columns`;
  const cell = (column: string) => known(record[header.get(column) ?? -1]);
  const arn = cell('arn');
  const identity = arn === undefined ? undefined : identityIdFromArn(arn);
  if (arn === undefined || identity === undefined) return 'arn is not that of a user';
  return { line, user: cell('user') ?? '', arn, identity, cell, tellsUse: header.has('access_key_1_last_used_date') };
}

/** No cell of a report holds a line break: names of users have none. */
function* linesOf(text: string): Generator<{ readonly line: number; readonly content: string }> {
  for (let [start, line] = [text.startsWith('\uFEFF') ? 1 : 0, 1]; start < text.length; line++) {
    const next = text.indexOf('\n', start);
    const end = next < 0 ? text.length : next;
    yield { line, content: text.slice(start, end).replace(/\r$/, '') };
    start = end + 1;
  }
}

function cellsOf(line: string): readonly string[] | undefined {
  if (!line.includes('"')) return line.split(',');
  try {
    return (parse(line, { relax_column_count: true }) as string[][])[0];
  } catch {
    return undefined;
  }
}

/** `keys: false` where the ids of the user's keys are known from a list of the same run. */
export function* reportObservations(row: ReportRow, at: Location, options: { readonly keys: boolean }): Generator<Observation> {
  const here = { ...at, line: row.line, pointer: row.arn };
  const credentials = [
    ...(options.keys ? [accessKey(row, 1, here), accessKey(row, 2, here)] : []),
    password(row, here),
    certificate(row, 1, here),
    certificate(row, 2, here),
  ].filter((one) => one !== undefined);
  yield identityRow(row, here);
  if (isRoot(row)) yield rootGrant(row, here);
  yield* credentials;
}

function identityRow(row: ReportRow, at: Location): Observation {
  const { cell } = row;
  const parts = parseIdentityId(row.identity);
  const lastUsed = latest(
    ['password_last_used', 'access_key_1_last_used_date', 'access_key_2_last_used_date'].map((column) => isoTime(cell(column))),
  );
  const createdAt = isoTime(cell('user_creation_time'));
  const mfa = flag(cell('mfa_active'));
  const passwordEnabled = flag(cell('password_enabled'));
  return {
    kind: 'identity',
    id: row.identity,
    provider: 'aws',
    type: parts?.type ?? 'user',
    name: parts?.name ?? row.user,
    ...(parts?.scope === undefined ? {} : { scope: parts.scope }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(lastUsed === undefined ? {} : { lastUsedAt: lastUsed }),
    // A console password with a second factor is a person's way in; other combinations prove nothing.
    ...(passwordEnabled === true && mfa === true ? { human: true } : {}),
    at,
    detail: {
      arn: row.arn,
      ...(mfa === undefined ? {} : { mfa }),
      ...(passwordEnabled === undefined ? {} : { passwordEnabled }),
    },
  };
}

function accessKey(row: ReportRow, slot: 1 | 2, at: Location): CredentialObservation | undefined {
  const { cell } = row;
  const active = flag(cell(`access_key_${slot}_active`));
  const createdAt = isoTime(cell(`access_key_${slot}_last_rotated`));
  // An inactive slot without a date holds no key at all.
  if (active !== true && createdAt === undefined) return undefined;
  const lastUsedAt = isoTime(cell(`access_key_${slot}_last_used_date`));
  const usedFor = [cell(`access_key_${slot}_last_used_service`), cell(`access_key_${slot}_last_used_region`)]
    .filter((part) => part !== undefined)
    .join(' ');
  return {
    kind: 'credential',
    id: credentialId('aws', 'access-key', slotName(row, slot)),
    identity: row.identity,
    provider: 'aws',
    type: 'access-key',
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(usedFor === '' ? {} : { lastUsedFor: usedFor }),
    neverExpires: true,
    status: active === true ? 'active' : 'inactive',
    at,
    // Reports of before 2015 have no column of the last use; nobody then knows that there was none.
    detail: { slot, ...(row.tellsUse ? {} : { useIsTold: false }) },
  };
}

function password(row: ReportRow, at: Location): CredentialObservation | undefined {
  const { cell } = row;
  // The report says `not_supported` for the root user's password, which always exists.
  if (flag(cell('password_enabled')) !== true) return undefined;
  const lastUsedAt = isoTime(cell('password_last_used'));
  const rotatedAt = isoTime(cell('password_last_changed'));
  const nextRotation = isoTime(cell('password_next_rotation'));
  return {
    kind: 'credential',
    id: credentialId('aws', 'password', slotName(row)),
    identity: row.identity,
    provider: 'aws',
    type: 'password',
    ...(rotatedAt === undefined ? {} : { rotatedAt }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    status: 'active',
    at,
    detail: { mfa: flag(cell('mfa_active')) === true, ...(nextRotation === undefined ? {} : { nextRotation }) },
  };
}

function certificate(row: ReportRow, slot: 1 | 2, at: Location): CredentialObservation | undefined {
  const active = flag(row.cell(`cert_${slot}_active`));
  const createdAt = isoTime(row.cell(`cert_${slot}_last_rotated`));
  if (active !== true && createdAt === undefined) return undefined;
  return {
    kind: 'credential',
    id: credentialId('aws', 'certificate', slotName(row, slot)),
    identity: row.identity,
    provider: 'aws',
    type: 'certificate',
    ...(createdAt === undefined ? {} : { createdAt }),
    status: active === true ? 'active' : 'inactive',
    at,
    detail: { slot },
  };
}

/** No policy of the account binds its root user. */
function rootGrant(row: ReportRow, at: Location): Observation {
  return {
    kind: 'grant',
    identity: row.identity,
    effect: 'allow',
    permission: '*',
    resource: '*',
    via: 'root user',
    viaKind: 'inherited',
    capability: 'admin',
    confidence: 'high',
    at,
    detail: { path: 'root user → * on *' },
  };
}

function isRoot(row: ReportRow): boolean {
  return parseIdentityId(row.identity)?.type === 'root';
}

/** Stands in for a public id that the report does not tell: account, user and slot. */
function slotName(row: ReportRow, slot?: number): string {
  const parts = parseIdentityId(row.identity);
  const name = `${parts?.scope ?? '-'}:${parts?.name ?? row.user}`;
  return slot === undefined ? name : `${name}#${slot}`;
}

function known(value: string | undefined): string | undefined {
  return value === undefined || /^(?:|N\/A|no_information|not_supported)$/i.test(value.trim()) ? undefined : value.trim();
}

function flag(value: string | undefined): boolean | undefined {
  const word = value?.toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : undefined;
}

function latest(times: readonly (string | undefined)[]): string | undefined {
  return times
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
}
