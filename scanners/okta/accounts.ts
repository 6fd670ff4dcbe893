import type { Observation } from '../../src/contracts/index.ts';
import { environmentOf } from '../../src/util/environment.ts';
import type { Answers } from './answers.ts';
import type { ServiceAccount } from './schema.ts';
import { emailOf, type Telling, unusedSince } from './telling.ts';

/** https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ServiceAccount/ */
export function* accountRows(answers: Answers, { world, at }: Telling): Generator<Observation> {
  for (const placed of answers.accounts.values()) {
    const { one: account, pointer } = placed;
    const id = world.idOf(`service-account/${account.id}`, placed);
    const name = account.name ?? account.username ?? account.id;
    const scope = world.hostOf(placed);
    const owners = account.ownerUserIds.map((user) => emailOf(world.user(user)) ?? user);
    const owner = owners[0] ?? account.ownerGroupIds[0];
    const environment = environmentOf(name, account.containerInstanceName);
    yield {
      kind: 'identity',
      id,
      provider: 'okta',
      type: 'service-account',
      name,
      ...(scope === undefined ? {} : { scope }),
      ...(environment === undefined ? {} : { environment }),
      ...(account.created === undefined ? {} : { createdAt: account.created }),
      ...(owner === undefined ? {} : { owner, ownerBasis: owners[0] === undefined ? 'owner group' : 'owner user' }),
      human: false,
      at: { ...at, pointer },
      detail: accountDetail(account),
    };
    if (account.oktaUserId === undefined) continue;
    yield {
      kind: 'trust',
      identity: world.idOf(`user/${account.oktaUserId}`, placed),
      effect: 'allow',
      principal: id,
      principalType: 'identity',
      at: { ...at, pointer },
      detail: { fact: 'okta-account', basis: 'the user that it is' },
    };
  }
}

function accountDetail(account: ServiceAccount): { readonly [name: string]: string | readonly string[] } {
  const { username, containerInstanceName, containerGlobalName, status, statusDetail, ownerGroupIds, ownerUserIds, oktaUserId } =
    account;
  return {
    ...(username === undefined ? {} : { username }),
    ...(containerInstanceName === undefined ? {} : { app: containerInstanceName }),
    ...(containerGlobalName === undefined ? {} : { appType: containerGlobalName }),
    ...(status === undefined ? {} : { status }),
    ...(statusDetail === undefined ? {} : { statusDetail }),
    ...(ownerUserIds.length === 0 ? {} : { ownerUserIds }),
    ...(ownerGroupIds.length === 0 ? {} : { ownerGroupIds }),
    ...(oktaUserId === undefined ? {} : { user: oktaUserId }),
  };
}

/** https://developer.okta.com/docs/api/secures-ai/ai-agents */
export function* agentRows(answers: Answers, { world, at }: Telling): Generator<Observation> {
  for (const placed of answers.agents.values()) {
    const { one: agent, pointer } = placed;
    const scope = world.hostOf(placed);
    const used = world.lastUse(`agent/${agent.id}`);
    const id = world.idOf(`agent/${agent.id}`, placed);
    const environment = environmentOf(agent.name);
    yield {
      kind: 'identity',
      id,
      provider: 'okta',
      type: 'agent',
      name: agent.name ?? agent.id,
      ...(scope === undefined ? {} : { scope }),
      ...(environment === undefined ? {} : { environment }),
      ...(agent.created === undefined ? {} : { createdAt: agent.created }),
      ...(used === undefined ? {} : { lastUsedAt: used.at }),
      ...(agent.status === undefined ? {} : { enabled: agent.status === 'ACTIVE' }),
      at: { ...at, pointer },
      detail: {
        ...(agent.status === undefined ? {} : { status: agent.status }),
        ...(agent.appId === undefined ? {} : { app: world.clientOf({ kind: 'app', id: agent.appId }) }),
        ...(agent.description === undefined ? {} : { description: agent.description }),
        ...unusedSince(world, `agent/${agent.id}`),
      },
    };
  }
}
