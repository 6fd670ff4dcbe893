import { type Io, stdoutContext } from '../io.ts';
import { countRequests, requestsText } from '../store/requests.ts';
import { resolveSubject } from '../trace/resolve.ts';
import { accountsVerdict, tellAccounts } from '../trace/tell-accounts.ts';
import { isSettled, surfaceText, tellWho, verdictText } from '../trace/tell-who.ts';
import { whoUsed } from '../trace/who.ts';
import { type AccountUse, accountsUsed } from '../trace/who-accounts.ts';
import { findTarget } from '../trace/who-looked.ts';
import { findUses, type Use } from '../trace/who-uses.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { Layout } from '../util/layout.ts';
import { jsonText, printable } from '../util/sanitize.ts';
import { shellWord } from '../util/shell-word.ts';
import { renderTable, type TableFormat } from '../util/table.ts';
import { oneOf } from './scan.ts';
import { type StoreOptions, withStore } from './with-store.ts';

interface WhoOptions extends StoreOptions {
  readonly target: string;
  readonly on: readonly string[];
  readonly infoType?: string;
  readonly strictCoverage?: boolean;
  readonly format: string;
  readonly includeStatements?: boolean;
}

/** Which job touched a target on a day, and whether that can be answered at all: exit 4 if not in full, for those who ask for it. */
export async function whoCommand(io: Io, options: WhoOptions): Promise<number> {
  const format = oneOf('--format', options.format, ['text', 'json', 'csv']);
  const [on = '', ...more] = options.on;
  if (more.length > 0) {
    throw new ConfigError('--on is given more than once', {
      code: 'USAGE',
      hint: `Days after each other are one: --on ${on}..${more.at(-1)}`,
    });
  }
  const span = spanOf(on);
  const answer = await withStore(io, options, async (store) => {
    await store.materialise();
    return await whoUsed(store, {
      target: options.target,
      ...span,
      ...(options.infoType === undefined ? {} : { infoType: options.infoType }),
    });
  });
  const withText = options.includeStatements === true;
  const uses = answer.uses.map((use) => (withText ? use : withoutStatement(use)));
  if (format === 'json') await io.stdout(`${jsonText({ ...answer, uses }, 2)}\n`);
  else if (format === 'csv') {
    await io.stdout(renderTable(uses.map(rowOf), columnsOf(CSV_COLUMNS, withText), 'csv', undefined));
    io.stderr(`${printable(verdictText(answer))}\n`);
  } else await io.stdout(tellWho({ ...answer, uses }, new Layout(stdoutContext(io)), withText));
  return options.strictCoverage === true && !isSettled(answer) ? EXIT.incompleteCoverage : EXIT.clean;
}

interface SessionsOptions extends StoreOptions {
  readonly identity?: string;
  readonly target?: string;
  readonly since?: string;
  readonly until?: string;
  readonly via?: string;
  readonly byAccount?: boolean;
  readonly strictCoverage?: boolean;
  readonly format: TableFormat;
  readonly includeStatements?: boolean;
}

/** Sessions and other uses, one a row, oldest first; or by account, whether it went through the gateway. */
export async function sessionsCommand(io: Io, options: SessionsOptions): Promise<number> {
  if (options.byAccount === true) return await accountsCommand(io, options);
  if (options.strictCoverage === true) {
    throw new ConfigError('--strict-coverage goes with --by-account', {
      code: 'USAGE',
      hint: 'A list of sessions is no answer that could be whole.',
    });
  }
  const format = oneOf('--format', options.format, ['text', 'json', 'csv']);
  const via = options.via === undefined ? undefined : oneOf('--via', options.via, ['gateway', 'cloud', 'direct']);
  const from = options.since === undefined ? FIRST : momentOf('--since', options.since).from;
  const until = options.until === undefined ? LAST : momentOf('--until', options.until).until;
  const { found, requests } = await withStore(io, options, async (store) => {
    await store.materialise();
    const { identity: name } = options;
    const subject = name === undefined ? undefined : await resolveSubject(store, name, shellWord(options.store));
    const target = options.target === undefined ? undefined : await findTarget(store, options.target);
    const question = {
      from,
      until,
      ...(options.target === undefined ? {} : { target: options.target }),
      ...(name === undefined ? {} : { identity: subject?.identity ?? name }),
    };
    return { found: await findUses(store, question, target), requests: await countRequests(store) };
  });
  const withText = options.includeStatements === true;
  const uses = found.filter((use) => via === undefined || use.via === via).map((use) => (withText ? use : withoutStatement(use)));
  if (format === 'json') await io.stdout(`${jsonText(uses, 2)}\n`);
  else if (uses.length === 0 && format === 'text') await io.stdout('No session or other use matches.\n');
  else {
    const columns = columnsOf(format === 'csv' ? CSV_COLUMNS : COLUMNS, withText);
    await io.stdout(renderTable(uses.map(rowOf), columns, format, stdoutContext(io).width, ['from', 'actor']));
  }
  const isWhole = [options.identity, options.target, options.since, options.until].every((option) => option === undefined);
  if (requests !== undefined && isWhole && (via === undefined || via === 'gateway')) {
    io.stderr(`Not listed: ${requestsText(requests)}\n`);
  }
  return EXIT.clean;
}

/** Did every machine identity go through the gateway? */
async function accountsCommand(io: Io, options: SessionsOptions): Promise<number> {
  const format = oneOf('--format', options.format, ['text', 'json', 'csv']);
  for (const [option, value] of Object.entries({ '--target': options.target, '--via': options.via })) {
    if (value !== undefined) {
      throw new ConfigError(`${option} does not go with --by-account`, {
        code: 'USAGE',
        hint: 'Choose accounts with --identity, the time with --since and --until.',
      });
    }
  }
  const answer = await withStore(io, options, async (store) => {
    await store.materialise();
    const { identity: name } = options;
    const identity =
      name === undefined ? undefined : ((await resolveSubject(store, name, shellWord(options.store))).identity ?? name);
    return await accountsUsed(store, {
      ...(options.since === undefined ? {} : { from: momentOf('--since', options.since).from }),
      ...(options.until === undefined ? {} : { until: momentOf('--until', options.until).until }),
      ...(identity === undefined ? {} : { identity }),
    });
  });
  const verdict = accountsVerdict(answer);
  if (format === 'json') await io.stdout(`${jsonText({ verdict, ...answer }, 2)}\n`);
  else if (format === 'csv') {
    await io.stdout(renderTable(answer.accounts.map(accountRow), ACCOUNT_COLUMNS, 'csv', undefined));
    io.stderr(`${printable(verdict)}\n`);
  } else await io.stdout(tellAccounts(answer, new Layout(stdoutContext(io))));
  const isKnown = answer.accounts.length > 0 && answer.accounts.every((account) => account.verdict !== 'not-known');
  return options.strictCoverage === true && !isKnown ? EXIT.incompleteCoverage : EXIT.clean;
}

const ACCOUNT_COLUMNS = [
  'account',
  'verdict',
  'sessions',
  'recordsThrough',
  'recordsAround',
  'recordsNotHeld',
  'recordsNotKnown',
  'first',
  'last',
  'connections',
  'why',
  'lookedAt',
];

function accountRow(account: AccountUse) {
  return {
    ...account,
    account: account.name,
    connections: account.connections.join(' '),
    why: account.why.join('; '),
    lookedAt: account.surfaces.map((surface) => surfaceText(surface)).join(' | '),
  };
}

const FIRST = '0001-01-01T00:00:00Z';
const LAST = '9999-12-31T00:00:00Z';
const COLUMNS = [
  'from',
  'actor',
  'job',
  'target',
  'identity',
  'action',
  'outcome',
  'passage',
  'approval',
  'masking',
  'recorded',
  'records',
  'evidence',
];
const CSV_COLUMNS = [
  'from',
  'until',
  'isOpen',
  'actor',
  'actorType',
  'actorConfidence',
  'job',
  'target',
  'identity',
  'action',
  'objects',
  'outcome',
  'stoppedBy',
  'via',
  'passage',
  'passageWhy',
  'approval',
  'approvers',
  'approvalId',
  'selfApproved',
  'masking',
  'maskErrors',
  'infoTypes',
  'rows',
  'recorded',
  'records',
  'answerable',
  'reasons',
  'doubts',
  'gaps',
  'evidence',
];

function columnsOf(columns: readonly string[], withText: boolean): readonly string[] {
  return withText ? [...columns, 'statement'] : columns;
}

function rowOf(use: Use) {
  return {
    ...use,
    from: use.from.replace(/\.\d+Z$/, 'Z'),
    until: use.until?.replace(/\.\d+Z$/, 'Z') ?? null,
    infoTypes: use.infoTypes.join(' '),
    objects: use.objects.join(' '),
    approvers: use.approvers.join(' '),
    reasons: use.reasons.join('; '),
    doubts: use.doubts.join('; '),
    gaps: use.gaps.join('; '),
  };
}

function withoutStatement(use: Use): Use {
  return { ...use, statement: null };
}

/** `2026-03-12` is that day in UTC; `2026-03-01..2026-03-12` both days and all between; a time is that minute. */
export function spanOf(text: string): { readonly from: string; readonly until: string } {
  const [first = '', last, ...more] = text.split('..');
  if (more.length > 0) throw badTime('--on', text);
  const { from } = momentOf('--on', first);
  const { until } = momentOf('--on', last ?? first);
  if (until <= from) throw badTime('--on', text);
  return { from, until };
}

function momentOf(option: string, text: string): { readonly from: string; readonly until: string } {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$/.test(text);
  const start = isDay
    ? Date.parse(`${text}T00:00:00Z`)
    : isTime
      ? Date.parse(/(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`)
      : Number.NaN;
  // 2026-02-30 is read as 2 March by the engine of JavaScript.
  if (Number.isNaN(start) || (isDay && new Date(start).toISOString().slice(0, 10) !== text)) throw badTime(option, text);
  return { from: new Date(start).toISOString(), until: new Date(start + (isDay ? 86_400_000 : 60_000)).toISOString() };
}

function badTime(option: string, text: string): ConfigError {
  return new ConfigError(`${option} is no day or time: ${text}`, {
    code: 'TIME',
    hint: 'Write 2026-03-12, 2026-03-01..2026-03-12, or 2026-03-12T03:15Z. Days are days in UTC.',
  });
}
