import type { LiveCall, Probed, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { probeCalls } from '../../src/live/index.ts';
import { type CallName, callNamed, callsOf, liveCall } from './calls.ts';
import type { Cloud } from './clouds.ts';
import { openRun, type Run } from './connection.ts';
import { itemsOf } from './lists.ts';
import { noSubscription } from './subscriptions.ts';

export async function* probeTenant(target: ServiceTarget, context: ScanContext): AsyncGenerator<Probed> {
  const run = openRun(target, context);
  const all = callsOf(run.cloud).map((call) => ({ call, name: nameOf(call, run.cloud) }));
  for (const at of ['graph', 'arm'] as const) {
    const calls = all.filter(
      ({ name }) => callNamed(name).at === at && (name === 'groupMembers' || !callNamed(name).path.includes('{id}')),
    );
    const session = at === 'graph' ? run.graphSession : run.armSession;
    yield* probeCalls(
      session,
      calls.map(({ call }) => call),
      async (call) => await probeOne(run, nameOf(call, run.cloud)),
    );
  }
}

function nameOf(call: LiveCall, cloud: Cloud): CallName {
  const names: readonly CallName[] = PROBED;
  return names.find((name) => liveCall(name, cloud).tells === call.tells) ?? 'apps';
}

const PROBED: readonly CallName[] = [
  'apps',
  'federated',
  'principals',
  'principalOwners',
  'appOwners',
  'principalAllOwners',
  'appRoles',
  'delegated',
  'directoryRoles',
  'directoryDefinitions',
  'groupMembers',
  'policy',
  'activity',
  'keyActivity',
  'subscriptions',
  'azureDefinitions',
  'azureRoles',
  'managed',
  'vaults',
  'managedFederated',
];

async function probeOne(run: Run, name: CallName): Promise<void> {
  const { at, method, path, query, ask, right, tells } = callNamed(name);
  const options = { right, tells };
  if (at === 'graph') {
    const isList = path !== '/v1.0/policies/defaultAppManagementPolicy' && !path.endsWith('roleDefinitions');
    // Which groups there are takes the same right as who is in them.
    const place = name === 'groupMembers' ? '/v1.0/groups' : path;
    await run.graph.json(method, place, { ...options, query: { ...query, ...(isList ? { $top: '1' } : {}) } });
    return;
  }
  const { value } = await run.arm.json(method, path, {
    ...options,
    query: query ?? {},
    body: { query: ask, options: { $top: 1, resultFormat: 'objectArray' } },
  });
  if (name === 'subscriptions' && itemsOf(value).length === 0) throw noSubscription();
}
