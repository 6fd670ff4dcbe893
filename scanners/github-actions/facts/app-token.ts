import { entriesOf, get, type Tree, textOf } from '../../../src/formats/tree.ts';
import { findExpressions } from '../expression.ts';
import type { Step } from '../workflow.ts';
import { anyInput, type Fact, givenTo, inputOf, isMadeSecret, type JobView, nameOf } from './view.ts';

/** Actions that make an installation token of a GitHub App. */
const MINTERS = new Set([
  'actions/create-github-app-token',
  'tibdex/github-app-token',
  'getsentry/action-github-app-token',
  'peter-murray/workflow-application-token-action',
  'wow-actions/use-app-token',
  'navikt/github-app-token-generator',
]);

const KEY_INPUTS = ['private-key', 'private_key', 'application_private_key', 'app_private_key'];
const ID_INPUTS = ['app-id', 'app_id', 'application_id', 'client-id', 'client_id'];

export interface AppToken extends Fact {
  /** The number, or the name of the variable or secret that holds it: `vars.RELEASE_APP_ID`. */
  readonly app: string;
  readonly permissions: readonly string[];
}

/** Tokens of Apps that the job makes, and how far they reach. https://github.com/actions/create-github-app-token#inputs */
export function* appTokenFacts(view: JobView): Generator<AppToken> {
  for (const step of view.job.steps) {
    if (!isMinter(step)) continue;
    const key = givenTo(view, step).find((given) => KEY_INPUTS.includes(given.key) && isMadeSecret(given.use));
    const owner = inputOf(step, 'owner');
    const repositories = anyInput(step, ['repositories', 'repository', 'repo'])?.text;
    const permissions = permissionsOf(step);
    yield {
      fact: 'app-token',
      app: appName(anyInput(step, ID_INPUTS)?.text, [step.env, view.job.env, view.workflow.env]),
      permissions,
      ...(key === undefined ? {} : { secretName: key.use.name }),
      how: 'token',
      offset: step.tree.start,
      pointer: step.tree.pointer,
      detail: {
        step: nameOf(step),
        uses: step.uses?.uses ?? '',
        // Only this action can narrow by inputs of their own; others take a JSON text.
        canLimit: step.uses?.action === 'actions/create-github-app-token' || step.uses?.action === 'tibdex/github-app-token',
        tokenPermissions: permissions,
        limited: permissions.length > 0,
        allRepositories: owner !== undefined && repositories === undefined,
        kept:
          inputOf(step, 'skip-token-revoke') === 'true' ||
          inputOf(step, 'skip_token_revoke') === 'true' ||
          inputOf(step, 'revoke') === 'false',
      },
    };
  }
}

function isMinter(step: Step): boolean {
  return step.uses?.action !== undefined && MINTERS.has(step.uses.action);
}

function permissionsOf(step: Step): string[] {
  const named = entriesOf(step.with).flatMap(({ key, value }) => {
    const scope = /^permission-(?<scope>[\w-]+)$/.exec(key)?.groups?.scope;
    const access = textOf(value);
    return scope === undefined || access === undefined || access === '' ? [] : [`${scope}:${access}`];
  });
  const text = textOf(get(step.with, 'permissions')) ?? '';
  return [
    ...named,
    ...[...text.matchAll(/"?(?<scope>[a-z_]+)"?\s*:\s*"?(?<access>read|write|admin)\b/g)].map(
      (match) => `${match.groups?.scope}:${match.groups?.access}`,
    ),
  ];
}

/** Ids of Apps are public, but people keep them as secrets: then their name has to do. */
function appName(text: string | undefined, environments: readonly (Tree | undefined)[]): string {
  if (text === undefined) return 'unknown';
  const [expression] = findExpressions(text);
  if (expression === undefined) return /^[\w.-]{1,60}$/.test(text) ? text : 'unknown';
  const name = /^\s*(?<name>(?:vars|secrets|inputs|env)\.[\w-]+)\s*$/.exec(expression.body)?.groups?.name ?? 'unknown';
  if (!name.startsWith('env.')) return name;
  // A variable of the workflow stands for what it is set to.
  const variable = name.slice('env.'.length);
  const values = environments.flatMap((environment) => textOf(get(environment, variable)) ?? []);
  return values[0] === undefined ? name : appName(values[0], []);
}
