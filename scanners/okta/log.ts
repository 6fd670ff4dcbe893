import type { IdentityId, Observation, UsageObservation } from '../../src/contracts/index.ts';
import type { Answers, Placed } from './answers.ts';
import type { LogEvent } from './schema.ts';
import type { Telling } from './telling.ts';
import { isUse } from './world.ts';

/** One row an identity, kind of event and day: the last event, and how many there were. */
export function* usageRows(answers: Answers, { world, at }: Telling): Generator<Observation> {
  const byDay = new Map<string, { last: Placed<LogEvent>; identity: IdentityId; token: string | undefined; count: number }>();
  const met = new Set<string>();
  for (const placed of answers.events) {
    const { one: event } = placed;
    const subject = world.subjectOf(event);
    if (subject === undefined || event.published === undefined || !isUse(event.result)) continue;
    if (event.uuid !== undefined) {
      if (met.has(event.uuid)) continue;
      met.add(event.uuid);
    }
    const key = `${subject} ${event.eventType} ${event.published.slice(0, 10)}`;
    const known = byDay.get(key);
    if (known === undefined)
      byDay.set(key, { last: placed, identity: world.idOf(subject, placed), token: event.token, count: 1 });
    else {
      known.count++;
      if ((known.last.one.published ?? '') < event.published) known.last = placed;
    }
  }
  for (const { last, identity, token, count } of byDay.values()) {
    const { one: event, pointer } = last;
    if (event.published === undefined) continue;
    const target = event.targets[0]?.displayName ?? event.targets[0]?.id;
    yield {
      kind: 'usage',
      identity,
      ...(token === undefined ? {} : { credential: `okta:api-token/${token}` }),
      usedAt: event.published,
      via: 'cloud',
      ...(event.uuid === undefined ? {} : { sessionId: event.uuid }),
      ...(target === undefined ? {} : { target }),
      action: actionOf(event.eventType),
      ...(event.actor?.alternateId === undefined ? {} : { actor: event.actor.alternateId }),
      actorType: identity.includes(':agent/') ? 'agent' : 'api-key',
      ...(event.ip === undefined ? {} : { sourceIp: event.ip }),
      at: { ...at, pointer },
      detail: { eventType: event.eventType, count },
    };
  }
}

/** https://developer.okta.com/docs/reference/api/event-types/ */
function actionOf(eventType: string): NonNullable<UsageObservation['action']> {
  if (/privilege|iam\.|admin/.test(eventType)) return 'privilege';
  if (/^(?:system\.api_token|application\.lifecycle|policy|zone)\./.test(eventType)) return 'admin';
  if (/oauth2\.(?:as\.)?token|session\.start|authentication/.test(eventType)) return 'connect';
  return /create|update|delete|activate|add|remove|reset|unlock|suspend/.test(eventType) ? 'write' : 'unknown';
}
