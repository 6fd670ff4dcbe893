import type { Observation, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { restingOn } from '../../src/live/index.ts';
import type { Answers } from './answers.ts';
import { askEach, askList, askOptional, openRun, type Run, type Told } from './ask.ts';
import { rowsOf } from './rows.ts';
import { worldOf } from './world.ts';

/** How far back the log is asked: Okta keeps 90 days. */
const LOG_DAYS = 90;

export async function* scanOrganisation(target: ServiceTarget, context: ScanContext): AsyncGenerator<Observation> {
  const run = openRun(target, context);
  const tokens = await askList(run, 'tokens', 'API tokens', '/api/v1/api-tokens', ['identity', 'credential']);
  const filter = 'name eq "oidc_client"';
  const apps = await askList(run, 'apps', 'apps', '/api/v1/apps', ['identity'], { limit: 200, filter });
  const ofApps = await readApps(run, apps);
  const services = await askList(run, 'services', 'API service integrations', '/integrations/api/v1/api-services', [
    'identity',
    'grant',
  ]);
  const ofServices = await readServices(run, services);
  const accounts = [
    await askOptional(run, 'accounts', 'service accounts', '/privileged-access/api/v1/service-accounts'),
    await askOptional(run, 'oktaAccounts', 'Okta service accounts', '/privileged-access/api/v1/okta-service-accounts'),
  ];
  const agents = await askOptional(run, 'agents', 'AI agents', '/workload-principals/api/v1/ai-agents');
  const ofAgents = await readAgents(run, agents);
  const people = await readPeople(run, tokens);
  const custom = await readCustomRoles(run);
  const use = restingOn(await readUse(run), tokens, apps, services, agents);
  const world = worldOf([run.answers], { host: run.host });
  yield* rowsOf(run.answers, { world, at: { pointer: target.name }, context });
  const told = [tokens, apps, ...ofApps, services, ofServices, ...accounts, agents, ofAgents, ...people, ...custom, use];
  for (const one of told) yield run.session.coverage(one);
}

/** Secrets, keys, scopes and roles of each client. */
async function readApps(run: Run, list: Told): Promise<readonly Told[]> {
  const apps = [...run.answers.apps.values()].map(({ one }) => one);
  const withSecret = apps.filter((app) => app.authMethod === undefined || app.authMethod.startsWith('client_secret'));
  const withKey = apps.filter((app) => app.authMethod === 'private_key_jwt');
  const services = apps.filter((app) => app.grantTypes.includes('client_credentials'));
  const idOf = (app: { readonly id: string }) => app.id;
  const pathOf = (rest: string) => (id: string) => `/api/v1/apps/${encodeURIComponent(id)}/${rest}`;
  const told = [
    await askEach(run, 'secrets', 'client secrets', withSecret.map(idOf), ['credential'], pathOf('credentials/secrets')),
    await askEach(run, 'keys', 'client keys', withKey.map(idOf), ['credential'], pathOf('credentials/jwks')),
    await askEach(run, 'grants', 'scope grants', apps.map(idOf), ['grant'], pathOf('grants')),
    await askEach(
      run,
      'clientRoles',
      'roles of clients',
      services.map((app) => app.clientId),
      ['grant'],
      (id) => `/oauth2/v1/clients/${encodeURIComponent(id)}/roles`,
      (id) => run.answers.rolesAsked.add(`client/${id}`),
    ),
  ];
  return told.map((one) => restingOn(one, list));
}

async function readServices(run: Run, list: Told): Promise<Told> {
  const ids = [...run.answers.apiServices.keys()];
  const pathOf = (id: string) => `/integrations/api/v1/api-services/${encodeURIComponent(id)}/credentials/secrets`;
  return restingOn(await askEach(run, 'serviceSecrets', 'secrets of integrations', ids, ['credential'], pathOf), list);
}

async function readAgents(run: Run, list: Told): Promise<Told> {
  const ids = [...run.answers.agents.keys()];
  const pathOf = (id: string) => `/workload-principals/api/v1/ai-agents/${encodeURIComponent(id)}/credentials/jwks`;
  return restingOn(await askEach(run, 'agentKeys', 'keys of AI agents', ids, ['credential'], pathOf), list);
}

/** Who stands behind what was found, and what tokens may do through them. */
async function readPeople(run: Run, tokens: Told): Promise<readonly Told[]> {
  const owners = usersBehind(run.answers);
  const holders = [...new Set([...run.answers.tokens.values()].flatMap(({ one }) => one.userId ?? []))];
  const pathOf = (id: string, rest = '') => `/api/v1/users/${encodeURIComponent(id)}${rest}`;
  const told = [
    await askEach(run, 'users', 'users behind tokens', owners, ['person'], (id) => pathOf(id)),
    await askEach(
      run,
      'userRoles',
      'roles of users behind tokens',
      holders,
      ['grant'],
      (id) => pathOf(id, '/roles'),
      (id) => run.answers.rolesAsked.add(`user/${id}`),
    ),
  ];
  return told.map((one) => restingOn(one, tokens));
}

/** What the roles allow that the organisation made itself, as far as somebody has them. */
async function readCustomRoles(run: Run): Promise<readonly Told[]> {
  const ids = [...new Set([...run.answers.roles.values()].flatMap(({ one }) => one.role ?? []))];
  if (ids.length === 0) return [];
  const pathOf = (id: string) => `/api/v1/iam/roles/${encodeURIComponent(id)}/permissions`;
  return [await askEach(run, 'customRoles', "roles of one's own", ids, ['grant'], pathOf)];
}

/** One question for each token and client: its last event that was let through. Cheaper than the log of 90 days, and as exact. */
async function readUse(run: Run): Promise<Told> {
  const { answers } = run;
  const since = new Date(run.context.now().getTime() - LOG_DAYS * 86_400_000).toISOString();
  const clients = [...answers.apps.values()].map(({ one }) => one).filter((app) => app.grantTypes.includes('client_credentials'));
  const asked: (readonly [subject: string, field: string, id: string])[] = [
    ...[...answers.tokens.keys()].map((id) => [`api-token/${id}`, 'transaction.detail.requestApiTokenId', id] as const),
    ...clients.map(({ clientId }) => [`app/${clientId}`, 'actor.id', clientId] as const),
    ...[...answers.apiServices.keys()].map((id) => [`api-service/${id}`, 'actor.id', id] as const),
    ...[...answers.agents.keys()].map((id) => [`agent/${id}`, 'actor.id', id] as const),
  ];
  const subjects = new Map<string, string>();
  for (const [subject, field, id] of asked) {
    // An attempt that was refused is no use, and may well be the last event of all.
    const isUse = '(outcome.result eq "SUCCESS" or outcome.result eq "ALLOW")';
    if (!/["\\]/.test(id)) subjects.set(`${field} eq "${id}" and ${isUse}`, subject);
  }
  return await askEach(
    run,
    'log',
    'last use',
    [...subjects.keys()],
    ['usage'],
    (filter) => `/api/v1/logs?${new URLSearchParams({ since, sortOrder: 'DESCENDING', limit: '1', filter })}`,
    (filter, events) => {
      // Only an empty answer says that there was none.
      if (events === 0) answers.useAsked.set(subjects.get(filter) ?? '', since);
    },
  );
}

function usersBehind(answers: Answers): string[] {
  const ids = new Set<string>();
  for (const { one } of answers.tokens.values()) if (one.userId !== undefined) ids.add(one.userId);
  for (const { one } of answers.accounts.values()) {
    for (const id of one.ownerUserIds) ids.add(id);
    if (one.oktaUserId !== undefined) ids.add(one.oktaUserId);
  }
  for (const { one } of answers.apiServices.values()) if (one.createdBy !== undefined) ids.add(one.createdBy);
  return [...ids];
}
