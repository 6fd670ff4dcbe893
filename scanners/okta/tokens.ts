import { credentialId, type Observation } from '../../src/contracts/index.ts';
import { environmentOf } from '../../src/util/environment.ts';
import type { Answers } from './answers.ts';
import type { ApiToken } from './schema.ts';
import { emailOf, type Telling } from './telling.ts';

/** An API token acts as the user that made it, with all of that user's roles. https://developer.okta.com/docs/guides/create-an-api-token/ */
export function* tokenRows(answers: Answers, { world, at, context }: Telling): Generator<Observation> {
  for (const placed of answers.tokens.values()) {
    const { one: token } = placed;
    const here = { ...at, pointer: placed.pointer };
    const id = world.idOf(`api-token/${token.id}`, placed);
    const scope = world.hostOf(placed);
    const user = world.user(token.userId);
    const owner = emailOf(user) ?? world.creatorOf(token.id) ?? user?.login ?? token.userId;
    const environment = environmentOf(token.name, scope);
    const logged = world.lastUse(`api-token/${token.id}`);
    const used = latest(logged?.at, useByExpiry(token, context.now()));
    const { network } = token;
    const ended = endedWith(user?.status);
    yield {
      kind: 'identity',
      id,
      provider: 'okta',
      type: 'api-token',
      name: token.name ?? token.id,
      ...(scope === undefined ? {} : { scope }),
      ...(environment === undefined ? {} : { environment }),
      ...(token.created === undefined ? {} : { createdAt: token.created }),
      ...(used === undefined ? {} : { lastUsedAt: used }),
      ...(owner === undefined ? {} : { owner, ownerBasis: 'user of the token' }),
      ...(ended === undefined ? {} : { enabled: false }),
      human: false,
      at: here,
      detail: {
        ...(token.userId === undefined ? {} : { user: token.userId }),
        ...(token.clientName === undefined ? {} : { clientName: token.clientName }),
        // Absent in organisations without the feature: then it is accepted from anywhere.
        network: network?.connection ?? 'ANYWHERE',
        ...(network === null || network === undefined || network.include.length === 0 ? {} : { zones: network.include }),
      },
    };
    yield {
      kind: 'credential',
      id: credentialId('okta', 'api-token', token.id),
      identity: id,
      provider: 'okta',
      type: 'token',
      publicId: token.id,
      ...(token.created === undefined ? {} : { createdAt: token.created }),
      ...(used === undefined ? {} : { lastUsedAt: used }),
      ...(logged?.ip === undefined || used !== logged.at ? {} : { lastUsedFor: logged.ip }),
      ...(token.expiresAt === undefined ? {} : { expiresAt: token.expiresAt }),
      status: ended ?? (token.expiresAt !== undefined && token.expiresAt < context.now().toISOString() ? 'expired' : 'active'),
      at: here,
      // Each use moves the end on: it says when an unused token dies, not how long a stolen one lives.
      detail: { rollingEnd: true, ...(token.tokenWindow === undefined ? {} : { window: token.tokenWindow }) },
    };
    if (token.userId === undefined) continue;
    yield {
      kind: 'trust',
      identity: world.idOf(`user/${token.userId}`, placed),
      effect: 'allow',
      principal: id,
      principalType: 'identity',
      at: here,
      detail: { fact: 'okta-token', basis: 'acts as its user' },
    };
  }
}

/**
 * A token is accepted as long as its user is active. Deactivating the user ends it for good, suspending until the user is back.
 * https://developer.okta.com/docs/guides/create-an-api-token/main/
 */
function endedWith(userStatus: string | undefined): 'revoked' | 'inactive' | undefined {
  if (userStatus === 'DEPROVISIONED') return 'revoked';
  return userStatus === 'SUSPENDED' ? 'inactive' : undefined;
}

/** A use sets the end to one window from then, so the end tells the last use; a token never used ends one window after it was made. */
function useByExpiry(token: ApiToken, now: Date): string | undefined {
  const window = durationMs(token.tokenWindow);
  if (window === undefined || token.expiresAt === undefined || token.created === undefined) return undefined;
  const used = Date.parse(token.expiresAt) - window;
  if (used < Date.parse(token.created) + 60_000 || used > now.getTime()) return undefined;
  return new Date(used).toISOString();
}

/** `P30D`, `PT5M`. */
function durationMs(text: string | undefined): number | undefined {
  const parts = /^P(?:(?<d>\d{1,5})D)?(?:T(?:(?<h>\d{1,5})H)?(?:(?<m>\d{1,6})M)?(?:(?<s>\d{1,8})S)?)?$/.exec(text ?? '')?.groups;
  if (parts === undefined) return undefined;
  const { d = 0, h = 0, m = 0, s = 0 } = parts;
  const seconds = Number(d) * 86_400 + Number(h) * 3_600 + Number(m) * 60 + Number(s);
  return seconds === 0 ? undefined : seconds * 1000;
}

function latest(...times: readonly (string | undefined)[]): string | undefined {
  return times
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1);
}
