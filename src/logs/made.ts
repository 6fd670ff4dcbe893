import type { CredentialObservation, Location, Observation } from '../contracts/index.ts';

/** Users, roles and keys that a log tells the making of: few, whatever the size of the log. */
export function* madeRows(
  rows: readonly { readonly [column: string]: unknown }[],
  at: Location,
  format: string,
): Generator<Observation> {
  const newest = new Map<string, { readonly [column: string]: unknown }>();
  const key = (row: { readonly [column: string]: unknown }) => String(row.credential_id ?? row.identity_id);
  for (const row of rows) {
    if (row.identity_id === null && row.credential_id === null) continue;
    const known = newest.get(key(row));
    if (known === undefined || timeOf(row) >= timeOf(known)) newest.set(key(row), row);
  }
  for (const row of newest.values()) {
    const here = { ...at, ...(typeof row.record_id === 'string' ? { pointer: row.record_id } : {}) };
    const detail = { source: format, ...(typeof row.made_by === 'string' ? { createdBy: row.made_by } : {}) };
    if (typeof row.credential_id === 'string') yield* keyRow(row.credential_id, row, here, detail);
    else if (typeof row.identity_id === 'string' && row.gone !== true) yield identityRow(row.identity_id, row, here, detail);
  }
}

function* keyRow(
  id: string,
  row: { readonly [column: string]: unknown },
  at: Location,
  detail: { readonly [name: string]: string },
): Generator<Observation> {
  const { provider, type, publicId } = partsOf(id);
  yield {
    kind: 'credential',
    id,
    ...(typeof row.identity_id === 'string' ? { identity: row.identity_id } : {}),
    provider,
    type,
    publicId,
    neverExpires: true,
    ...(row.gone === true ? { status: 'revoked' } : { createdAt: isoOf(row) }),
    at,
    detail,
  };
}

function identityRow(
  id: string,
  row: { readonly [column: string]: unknown },
  at: Location,
  detail: { readonly [name: string]: string },
): Observation {
  const [provider = '', scope = '', ...local] = id.split(':');
  const name = local.join(':');
  const slash = name.indexOf('/');
  return {
    kind: 'identity',
    id,
    provider,
    type: name.slice(0, slash),
    name: name.slice(slash + 1),
    ...(scope === '-' ? {} : { scope }),
    createdAt: isoOf(row),
    ...(typeof row.person === 'string' ? { owner: row.person, ownerBasis: 'creator' } : {}),
    at,
    detail,
  };
}

/** A key that was used. What it says of itself is in its id. */
export function usedKey(
  id: string,
  identity: string,
  more: Pick<CredentialObservation, 'lastUsedAt' | 'lastUsedFor' | 'at' | 'detail'>,
): CredentialObservation {
  const { provider, type, publicId } = partsOf(id);
  // Temporary keys are not kept one by one: one that is never expires.
  return {
    kind: 'credential',
    id,
    identity,
    provider,
    type,
    publicId,
    ...(provider === 'aws' ? { neverExpires: true } : {}),
    ...more,
  };
}

function partsOf(id: string): { readonly provider: string; readonly type: string; readonly publicId: string } {
  const colon = id.indexOf(':');
  const slash = id.indexOf('/', colon);
  return { provider: id.slice(0, colon), type: id.slice(colon + 1, slash), publicId: id.slice(slash + 1) };
}

function timeOf(row: { readonly [column: string]: unknown }): number {
  return row.made_at instanceof Date ? row.made_at.getTime() : 0;
}

function isoOf(row: { readonly [column: string]: unknown }): string {
  return new Date(timeOf(row)).toISOString();
}
