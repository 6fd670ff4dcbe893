import type { Observation } from '../../../src/contracts/index.ts';
import { type Answer, whoUsed } from '../../../src/trace/who.ts';
import { Layout } from '../../../src/util/layout.ts';
import { Fact } from '../../rules/checks/facts.ts';
import { type RunOptions, withPassingRun } from '../correlate/run-store.ts';

export const MARCH_12 = { from: '2026-03-12T00:00:00.000Z', until: '2026-03-13T00:00:00.000Z' };
export const PG = 'pg-features-prod';
export const ROLE = 'postgres:db.harbour.example/features:role/loader';

export function session(id: string, at: string, more: object = {}): Observation {
  const { detail, ...rest } = more as { detail?: object };
  return Fact.parse({
    kind: 'usage',
    via: 'gateway',
    sessionId: id,
    usedAt: at,
    endedAt: at,
    target: PG,
    action: 'read',
    recorded: 'full',
    detail: { status: 'done', depth: 'list', ...detail },
    ...rest,
  });
}

export const apiKey = (name: string): Observation =>
  Fact.parse({ kind: 'identity', id: `hoop:-:api-key/${name}`, detail: { userId: `uid-${name}` } });
export const by = (name: string, more: object = {}) => ({
  actor: name,
  actorType: 'api-key',
  actorConfidence: 'high',
  ...more,
  detail: { userId: `uid-${name}` },
});
export const CONNECTION = Fact.parse({
  kind: 'consumer',
  consumer: `hoop:-:connection/${PG}`,
  type: 'gateway-connection',
  identity: ROLE,
  how: 'static-key',
});

/** A record of the database's own log. */
export function record(id: string, at: string, more: object = {}): Observation {
  return Fact.parse({
    kind: 'usage',
    via: 'direct',
    sessionId: id,
    usedAt: at,
    identity: ROLE,
    action: 'read',
    records: 1,
    ...more,
  });
}

/** Sessions of March on other connections: an export that names one only would tell of that alone. */
export const SESSIONS_OF_MARCH = [
  session('first', '2026-03-01T00:00:00Z', { target: 'web' }),
  session('last', '2026-03-31T00:00:00Z', { target: 'shop' }),
];
/** The log of March of the database, where another role works. */
export const LOG_OF_MARCH = ['2026-03-01T00:00:00Z', '2026-03-31T00:00:00Z'].map((at) =>
  record(`log ${at}`, at, { identity: ROLE.replace('loader', 'backup') }),
);
/** All that could have seen the connection was given of all of March. */
export const WHOLE_MARCH = [...SESSIONS_OF_MARCH, ...LOG_OF_MARCH];

export async function ask(facts: readonly Observation[], more: object = {}, options: RunOptions = {}): Promise<Answer> {
  return await withPassingRun(
    [CONNECTION, ...facts],
    async (store) => await whoUsed(store, { target: PG, ...MARCH_12, ...more }),
    options,
  );
}

export const plain = new Layout({ width: 120, color: false, links: false });
