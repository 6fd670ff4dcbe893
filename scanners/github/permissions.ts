import type { GrantObservation, IdentityId, Location } from '../../src/contracts/index.ts';

/** `contents` → `write`, as apps and fine-grained tokens have them; those of an organisation begin with `organization_`. */
export type Permissions = { readonly [name: string]: string };

type Capability = 'admin' | 'manages-identities' | 'reads-secrets' | 'writes-data' | 'reads-data';

interface Amounts {
  readonly capability: Capability;
  /** Permissions that are needed together. */
  readonly needs: readonly string[];
  /** How, in words. */
  readonly path: string;
}

/**
 * What permissions amount to. https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
 * To write both files and workflows is to be handed every secret that a workflow of the repository gets.
 */
const AMOUNTS: readonly Amounts[] = [
  { capability: 'admin', needs: ['organization_administration:write'], path: 'changes the settings of the organisation' },
  { capability: 'manages-identities', needs: ['members:write'], path: 'adds and removes members and teams' },
  { capability: 'manages-identities', needs: ['administration:write'], path: 'adds deploy keys and collaborators' },
  {
    capability: 'reads-secrets',
    needs: ['contents:write', 'workflows:write'],
    path: 'writes a workflow that is handed the secrets',
  },
  {
    capability: 'reads-secrets',
    needs: ['secret_scanning_alerts:read'],
    path: 'reads the secrets that secret scanning found',
  },
  { capability: 'writes-data', needs: ['contents:write'], path: 'pushes to the repositories' },
  { capability: 'reads-data', needs: ['contents:read'], path: 'reads the repositories' },
];

/** What classic scopes amount to. https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps */
const SCOPE_AMOUNTS: readonly Amounts[] = [
  { capability: 'admin', needs: ['admin:org'], path: 'administers the organisation, as far as its owner may' },
  { capability: 'reads-secrets', needs: ['repo', 'workflow'], path: 'writes a workflow that is handed the secrets' },
  { capability: 'reads-secrets', needs: ['security_events'], path: 'reads the secrets that secret scanning found' },
  { capability: 'writes-data', needs: ['repo'], path: 'pushes to the repositories of its owner' },
  { capability: 'reads-data', needs: ['repo'], path: 'reads the repositories of its owner' },
];

const LEVELS = ['none', 'read', 'write', 'admin'];

interface Held {
  readonly identity: IdentityId;
  readonly resource: string;
  readonly via: string;
  readonly viaKind: string;
  readonly at: Location;
}

/** Plain rows first, then what they amount to, once a capability. */
export function* permissionRows(permissions: Permissions, held: Held): Generator<GrantObservation> {
  for (const [name, level] of Object.entries(permissions).sort(([a], [b]) => (a < b ? -1 : 1)))
    yield { kind: 'grant', ...held, effect: 'allow', permission: `${name}:${level}` };
  const has = (need: string) => {
    const [name = '', level = ''] = need.split(':');
    return LEVELS.indexOf(permissions[name] ?? 'none') >= LEVELS.indexOf(level);
  };
  yield* derived(AMOUNTS, has, held);
}

export function* scopeRows(scopes: readonly string[], held: Held): Generator<GrantObservation> {
  for (const scope of scopes) yield { kind: 'grant', ...held, effect: 'allow', permission: scope };
  yield* derived(SCOPE_AMOUNTS, (need) => scopes.includes(need), held);
}

function* derived(amounts: readonly Amounts[], has: (need: string) => boolean, held: Held): Generator<GrantObservation> {
  const told = new Set<Capability>();
  for (const { capability, needs, path } of amounts) {
    if (told.has(capability) || !needs.every(has)) continue;
    told.add(capability);
    yield {
      kind: 'grant',
      ...held,
      effect: 'allow',
      permission: needs.join(' and '),
      capability,
      confidence: 'high',
      detail: { path },
    };
  }
}
