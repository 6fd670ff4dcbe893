import { credentialId, identityId, type Observation } from '../../../src/contracts/index.ts';
import { defined } from '../defined.ts';
import { permissionRows, scopeRows } from '../permissions.ts';
import { atOf, type Place, scopeOf } from '../place.ts';
import type { CredentialAuthorization, PersonalAccessToken } from '../schema-access.ts';

/** Repositories that are named one by one. */
const MOST_NAMES = 50;

/** A fine-grained token, as far as the organisation has let it in. */
export function* personalAccessTokenRows(token: PersonalAccessToken, place: Place): Generator<Observation> {
  const scope = scopeOf({ ...(place.org === undefined ? {} : { org: place.org }) });
  // The id of the token is what the audit log knows; servers before 3.15 tell only that of the grant.
  const local = token.tokenId ?? `grant-${token.grantId}`;
  const identity = identityId('github', scope, `pat/${local}`);
  const at = atOf(place, `personal-access-tokens/${token.grantId}`);
  // Permissions of an organisation are named as apps have them, with or without the word before.
  const organization = Object.fromEntries(
    Object.entries(token.organization).map(([name, level]) => [
      name === 'administration' ? 'organization_administration' : name,
      level,
    ]),
  );
  const permissions = { ...token.repository, ...organization };
  const repositories = place.reach?.get(token.grantId)?.map((name) => name.toLowerCase());
  const facts = defined({ createdAt: token.grantedAt, lastUsedAt: token.lastUsedAt });
  yield {
    kind: 'identity',
    id: identity,
    provider: 'github',
    type: 'pat',
    name: token.name ?? `token ${local}`,
    ...(scope === undefined ? {} : { scope }),
    ...facts,
    enabled: !token.isExpired,
    ...(token.owner === undefined ? {} : { owner: token.owner, ownerBasis: 'token owner' }),
    at,
    detail: {
      fineGrained: true,
      grantId: token.grantId,
      ...defined({
        repositorySelection: token.selection,
        repositories: repositories?.slice(0, MOST_NAMES),
        repositoryCount: repositories?.length,
      }),
      permissions,
    },
  };
  yield {
    kind: 'credential',
    id: credentialId('github', 'personal-access-token', local),
    identity,
    provider: 'github',
    type: 'token',
    publicId: local,
    ...facts,
    ...defined({ expiresAt: token.expiresAt }),
    ...(token.neverExpires && !token.isExpired ? { neverExpires: true } : {}),
    status: token.isExpired ? 'expired' : 'active',
    at,
    // The organisation knows when it let the token in, not when it was made.
    detail: { useIsTold: token.useIsTold, createdAtIs: 'access granted' },
  };
  yield* permissionRows(permissions, {
    identity,
    resource: (repositories?.length === 1 ? repositories[0] : undefined) ?? reachOf(token.selection, scope),
    via: 'grant',
    viaKind: 'token',
    at,
  });
}

/** `harbour/*` for all of an organisation's repositories. */
export function reachOf(selection: string | undefined, scope: string | undefined): string {
  const owner = scope ?? '-';
  if (selection === 'all') return `${owner}/*`;
  return selection === 'none' ? owner : `${owner}/(selected)`;
}

/** Classic tokens, tokens of OAuth apps and SSH keys, as members let them into single sign-on. */
export function* credentialAuthorizationRows(one: CredentialAuthorization, place: Place): Generator<Observation> {
  const scope = scopeOf({ ...(place.org === undefined ? {} : { org: place.org }) });
  const at = atOf(place, `credential-authorizations/${one.id}`);
  const facts = defined({ createdAt: one.authorisedAt, lastUsedAt: one.lastUsedAt });
  const owned = { owner: one.login, ownerBasis: 'token owner' } as const;
  const isKey = /ssh/i.test(one.type);
  const fingerprint = /^SHA256:[A-Za-z0-9+/]{43}=?$/.exec(one.fingerprint ?? '')?.[0].replace(/=$/, '');
  const local = isKey ? `ssh-key/${one.login}/${one.id}` : `token/${one.login}/${one.lastEight ?? one.id}`;
  const identity = identityId('github', scope, local);
  const permissions = { identity, resource: `${scope ?? '-'}/*`, via: one.type, viaKind: 'token', at };
  yield {
    kind: 'identity',
    id: identity,
    provider: 'github',
    type: isKey ? 'ssh-key' : 'token',
    name: one.name ?? `${one.type} of ${one.login}`,
    ...(scope === undefined ? {} : { scope }),
    ...facts,
    ...owned,
    // The key of a person's machine; a token is as often one of a script.
    ...(isKey ? { human: true } : {}),
    at,
    detail: {
      credentialType: one.type,
      authorizationId: one.authorizationId,
      scopes: one.scopes,
      ...defined({ lastEight: one.lastEight }),
    },
  };
  yield {
    kind: 'credential',
    id:
      fingerprint === undefined
        ? credentialId('github', isKey ? 'ssh-key' : 'token', one.id)
        : credentialId('ssh', 'key', fingerprint),
    identity,
    provider: 'github',
    type: isKey ? 'ssh-key' : 'token',
    publicId: fingerprint ?? one.id,
    ...facts,
    ...defined({ expiresAt: one.expiresAt }),
    ...(one.neverExpires ? { neverExpires: true } : {}),
    status: 'active',
    at,
    detail: {
      credentialType: one.type,
      authorizationId: one.authorizationId,
      useIsTold: one.useIsTold,
      createdAtIs: 'authorised',
      ...defined({ lastEight: one.lastEight }),
    },
  };
  if (!isKey) yield* scopeRows(one.scopes, permissions);
}
