import type { StoreReader } from '../store/index.ts';
import type { UseQuestion } from './who.ts';
import { type Place, type Stretch, type Surface, surfaceReader } from './who-looked.ts';

/**
 * `around`: used past the gateway, which holds it. `through`: never seen elsewhere, and all logs that could have seen it were given.
 * `not-held`: used, and no connection of the gateway holds it. `unused`: no use in what was given,
 * which is all of the time that was asked for.
 */
export type AccountVerdict = 'through' | 'around' | 'not-held' | 'not-known' | 'unused';

/** One account, and how it was used: sessions of the gateway, and records of the log of what it is an account of. */
export interface AccountUse {
  /** Null: a connection that does not tell its account, or records that name none (`name` says which). */
  readonly identity: string | null;
  readonly name: string;
  readonly verdict: AccountVerdict;
  /** What is said of its records: why they are around the gateway, or why that is not known. */
  readonly why: readonly string[];
  /** What could have seen it and was not given in full. */
  readonly lacking: readonly string[];
  readonly connections: readonly string[];
  readonly sessions: number;
  readonly recordsThrough: number;
  readonly recordsAround: number;
  readonly recordsNotHeld: number;
  readonly recordsNotKnown: number;
  readonly first: string | null;
  readonly last: string | null;
  /** Logs that could have seen it, and the time each was given of. */
  readonly surfaces: readonly Surface[];
}

export interface AccountsAnswer {
  /** The time that was asked for; without one it is, of each account, all that the logs that could have seen it were given of. */
  readonly asked: Stretch | null;
  readonly accounts: readonly AccountUse[];
}

type AccountQuestion = Pick<UseQuestion, 'identity'> & { readonly from?: string; readonly until?: string };

/** Did every machine identity go through the gateway? Account by account; those that no log names too. */
export async function accountsUsed(store: StoreReader, question: AccountQuestion): Promise<AccountsAnswer> {
  const surfaces = await surfaceReader(store);
  const { from = FIRST, until = LAST } = question;
  const drafts = new Map<string, Draft>();
  for (const row of await store.rows(ROWS, { from, until, identity: question.identity ?? null })) {
    const identity = row.identity_id === null ? null : String(row.identity_id);
    const connection = row.connection === null ? null : String(row.connection);
    const name = identity ?? (connection === null ? 'records that name no account' : `what ${connection} leads to`);
    const draft = drafts.get(name) ?? newDraft(identity, name);
    drafts.set(name, draft);
    addRow(draft, String(row.kind), row);
    if (connection !== null)
      addPlace(draft, { surface: 'gateway', provider: 'hoop', scope: row.org === null ? null : String(row.org), connection });
    if (connection !== null && identity === null) addPlace(draft, { surface: 'log', provider: null, scope: null, connection });
    if (identity !== null) {
      addPlace(draft, { surface: 'log', provider: String(row.provider), scope: String(row.scope), connection: null });
    }
  }
  const accounts = [...drafts.values()].map((draft) => {
    const places = [...draft.places.values()];
    // Who names no time asks for all that is known of the account.
    const known = surfaces(places, { from, until }).flatMap((surface) => surface.given);
    return judge(draft, surfaces(places, { from: question.from ?? least(known), until: question.until ?? most(known) }));
  });
  const asked = question.from === undefined && question.until === undefined ? null : { from, until };
  return {
    asked,
    accounts: accounts.sort((one, other) => RANK[one.verdict] - RANK[other.verdict] || (one.name < other.name ? -1 : 1)),
  };
}

function least(stretches: readonly Stretch[]): string {
  return stretches.map(({ from }) => from).sort()[0] ?? FIRST;
}

function most(stretches: readonly Stretch[]): string {
  return (
    stretches
      .map(({ until }) => until)
      .sort()
      .at(-1) ?? LAST
  );
}

const FIRST = '0001-01-01T00:00:00Z';
const LAST = '9999-12-31T00:00:00Z';
const RANK: { readonly [verdict in AccountVerdict]: number } = {
  around: 0,
  'not-held': 1,
  'not-known': 2,
  through: 3,
  unused: 4,
};

const ROWS = `
  WITH used AS (
    SELECT 'session' AS kind, identity_id, connection, org, NULL::VARCHAR AS why, count(*) AS uses, 0 AS around, min(used_at) AS first, max(coalesce(ended_at, used_at)) AS last
    FROM gateway_sessions
    WHERE ran AND used_at < $until::TIMESTAMP AND coalesce(ended_at, used_at) >= $from::TIMESTAMP
    GROUP BY ALL
    UNION ALL
    SELECT p.passage, p.identity_id, NULL, NULL, CASE WHEN p.passage IN ('around', 'not-known') THEN p.why END, sum(p.records), sum(p.around), min(u.used_at), max(coalesce(u.ended_at, u.used_at))
    FROM log_passages AS p
    JOIN usages AS u USING (observation_id)
    -- A provider's answer about the last use is that of a record, if there is a log.
    WHERE u.used_at < $until::TIMESTAMP AND coalesce(u.ended_at, u.used_at) >= $from::TIMESTAMP
    GROUP BY ALL
    UNION ALL
    SELECT 'held', identity_id, connection, org, NULL, 0, 0, NULL, NULL FROM gateway_connections
    UNION ALL
    SELECT 'held', identity_id, connection, org, NULL, 0, 0, NULL, NULL FROM direct_accounts
    UNION ALL
    SELECT 'known', identity_id, NULL, NULL, NULL, 0, 0, NULL, NULL
    FROM identities
    WHERE provider <> 'hoop' AND may_be_orphaned(provider, type) AND NOT managed
  )
  SELECT u.*, split_part(u.identity_id, ':', 1) AS provider, identity_scope(u.identity_id) AS scope
  FROM used AS u
  -- People have accounts too.
  ANTI JOIN (SELECT identity_id FROM identities WHERE human) AS h ON h.identity_id = u.identity_id
  WHERE $identity IS NULL OR u.identity_id = $identity
  ORDER BY ALL`;

interface Draft {
  readonly identity: string | null;
  readonly name: string;
  readonly connections: Set<string>;
  readonly places: Map<string, Place>;
  readonly why: Set<string>;
  readonly counts: { session: number; through: number; around: number; notHeld: number; notKnown: number };
  first: string | null;
  last: string | null;
}

function newDraft(identity: string | null, name: string): Draft {
  return {
    identity,
    name,
    connections: new Set(),
    places: new Map(),
    why: new Set(),
    counts: { session: 0, through: 0, around: 0, notHeld: 0, notKnown: 0 },
    first: null,
    last: null,
  };
}

function addRow(draft: Draft, kind: string, row: { readonly [column: string]: unknown }): void {
  const [uses, around] = [Number(row.uses), Number(row.around)];
  const { counts } = draft;
  if (kind === 'session') counts.session += uses;
  else if (kind === 'through') counts.through += uses;
  else if (kind === 'not-held') counts.notHeld += uses;
  else if (kind === 'not-known') counts.notKnown += uses;
  else if (kind === 'around') {
    counts.around += around;
    counts.through += uses - around;
  }
  if (row.why !== null) draft.why.add(String(row.why));
  if (row.connection !== null) draft.connections.add(String(row.connection));
  if (row.first === null || row.last === null) return;
  const [first, last] = [String(row.first), String(row.last)];
  if (draft.first === null || first < draft.first) draft.first = first;
  if (draft.last === null || last > draft.last) draft.last = last;
}

function addPlace(draft: Draft, place: Place): void {
  draft.places.set(JSON.stringify(place), place);
}

function judge({ identity, name, connections, why, counts, first, last }: Draft, surfaces: readonly Surface[]): AccountUse {
  const isUsed = counts.session + counts.through > 0;
  const isWhole = surfaces.length > 0 && surfaces.every(({ covers }) => covers === 'all');
  const verdict: AccountVerdict =
    counts.around > 0
      ? 'around'
      : counts.notHeld > 0
        ? 'not-held'
        : counts.notKnown > 0 || !isWhole
          ? 'not-known'
          : isUsed
            ? 'through'
            : 'unused';
  const lacking = surfaces.filter(({ covers }) => covers !== 'all').map(lackText);
  return {
    identity,
    name,
    verdict,
    why: [...why],
    lacking,
    connections: [...connections].sort(),
    sessions: counts.session,
    recordsThrough: counts.through,
    recordsAround: counts.around,
    recordsNotHeld: counts.notHeld,
    recordsNotKnown: counts.notKnown,
    first,
    last,
    surfaces,
  };
}

function lackText({ name, covers, why }: Surface): string {
  return why ?? `the ${name}: ${covers === 'none' ? 'not given' : 'given in part'}`;
}
