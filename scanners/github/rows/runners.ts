import { identityId, type Observation } from '../../../src/contracts/index.ts';
import { environmentOf } from '../../../src/util/environment.ts';
import { defined } from '../defined.ts';
import { atOf, type Place, placeInUrl, scopeOf } from '../place.ts';
import type { Runner, RunnerGroup } from '../schema.ts';

/** A machine that runs what workflows say; what one job leaves on it, the next one finds, unless it is ephemeral. */
export function* runnerRows(runner: Runner, place: Place): Generator<Observation> {
  const scope = scopeOf(place);
  const environment = environmentOf(...runner.labels, runner.name);
  yield {
    kind: 'identity',
    id: identityId('github', scope, `runner/${runner.name}`),
    provider: 'github',
    type: 'runner',
    name: runner.name,
    ...(scope === undefined ? {} : { scope }),
    ...(environment === undefined ? {} : { environment }),
    at: atOf(place, `runners/${runner.id}`),
    detail: {
      runnerId: runner.id,
      labels: runner.labels,
      level: place.repository === undefined ? 'organisation' : 'repository',
      ...defined({
        ephemeral: runner.ephemeral,
        groupId: runner.groupId,
        os: runner.os,
        status: runner.status,
        repositoryVisibility: place.visibility,
      }),
    },
  };
}

export function* runnerGroupRows(group: RunnerGroup, place: Place): Generator<Observation> {
  const scope = scopeOf({ ...placeInUrl(group.url), ...defined({ org: place.org }) });
  yield {
    kind: 'identity',
    id: identityId('github', scope, `runner-group/${group.id}`),
    provider: 'github',
    type: 'runner-group',
    name: group.name,
    ...(scope === undefined ? {} : { scope }),
    // A list of machines, and nobody's login.
    managed: true,
    at: atOf(place, `runner-groups/${group.id}`),
    detail: {
      groupId: group.id,
      isDefault: group.isDefault,
      inherited: group.inherited,
      restrictedToWorkflows: group.restrictedToWorkflows,
      ...defined({ visibility: group.visibility, allowsPublic: group.allowsPublic }),
    },
  };
}
