import type { Location, Observation } from '../../src/contracts/index.ts';
import { environmentOf } from '../../src/util/environment.ts';
import type { Answers, Placed } from './answers.ts';
import { amountsOfClient, isActive } from './rights.ts';
import type { App } from './schema.ts';
import { type Telling, unusedSince } from './telling.ts';

const CLIENT_CREDENTIALS = 'client_credentials';

export function* appRows(answers: Answers, { world, at }: Telling): Generator<Observation> {
  for (const placed of answers.apps.values()) {
    const { one: app } = placed;
    const scope = world.hostOf(placed);
    const environment = environmentOf(app.label, scope);
    const used = world.lastUse(`app/${app.clientId}`);
    const noted = /\b(?:owner|contact|team)\s*[:=]\s*(?<owner>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)/i.exec(app.notes ?? '')?.groups
      ?.owner;
    const creator = world.creatorOf(app.id) ?? world.creatorOf(app.clientId);
    const owner = noted ?? creator;
    yield {
      kind: 'identity',
      id: world.idOf(`app/${app.clientId}`, placed),
      provider: 'okta',
      type: 'app',
      name: app.label,
      ...(scope === undefined ? {} : { scope }),
      ...(environment === undefined ? {} : { environment }),
      ...(app.created === undefined ? {} : { createdAt: app.created }),
      ...(used === undefined ? {} : { lastUsedAt: used.at }),
      ...(app.status === undefined ? {} : { enabled: app.status === 'ACTIVE' }),
      ...(owner === undefined ? {} : { owner, ownerBasis: noted === undefined ? 'creator' : 'description' }),
      // Okta's own console and dashboard are apps of each organisation.
      ...(/^(?:saasure|okta_|okta-)/.test(app.name ?? '') ? { managed: true } : {}),
      human: false,
      at: { ...at, pointer: placed.pointer },
      detail: { ...appDetail(app), ...unusedSince(world, `app/${app.clientId}`) },
    };
  }
  for (const placed of answers.apiServices.values()) {
    const { one: service, pointer } = placed;
    const scope = world.hostOf(placed);
    const id = world.idOf(`api-service/${service.id}`, placed);
    const used = world.lastUse(`api-service/${service.id}`);
    const creator = emailLike(world.user(service.createdBy)?.email) ?? service.createdBy;
    const here = { ...at, pointer };
    yield {
      kind: 'identity',
      id,
      provider: 'okta',
      type: 'api-service',
      name: service.name ?? service.type ?? service.id,
      ...(scope === undefined ? {} : { scope }),
      ...(service.createdAt === undefined ? {} : { createdAt: service.createdAt }),
      ...(used === undefined ? {} : { lastUsedAt: used.at }),
      ...(creator === undefined ? {} : { owner: creator, ownerBasis: 'creator' }),
      human: false,
      at: here,
      detail: {
        thirdParty: true,
        ...(service.type === undefined ? {} : { service: service.type }),
        ...unusedSince(world, `api-service/${service.id}`),
      },
    };
    for (const permission of service.grantedScopes) {
      yield {
        kind: 'grant',
        identity: id,
        effect: 'allow',
        permission,
        resource: '*',
        via: 'integration',
        viaKind: 'consent',
        at: here,
      };
    }
    // What roles Okta gives an integration is not told.
    yield* amountRows(id, amountsOfClient(service.grantedScopes, undefined), here);
  }
}

function appDetail(app: App): { readonly [name: string]: string | boolean | readonly string[] } {
  return {
    app: app.id,
    service: app.grantTypes.includes(CLIENT_CREDENTIALS),
    grantTypes: app.grantTypes,
    ...(app.authMethod === undefined ? {} : { authMethod: app.authMethod }),
    ...(app.autoKeyRotation === undefined ? {} : { autoKeyRotation: app.autoKeyRotation }),
    ...(app.applicationType === undefined ? {} : { applicationType: app.applicationType }),
    ...(app.jwksUri === undefined ? {} : { jwksUri: app.jwksUri }),
    ...(app.dpop === undefined ? {} : { dpop: app.dpop }),
    ...(app.name === undefined ? {} : { template: app.name }),
  };
}

/** Scopes and roles of clients, and what both together amount to. */
export function* grantRows(answers: Answers, { world, at }: Telling): Generator<Observation> {
  const scopes = new Map<string, string[]>();
  const where = new Map<string, Placed<unknown>>();
  for (const placed of answers.grants.values()) {
    const { one: grant, of, pointer } = placed;
    if (grant.status !== undefined && grant.status !== 'ACTIVE') continue;
    const client = world.clientOf(of);
    const isOfUser = grant.userId !== undefined && grant.source === 'END_USER';
    where.set(client, placed);
    if (!isOfUser) scopes.set(client, [...(scopes.get(client) ?? []), grant.scopeId]);
    yield {
      kind: 'grant',
      identity: world.idOf(`app/${client}`, placed),
      effect: 'allow',
      permission: grant.scopeId,
      resource: isOfUser ? `user/${grant.userId}` : '*',
      via: grant.source ?? 'consent',
      viaKind: 'consent',
      at: { ...at, pointer },
    };
  }
  for (const placed of answers.roles.values()) {
    const { one: role, of, pointer } = placed;
    if (of.kind === 'user' || of.kind === 'group' || !isActive(role)) continue;
    const client = world.clientOf(of);
    yield {
      kind: 'grant',
      identity: world.idOf(`app/${client}`, placed),
      effect: 'allow',
      permission: role.type,
      resource: role['resource-set'] ?? '*',
      via: role.label ?? role.type,
      viaKind: 'role',
      at: { ...at, pointer },
    };
  }
  for (const [client, granted] of scopes) {
    const placed = where.get(client);
    if (placed === undefined) continue;
    const roles = world.rolesOf('client', client)?.map((role) => role.one);
    yield* amountRows(world.idOf(`app/${client}`, placed), amountsOfClient(granted, roles), { ...at, pointer: placed.pointer });
  }
}

function* amountRows(identity: string, amounts: ReturnType<typeof amountsOfClient>, at: Location): Generator<Observation> {
  for (const { capability, by, confidence } of amounts) {
    yield {
      kind: 'grant',
      identity,
      effect: 'allow',
      permission: by,
      resource: '*',
      capability,
      confidence,
      at,
      detail: { path: `${by} of Okta` },
    };
  }
}

function emailLike(text: string | undefined): string | undefined {
  return text?.includes('@') === true ? text.toLowerCase() : undefined;
}
