import type { Client } from 'pg';
import type { LiveCall, Observation, Probed, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { LiveFailure, openSession, probeCalls, type Session } from '../../src/live/index.ts';
import { codeOf, messageOf } from '../../src/util/errors.ts';
import { type Address, parseAddress } from './address.ts';
import { newFacts } from './facts.ts';
import { observe } from './observe.ts';
import { findPassword } from './password.ts';
import { callsTo, QUERIES, type Query } from './queries.ts';
import { addSection } from './sections.ts';

const EVERYTHING = [...new Set(QUERIES.flatMap(({ covers }) => covers))];
const CONNECT_MS = 10_000;
const STATEMENT = "SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '2s'; SET LOCAL search_path = pg_catalog";
/** The rest of a query is waited for a little longer than the server lets it run. */
const ANSWER_MS = 40_000;

export async function* scanServer(target: ServiceTarget, context: ScanContext): AsyncGenerator<Observation> {
  const session = sessionOf(target, context);
  const address = parseAddress(target.address, context.env);
  if (typeof address === 'string') {
    yield {
      ...session.coverage({ what: 'catalogs', covers: EVERYTHING }),
      outcome: 'denied',
      why: address,
    };
    return;
  }
  const opened = await session.attempt('CONNECT on the database', () => connect(address, context));
  if (!opened.ok) {
    yield session.coverage({ what: 'catalogs', covers: EVERYTHING, failure: opened.failure });
    return;
  }
  const facts = newFacts();
  const rows: Observation[] = [];
  let seesPasswords = false;
  let seesSessions: boolean | undefined;
  context.progress.phase(`PostgreSQL ${address.host}`, QUERIES.length);
  try {
    for (const query of QUERIES) {
      const got = await session.attempt(query.right, () => ask(opened.value, query, context));
      context.progress.advance(1);
      const added = got.ok ? addSection(facts, query.section, got.value) : { read: 0, problems: [] };
      if ('seesSessions' in added) seesSessions = added.seesSessions;
      if (got.ok && query.section === 'passwords') seesPasswords = true;
      const problems = [...added.problems];
      if (got.ok && query.section === 'sessions' && seesSessions === false)
        problems.push('addresses and programs of other roles are shown to members of pg_monitor only');
      // The version covers nothing by itself.
      if (query.covers.length === 0 && got.ok) continue;
      rows.push(
        session.coverage({
          what: query.tells,
          covers: query.covers,
          read: added.read,
          problems,
          failed: added.problems.length,
          ...(got.ok ? {} : { failure: got.failure }),
          ...(query.section === 'roles' ? { detail: { catalog: 'live' } } : {}),
        }),
      );
    }
  } finally {
    await close(opened.value);
    context.progress.end();
  }
  yield* observe(facts, {
    place: { host: address.host, port: address.port, database: address.database },
    at: { pointer: target.name },
    catalog: 'live',
    now: context.now(),
    fingerprint: context.fingerprint,
    seesPasswords,
  });
  yield* rows;
}

export async function* probeServer(target: ServiceTarget, context: ScanContext): AsyncGenerator<Probed> {
  const session = sessionOf(target, context);
  const address = parseAddress(target.address, context.env);
  const calls = callsTo(typeof address === 'string' ? '-' : `${address.host}:${address.port}`);
  if (typeof address === 'string') {
    for (const call of calls) yield { call, outcome: 'failed', why: address };
    return;
  }
  const opened = await session.attempt('CONNECT on the database', () => connect(address, context));
  if (!opened.ok) {
    const outcome = opened.failure.outcome === 'denied' ? 'denied' : 'failed';
    for (const call of calls) yield { call, outcome, why: opened.failure.why };
    return;
  }
  const queryOf = new Map<LiveCall, Query>(
    calls.flatMap((call, index) => (QUERIES[index] === undefined ? [] : [[call, QUERIES[index]]])),
  );
  try {
    yield* probeCalls(session, calls, async (call) => {
      const query = queryOf.get(call);
      if (query !== undefined) await ask(opened.value, { ...query, sql: `SELECT q.* FROM (${query.sql}) AS q LIMIT 1` }, context);
    });
  } finally {
    await close(opened.value);
  }
}

function sessionOf(target: ServiceTarget, context: ScanContext): Session {
  return openSession({ context, target, surface: 'postgres', service: 'PostgreSQL', explain });
}

async function connect(address: Address, context: ScanContext): Promise<Client> {
  const { default: pg } = await import('pg');
  context.contacts(address.host);
  const password = findPassword(address, context.env);
  const wantsTls = address.sslMode !== 'disable' && address.sslMode !== 'allow';
  for (const tls of wantsTls ? [true, false] : [false]) {
    const client = new pg.Client({
      host: address.host,
      port: address.port,
      user: address.user,
      database: address.database,
      // Asked for only where the server wants one.
      password: () => {
        if (password === undefined)
          throw new LiveFailure('a password is asked for: give it in PGPASSWORD or ~/.pgpass', { kind: 'expired' });
        return password.reveal();
      },
      ssl: tls ? { rejectUnauthorized: address.sslMode.startsWith('verify-') } : false,
      application_name: 'nhi-audit',
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
    });
    // A connection that ends between two queries tells it here; the next query fails and says so.
    client.on('error', () => undefined);
    const stop = (): void => void client.end().catch(() => undefined);
    context.signal.addEventListener('abort', stop, { once: true });
    try {
      await client.connect();
      return client;
    } catch (error) {
      context.signal.removeEventListener('abort', stop);
      await client.end().catch(() => undefined);
      const isWithoutTls = tls && /does not support SSL/.test(messageOf(error));
      if (!isWithoutTls) throw error;
      if (address.sslMode !== 'prefer') {
        throw new LiveFailure(`the server offers no TLS, and sslmode=${address.sslMode} asks for it`, {
          kind: 'unreachable',
          cause: error,
        });
      }
    }
  }
  throw new LiveFailure('no connection was made', { kind: 'unreachable' });
}

/** Each query in a read-only transaction of its own: one that is refused ends nothing but itself, behind a pooler too. */
async function ask(client: Client, query: Query, context: ScanContext): Promise<unknown[]> {
  context.signal.throwIfAborted();
  await client.query(`BEGIN TRANSACTION READ ONLY; ${STATEMENT}`);
  try {
    const { rows } = await client.query<Record<string, unknown>>(query.sql);
    return rows;
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

async function close(client: Client): Promise<void> {
  await client.end().catch(() => undefined);
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
function explain(error: unknown, right: string): LiveFailure | undefined {
  if (error instanceof LiveFailure) return error;
  const code = codeOf(error) ?? '';
  if (code === '42501') return new LiveFailure(`the role lacks ${right}`, { kind: 'denied', cause: error });
  if (code === '28P01' || code === '28000') {
    const why =
      code === '28P01' ? 'the password is not accepted' : 'the server lets this role in from here in no way (pg_hba.conf)';
    return new LiveFailure(why, { kind: 'expired', cause: error });
  }
  if (code === '3D000')
    return new LiveFailure('there is no database of that name', { kind: 'missing', fatal: true, cause: error });
  if (code === '57014') return new LiveFailure('the query took longer than 30 s', { kind: 'failed', cause: error });
  if (code === '42P01' || code === '42883')
    return new LiveFailure(`this server has no such catalog (${right})`, { kind: 'missing', cause: error });
  if (/^(?:57P0|53300|08)/.test(code) || /Connection terminated|timeout expired|not queryable|closed/i.test(messageOf(error)))
    return new LiveFailure('the connection ended', { kind: 'unreachable', cause: error });
  return undefined;
}
