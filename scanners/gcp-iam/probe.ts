import type { LiveCall, Probed, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { probeCalls } from '../../src/live/index.ts';
import { ancestorsOf, openRun, policyOf, type Run } from './ask.ts';
import { CALLS, type CallName, callNames, endpointOf, liveCall } from './calls.ts';
import type { Scope } from './scope.ts';

/** Tries each right with the smallest call there is. */
export async function* probeScope(target: ServiceTarget, context: ScanContext): AsyncGenerator<Probed> {
  const { run, close } = openRun(target, context);
  const names = callNames(run.scope);
  const calls = new Map<LiveCall, CallName>(names.map((name) => [liveCall(name, context.env), name]));
  try {
    yield* probeCalls(run.session, [...calls.keys()], (call) => probeOne(run, calls.get(call) as CallName));
  } finally {
    await close();
  }
}

async function probeOne(run: Run, name: CallName): Promise<unknown> {
  const { scope, context } = run;
  const { service, right, tells } = CALLS[name];
  const http = run.service(service);
  const get = (path: string, query: { readonly [name: string]: string | number } = { pageSize: 1 }) =>
    http.json('GET', path, { query, right, tells });
  const policy = (resource: string) => policyOf(run, name, resource, `v3/${resource}:getIamPolicy`);
  const global = `${scope.name}/locations/global`;
  const account = async () => {
    const { value } = await run
      .service('iam')
      .json('GET', `v1/${scope.name}/serviceAccounts`, { query: { pageSize: 1 }, right: CALLS.accounts.right });
    return (value as { accounts?: { email?: string }[] }).accounts?.[0]?.email;
  };
  const ancestors = async () => (scope.level === 'projects' ? (await ancestorsOf(run, scope.id)).ancestors : [scope.name]);
  const above = async (level: string) => (await ancestors()).find((each) => each.startsWith(level));
  const withOne = async (found: string | undefined, ask: (name: string) => Promise<unknown>) =>
    found === undefined ? undefined : await ask(found);
  switch (name) {
    case 'project':
      return await get(`v3/${scope.name}`, {});
    case 'ancestry':
      return await http.json('POST', `v1/${scope.name}:getAncestry`, { body: {}, right, tells });
    case 'accounts':
      return await get(`v1/${scope.name}/serviceAccounts`);
    case 'keys':
      return await withOne(await account(), (email) =>
        get(`v1/${scope.name}/serviceAccounts/${encodeURIComponent(email)}/keys`, {}),
      );
    case 'accountPolicy':
      return await withOne(await account(), (email) =>
        http.json('POST', `v1/${scope.name}/serviceAccounts/${encodeURIComponent(email)}:getIamPolicy`, {
          body: {},
          right,
          tells,
        }),
      );
    case 'assets':
      return await get(`v1/${scope.name}/assets`, { pageSize: 1, contentType: 'RESOURCE' });
    case 'policies':
      return await get(`v1/${scope.name}:searchAllIamPolicies`);
    case 'projectPolicy':
      return await policy(scope.name);
    case 'folderPolicy':
      return await withOne(await above('folders/'), policy);
    case 'organizationPolicy':
      return await withOne(await above('organizations/'), policy);
    case 'roles':
      return await withOne(scope.level === 'folders' ? undefined : scope.name, (parent) => get(`v1/${parent}/roles`));
    case 'role':
      return await get('v1/roles/viewer', {});
    case 'pools':
      return await (await run.clients()).pools(scope.id);
    case 'providers': {
      const [first] = (await (await run.clients()).pools(scope.id)) as { name?: string }[];
      return await withOne(first?.name, async (pool) => await (await run.clients()).providers(pool));
    }
    case 'denyPolicies':
      return await (await run.clients()).denyPolicies(scope.name);
    case 'denyPolicy': {
      const [first] = await (await run.clients()).denyPolicies(scope.name);
      return await withOne(first?.name, async (policyName) => await (await run.clients()).denyPolicy(policyName));
    }
    case 'boundaries':
      return await withOne(
        await above('organizations/'),
        async (organization) => await (await run.clients()).boundaries(organization),
      );
    case 'boundaryBindings':
      return await (await run.clients()).boundaryBindings(scope.name);
    case 'accountUse':
      return await get(`v1/${global}/activityTypes/serviceAccountLastAuthentication/activities:query`);
    case 'keyUse':
      return await get(`v1/${global}/activityTypes/serviceAccountKeyLastAuthentication/activities:query`);
    case 'accountInsights':
      return await withOne(projectScope(scope), (place) =>
        get(`v1/${place}/locations/global/insightTypes/google.iam.serviceAccount.Insight/insights`),
      );
    case 'policyInsights':
      return await withOne(projectScope(scope), (place) =>
        get(`v1/${place}/locations/global/insightTypes/google.iam.policy.Insight/insights`),
      );
    case 'recommendations':
      return await withOne(projectScope(scope), (place) =>
        get(`v1/${place}/locations/global/recommenders/google.iam.policy.Recommender/recommendations`),
      );
    case 'apiKeys':
      return await get(`v2/${global}/keys`);
    case 'hmacKeys': {
      const storage = /\/storage\/v1\/$/.test(endpointOf('storage', context.env)) ? '' : 'storage/v1/';
      return await withOne(projectScope(scope), (place) => get(`${storage}${place}/hmacKeys`, { maxResults: 1 }));
    }
  }
}

function projectScope(scope: Scope): string | undefined {
  return scope.level === 'projects' ? scope.name : undefined;
}
