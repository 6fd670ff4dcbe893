import type { StoreReader } from '../store/index.ts';
import { ConfigError } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';

/** What a trace is about: one identity with its credentials, or credentials whose identity is not known. */
export interface Subject {
  readonly identity?: string;
  readonly credentials: readonly string[];
}

/**
 * What the user means: a credential's public id, canonical id or fingerprint (its first 8 characters will do), an
 * identity's canonical id or name, or the e-mail of an owner. Throws `ConfigError` when it is nothing in this run, or
 * several things.
 */
export async function resolveSubject(store: StoreReader, text: string): Promise<Subject> {
  const credentials = await store.rows(
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
  if (credentials.length > 1)
    throw several(
      text,
      credentials.map((row) => String(row.credential_id)),
    );
  const [credential] = credentials;
  if (credential !== undefined) return await ofCredential(store, String(credential.credential_id));

  const identities = await store.rows(
    `SELECT identity_id FROM identities WHERE identity_id = $text
     UNION
     SELECT identity_id FROM identities
     WHERE NOT EXISTS (FROM identities WHERE identity_id = $text) AND lower(name) = lower($text)
     UNION
     SELECT identity_id FROM identity_owners WHERE owner = lower($text) AND contains($text, '@')
     ORDER BY 1`,
    { text },
  );
  if (identities.length > 1)
    throw several(
      text,
      identities.map((row) => String(row.identity_id)),
    );
  const [identity] = identities;
  if (identity !== undefined) return await ofIdentity(store, String(identity.identity_id));
  throw await unknown(store, text);
}

async function ofCredential(store: StoreReader, credential: string): Promise<Subject> {
  const [owner] = await store.rows('SELECT identity_id FROM credential_identities WHERE credential_id = $credential', {
    credential,
  });
  return owner === undefined ? { credentials: [credential] } : { identity: String(owner.identity_id), credentials: [credential] };
}

async function ofIdentity(store: StoreReader, identity: string): Promise<Subject> {
  const held = await store.rows(
    `SELECT credential_id FROM credentials WHERE identity_id = $identity
     UNION
     SELECT credential_id FROM credential_identities WHERE identity_id = $identity
     ORDER BY 1`,
    { identity },
  );
  return { identity, credentials: held.map((row) => String(row.credential_id)) };
}

function several(text: string, ids: readonly string[]): ConfigError {
  const shown = ids.slice(0, 8).join('\n    ');
  return new ConfigError(`"${text}" is ${ids.length} things in this run`, {
    code: 'TRACE_AMBIGUOUS',
    hint: `Name one of them:\n    ${shown}${ids.length > 8 ? `\n    … and ${ids.length - 8} more` : ''}`,
  });
}

async function unknown(store: StoreReader, text: string): Promise<ConfigError> {
  const names = await store.rows(
    `SELECT identity_id AS name FROM identities UNION SELECT name FROM identities UNION SELECT public_id FROM credentials WHERE public_id IS NOT NULL`,
  );
  const meant = nearest(
    text,
    names.map((row) => String(row.name)),
  );
  // What was typed may be a secret pasted by mistake: it is not repeated.
  return new ConfigError('Nothing in this run has that id, name or fingerprint', {
    code: 'TRACE_UNKNOWN',
    hint: meant === undefined ? 'nhi-audit identities --store FILE lists what there is.' : `Did you mean "${meant}"?`,
  });
}
