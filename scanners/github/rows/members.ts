import { identityId, type Observation } from '../../../src/contracts/index.ts';
import { type Place, scopeOf } from '../place.ts';
import type { Member } from '../schema.ts';

/** Who is in the organisation: a key that somebody added outlives their membership. */
export function* memberRows(member: Member, place: Place): Generator<Observation> {
  const scope = scopeOf({ ...(place.org === undefined ? {} : { org: place.org }) });
  yield {
    kind: 'identity',
    id: identityId('github', scope, `member/${member.login.toLowerCase()}`),
    provider: 'github',
    type: 'member',
    name: member.login,
    ...(scope === undefined ? {} : { scope }),
    human: !member.isBot,
    at: place.at,
    detail: { outside: place.endpoint.id === 'outside-collaborators' },
  };
}
