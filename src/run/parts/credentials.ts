import type { CredentialView, Finding, Severity } from '../../contracts/index.ts';
import { SEVERITIES } from '../../contracts/index.ts';
import type { StoreReader } from '../../store/reader.ts';
import { present } from './present.ts';

/**
 * What inventories and code declare, and what was only seen. Age is that of the newest secret: from its rotation, else from
 * when it was made. What a certificate or token seen in a place tells of itself no inventory need repeat.
 */
const CREDENTIALS = `
WITH seen AS (
  SELECT credential_id, count(*) AS sightings, min(provider) AS provider, min(type) AS type, max(public_id) AS public_id,
    CASE WHEN count(DISTINCT fingerprint) = 1 THEN min(fingerprint) END AS fingerprint
  FROM sightings
  GROUP BY credential_id
)
SELECT
  credential_id AS id,
  coalesce(c.identity_id, w.identity_id) AS identity,
  coalesce(c.provider, s.provider) AS provider,
  coalesce(c.type, s.type) AS type,
  coalesce(c.public_id, s.public_id) AS public_id,
  coalesce(c.fingerprint, s.fingerprint) AS fingerprint,
  c.created_at, c.last_used_at, c.rotated_at, c.expires_at, c.never_expires,
  CASE WHEN c.expires_at <= run_now() AND coalesce(c.status, 'active') = 'active' THEN 'expired' ELSE c.status END AS status,
  CASE WHEN coalesce(c.rotated_at, c.created_at) IS NOT NULL THEN greatest(0, days_since(coalesce(c.rotated_at, c.created_at))) END AS age_days,
  coalesce(s.sightings, 0) AS sightings,
  coalesce(c.in_inventory, false) AS in_inventory
FROM credentials AS c
FULL JOIN seen AS s USING (credential_id)
LEFT JOIN credential_identities AS w USING (credential_id)
ORDER BY id`;

export async function readCredentials(
  store: StoreReader,
  { findings }: { readonly findings: readonly Finding[] },
): Promise<readonly CredentialView[]> {
  const wrong = openByCredential(findings);
  return (await store.rows(CREDENTIALS)).map((row) => {
    const open = wrong.get(String(row.id));
    return present<CredentialView>({
      id: row.id,
      identity: row.identity,
      provider: row.provider,
      type: row.type,
      publicId: row.public_id,
      fingerprint: row.fingerprint,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      rotatedAt: row.rotated_at,
      expiresAt: row.expires_at,
      neverExpires: row.never_expires,
      status: row.status,
      ageDays: row.age_days,
      sightings: row.sightings,
      inInventory: row.in_inventory,
      findings: open?.findings ?? 0,
      worst: open?.worst,
    });
  });
}

function openByCredential(findings: readonly Finding[]): ReadonlyMap<string, { findings: number; worst: Severity }> {
  const found = new Map<string, { findings: number; worst: Severity }>();
  for (const { credential, status, severity } of findings) {
    if (credential === undefined || (status !== 'new' && status !== 'open')) continue;
    const known = found.get(credential);
    if (known === undefined) found.set(credential, { findings: 1, worst: severity });
    else {
      known.findings += 1;
      if (SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(known.worst)) known.worst = severity;
    }
  }
  return found;
}
