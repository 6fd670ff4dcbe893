import { identityIdFromArn } from '../contracts/index.ts';
import type { SqlParameters, StoreReader } from '../store/index.ts';
import { ConfigError } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';
import { looksSecret } from './looks-secret.ts';

/** What a trace is about: one identity with its credentials, or credentials whose identity is not known. */
export interface Subject {
  readonly identity?: string;
  readonly credentials: readonly string[];
}

/** The one thing that the user means. Throws `ConfigError` when it is nothing in this run, or several things. */
export async function resolveSubject(store: StoreReader, text: string, storeName = 'FILE'): Promise<Subject> {
  const [first, ...more] = await resolveSubjects(store, text, storeName);
  if (first === undefined) throw await unknown(store, text, storeName);
  if (more.length > 0)
    throw await several(
      store,
      text,
      [first, ...more].map((subject) => subject.identity ?? ''),
    );
  return first;
}

/**
 * What the user means: a credential's public id, canonical id, fingerprint (its first 8 characters will do) or masked
 * form, an identity's canonical id, the end of one, ARN or name. A secret that is a credential with each of several users or
 * hosts is all of them. A finding's fingerprint means what it is about; an owner means all that
 * is theirs; whatever else fits several things is asked back. Throws `ConfigError` then, and when it is nothing in this run.
 */
export async function resolveSubjects(store: StoreReader, given: string, storeName = 'FILE'): Promise<readonly Subject[]> {
  const text = given.trim();
  const named = await credentialsNamed(store, text);
  const shared = named === undefined || named.length < 2 ? undefined : await ofOneSecret(store, named);
  if (shared !== undefined) return shared;
  const credential = await one(store, text, named ?? (await credentialsMasked(store, text)));
  if (credential !== undefined) return [await ofCredential(store, credential)];
  const identity = await one(store, text, await identitiesNamed(store, identityIdFromArn(text) ?? text));
  if (identity !== undefined) return [await ofIdentity(store, identity)];
  const found = await subjectOfFinding(store, text);
  if (found !== undefined) return [found];
  const owned = await identitiesOwned(store, text);
  if (owned.length === 0) {
    const ending = await one(store, text, await identitiesEnding(store, text));
    if (ending !== undefined) return [await ofIdentity(store, ending)];
    throw await unknown(store, text, storeName);
  }
  const subjects: Subject[] = [];
  for (const id of owned) subjects.push(await ofIdentity(store, id));
  return subjects;
}

async function one(store: StoreReader, text: string, ids: readonly string[]): Promise<string | undefined> {
  if (ids.length > 1) throw await several(store, text, ids);
  return ids[0];
}

/** All that one secret is a credential of: who has it, one after the other, and what nobody is known to have. */
async function ofOneSecret(store: StoreReader, credentials: readonly string[]): Promise<readonly Subject[] | undefined> {
  const asked = { credentials: JSON.stringify(credentials) };
  const among = `credential_id IN (SELECT unnest(from_json($credentials::JSON, '["VARCHAR"]')))`;
  const secrets = await ids(
    store,
    `SELECT fingerprint FROM credentials WHERE ${among} UNION SELECT fingerprint FROM sightings WHERE ${among}`,
    asked,
  );
  if (secrets.length !== 1) return undefined;
  const subjects = new Map<string, { readonly identity?: string; readonly credentials: string[] }>();
  for (const credential of credentials) {
    const { identity } = await ofCredential(store, credential);
    const subject = subjects.get(identity ?? '') ?? { ...(identity === undefined ? {} : { identity }), credentials: [] };
    subject.credentials.push(credential);
    subjects.set(identity ?? '', subject);
  }
  return [...subjects.values()];
}

async function credentialsNamed(store: StoreReader, text: string): Promise<readonly string[] | undefined> {
  const found = await ids(
    store,
    `WITH known AS (
       SELECT credential_id, public_id, fingerprint FROM credentials
       UNION
       SELECT credential_id, public_id, fingerprint FROM sightings)
     SELECT DISTINCT credential_id FROM known
     WHERE credential_id = $text OR public_id = $text
       OR (length($text) >= 8 AND (starts_with(fingerprint, lower($text)) OR credential_id = concat('secret:', lower($text))))
     ORDER BY 1`,
    { text },
  );
  return found.length === 0 ? undefined : found;
}

/** The short form that reports print: `AKIA…7WML`, `ghp_…(40)`; three dots will do for the ellipsis. */
async function credentialsMasked(store: StoreReader, text: string): Promise<readonly string[]> {
  const { head, tail } = /^(?<head>[^\s…]+?)(?:…|\.{3})(?<tail>[^\s….]*)$/u.exec(text)?.groups ?? {};
  // A private key is masked without an ellipsis: `RSA PRIVATE KEY (1704)`.
  if (head === undefined || tail === undefined) {
    return await ids(store, 'SELECT DISTINCT credential_id FROM sightings WHERE masked = $text ORDER BY 1', { text });
  }
  return await ids(
    store,
    `WITH known AS (SELECT credential_id, public_id FROM credentials UNION SELECT credential_id, public_id FROM sightings)
     SELECT credential_id FROM sightings WHERE masked = $masked OR ($tail = '' AND length($head) >= 2 AND starts_with(masked, $masked))
     UNION
     SELECT credential_id FROM known
     WHERE starts_with(lower(public_id), lower($head)) AND ends_with(lower(public_id), lower($tail))
       AND (length($head) >= 4 OR (length($head) >= 2 AND length($tail) >= 2))
     ORDER BY 1`,
    { masked: `${head}…${tail}`, head, tail },
  );
}

/** As people type it: in an id a port stands behind `%3A`. */
const TYPED = "replace(replace(identity_id, '%3A', ':'), '%3a', ':')";

/**
 * By the canonical id, else by it or the name in other letters, or by what stands before the `@` of a name or id: who says
 * `ci` may mean `ci@shop.iam.gserviceaccount.com` as well as a deploy key of that title.
 */
async function identitiesNamed(store: StoreReader, text: string): Promise<readonly string[]> {
  return await ids(
    store,
    `SELECT identity_id FROM identities WHERE identity_id = $text
     UNION
     SELECT identity_id FROM identities
     WHERE $text <> '' AND NOT EXISTS (FROM identities WHERE identity_id = $text)
       AND (lower(name) = lower($text) OR lower(identity_id) = lower($text) OR lower(${TYPED}) = lower($text)
         OR lower(regexp_extract(name, '^([^/:@\\s]+)@[^@]+$', 1)) = lower($text)
         OR lower(regexp_extract(identity_id, '([^/:@\\s]+)@[^/:@]+$', 1)) = lower($text))
     ORDER BY 1`,
    { text },
  );
}

/** By what follows the account or cluster: `prod/deployer` for `k8s:-:prod/deployer`. */
async function identitiesEnding(store: StoreReader, text: string): Promise<readonly string[]> {
  return await ids(
    store,
    `SELECT identity_id FROM identities
     WHERE length($text) >= 3
       AND (regexp_matches(left(identity_id, length(identity_id) - length($text)), '[:/]$') AND ends_with(lower(identity_id), lower($text))
         OR regexp_matches(left(${TYPED}, length(${TYPED}) - length($text)), '[:/]$') AND ends_with(lower(${TYPED}), lower($text)))
     ORDER BY 1`,
    { text },
  );
}

/** The fingerprint that a list of findings prints. */
async function subjectOfFinding(store: StoreReader, text: string): Promise<Subject | undefined> {
  const rows = await store.rows(
    `SELECT identity_id, credential_id FROM current_findings
     WHERE length($text) >= 8 AND starts_with(fingerprint, lower($text)) LIMIT 2`,
    { text },
  );
  const [row] = rows;
  if (row === undefined || rows.length > 1) return undefined;
  if (row.identity_id !== null) return await ofIdentity(store, String(row.identity_id));
  return row.credential_id === null ? undefined : await ofCredential(store, String(row.credential_id));
}

/** An owner may be written as an address, or as the handle that the roster gives for it. */
async function identitiesOwned(store: StoreReader, text: string): Promise<readonly string[]> {
  return await ids(
    store,
    `WITH named AS (SELECT identity_id, lower(trim(unnest(owners))) AS owner FROM identities)
     SELECT DISTINCT identity_id FROM named
     WHERE owner = lower($text)
        OR ltrim(owner, '@') IN (SELECT lower(handle) FROM people WHERE email = lower($text) AND handle IS NOT NULL)
     ORDER BY 1`,
    { text },
  );
}

async function ids(store: StoreReader, sql: string, parameters: SqlParameters): Promise<readonly string[]> {
  const rows = await store.rows(sql, parameters);
  return rows.map((row) => String(Object.values(row)[0]));
}

async function ofCredential(store: StoreReader, credential: string): Promise<Subject> {
  const [owner] = await ids(store, 'SELECT identity_id FROM credential_identities WHERE credential_id = $credential', {
    credential,
  });
  return owner === undefined ? { credentials: [credential] } : { identity: owner, credentials: [credential] };
}

async function ofIdentity(store: StoreReader, identity: string): Promise<Subject> {
  const credentials = await ids(
    store,
    `SELECT credential_id FROM credentials WHERE identity_id = $identity
     UNION
     SELECT credential_id FROM credential_identities WHERE identity_id = $identity
     ORDER BY 1`,
    { identity },
  );
  return { identity, credentials };
}

async function several(store: StoreReader, text: string, found: readonly string[]): Promise<ConfigError> {
  const shown = found.slice(0, 8);
  const lines = await describe(store, shown);
  const what = /^[0-9a-f]{64}$/.test(text) ? 'That secret' : `"${text}"`;
  return new ConfigError(`${what} is ${found.length} things in this run`, {
    code: 'TRACE_AMBIGUOUS',
    hint: `Name one of them:\n    ${lines.join('\n    ')}${found.length > 8 ? `\n    … and ${found.length - 8} more` : ''}`,
  });
}

/** Ids, and of credentials what tells them apart: how reports show them, and where they were seen first. */
async function describe(store: StoreReader, found: readonly string[]): Promise<readonly string[]> {
  const rows = await store.rows(
    `SELECT credential_id, min(fingerprint) AS print, min(masked) AS masked, min(place_text) AS place, count(DISTINCT place_text) AS places
     FROM sightings WHERE credential_id IN (SELECT unnest(from_json($found::JSON, '["VARCHAR"]')))
     GROUP BY ALL`,
    { found: JSON.stringify(found) },
  );
  const seen = new Map(rows.map((row) => [String(row.credential_id), row]));
  return found.map((id) => {
    const row = seen.get(id);
    if (row === undefined) return id;
    const more = Number(row.places) > 1 ? ` and ${Number(row.places) - 1} more` : '';
    // A secret without an id of its own goes by the beginning of its fingerprint.
    return `${id.startsWith('secret:') ? String(row.print).slice(0, 12) : id}  ${row.masked}, seen at ${row.place}${more}`;
  });
}

async function unknown(store: StoreReader, text: string, storeName: string): Promise<ConfigError> {
  if (looksSecret(text)) {
    return new ConfigError('That looks like a secret, and nothing in this run has it as an id', {
      code: 'TRACE_UNKNOWN',
      hint: `Arguments are seen by other processes and kept by the shell. Give secrets on standard input: pbpaste | nhi-audit trace - --store ${storeName}`,
    });
  }
  const [person] = await ids(store, 'SELECT email FROM people WHERE email = lower($text)', { text });
  if (person !== undefined) {
    return new ConfigError('No identity of this run names that person as its owner', {
      code: 'TRACE_UNKNOWN',
      hint: `nhi-audit identities --store ${storeName} lists who owns what.`,
    });
  }
  const names = await ids(
    store,
    `SELECT identity_id FROM identities UNION SELECT name FROM identities
     UNION SELECT public_id FROM credentials WHERE public_id IS NOT NULL
     UNION SELECT unnest(owners) FROM identities`,
    {},
  );
  const meant = nearest(identityIdFromArn(text) ?? text, names);
  // What was typed may be a secret pasted by mistake: it is not repeated.
  return new ConfigError('Nothing in this run has that id, name, owner or fingerprint', {
    code: 'TRACE_UNKNOWN',
    hint: meant === undefined ? `nhi-audit identities --store ${storeName} lists what there is.` : `Did you mean "${meant}"?`,
  });
}
