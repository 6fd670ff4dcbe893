import type { Cloud } from '../../src/ci/cloud-keys.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import { resolve } from '../../src/ci/login.ts';
import type { CiJob, CiReference, CiStep, CiVariable } from '../../src/ci/model.ts';
import { identityId, type SourceFile } from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Mapping, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { type Environment, jobFacts, uploadsOf } from './facts.ts';
import { entriesWithReferences, lookUp, resolveJob, type Sources, scriptsOf } from './merge.ts';
import { readRules } from './rules.ts';
import { variablesOf } from './variables.ts';

/** A job as it runs: with what it extends, the defaults and the variables of the file. */
export function readJob(name: string, own: Mapping, sources: Sources, globals: readonly CiVariable[], file: SourceFile): CiJob {
  const { tree, parts } = resolveJob(name, own, sources);
  const inherits = get(get(tree, 'inherit'), 'variables');
  const kept = textsOf(inherits);
  const global =
    textOf(inherits) === 'false' ? [] : globals.filter((one) => inherits?.type !== 'list' || kept.includes(one.name));
  const jobVariables =
    entriesWithReferences(get(tree, 'variables'), sources).length > 0
      ? variablesOf(mappingOf(tree, 'variables', sources), 'job-env')
      : [];
  const names = new Set(jobVariables.map((one) => one.name));
  const services = itemsOf(withDefault(tree, 'services', sources)).flatMap((service) =>
    variablesOf(get(service, 'variables'), 'container'),
  );
  const variables = [...global.filter((one) => !names.has(one.name)), ...jobVariables, ...services];
  const known = new Map([...global, ...jobVariables].map((one) => [one.name, one.value.value]));

  const scripts = (['before_script', 'script', 'after_script'] as const).map((key) =>
    scriptsOf(key === 'script' ? (get(tree, key) ?? get(tree, 'run')) : withDefault(tree, key, sources), sources),
  );
  const steps: CiStep[] = ['before_script', 'script', 'after_script'].map((key, index) => ({
    index,
    name: key,
    scripts: scripts[index] ?? [],
    variables: [],
    inputs: [],
  }));
  const tokens = entriesOf(withDefault(tree, 'id_tokens', sources));
  const environment = readEnvironment(get(tree, 'environment'), known);
  const rules = readRules(tree, sources);
  const tags = textsOf(withDefault(tree, 'tags', sources));
  const audiences = tokens.flatMap(({ value }) => textsOf(get(value, 'aud')));
  const deploys = deployCommands(steps.flatMap((step) => step.scripts.map(({ value }) => value)).join('\n')).slice(0, 10);
  return {
    id: name,
    part: own,
    parts: [...parts.slice(1), ...globals.map(({ value }) => value)],
    names: [environment.tier, textOf(get(tree, 'stage'))],
    ...(environment.name === undefined ? {} : { declaredEnvironment: environment.name }),
    dynamicEnvironment: environment.isDynamic,
    triggers: rules.triggers,
    runsOn: tags,
    // GitLab's own runners are chosen by tags that begin with `saas-`; others are somebody's.
    selfHosted: tags.some((tag) => !/^(?:saas-|gitlab-org|docker$|\$)/.test(tag)),
    oidcAvailable: tokens.length > 0,
    oidcClouds: [...new Set(audiences.flatMap(cloudOfAudience))],
    steps,
    variables,
    references: secretsOf(tree, sources, file, steps),
    uploads: uploadsOf(tree),
    pushAnyBranch: rules.isPushed,
    given: tokens.map(({ key }) => key),
    components: [],
    logins: [],
    facts: jobFacts(tree, tokens, { environment, rules, globals, file, sources, steps }),
    detail: {
      deploys,
      refsLimited: rules.isLimited,
      mergeRequests: rules.triggers.includes('merge_request_event'),
      manual: rules.isManual,
      ...(tokens.length === 0 ? {} : { audiences }),
    },
  };
}

function mappingOf(tree: Mapping, key: string, sources: Sources): Tree | undefined {
  const found = get(tree, key);
  if (found === undefined || found.type === 'mapping') return found;
  return {
    type: 'mapping',
    entries: entriesWithReferences(found, sources),
    start: found.start,
    end: found.end,
    pointer: found.pointer,
  };
}

/** A job's own, else that of `default`, else the old form at the top of the file. */
export function withDefault(tree: Mapping, key: string, sources: Sources): Tree | undefined {
  const own = get(tree, key);
  if (own !== undefined) return own;
  const inherits = get(get(tree, 'inherit'), 'default');
  if (textOf(inherits) === 'false' || (inherits?.type === 'list' && !textsOf(inherits).includes(key))) return undefined;
  return (
    lookUp('default', sources, tree, [key]) ?? (key === 'tags' || key === 'id_tokens' ? undefined : lookUp(key, sources, tree))
  );
}

function readEnvironment(tree: Tree | undefined, known: ReadonlyMap<string, string>): Environment {
  const name = tree?.type === 'mapping' ? get(tree, 'name') : tree;
  const written = textOf(name);
  const tier = textOf(get(tree, 'deployment_tier'));
  const action = textOf(get(tree, 'action'));
  const none = { name: undefined, isDynamic: false, tier, written: undefined, tree: undefined };
  if (
    written === undefined ||
    written === '' ||
    name === undefined ||
    action === 'prepare' ||
    action === 'verify' ||
    action === 'access'
  )
    return none;
  const { value } = resolve(written, known, false);
  if (value !== undefined) return { name: value, isDynamic: false, tier, written, tree: name };
  // `review/$CI_COMMIT_REF_SLUG`: a folder of environments.
  const folder = /^(?<folder>[\w-]+)\//.exec(written)?.groups?.folder;
  return { name: folder, isDynamic: true, tier, written, tree: name };
}

function cloudOfAudience(audience: string): Cloud[] {
  if (/sts\.amazonaws\.com/.test(audience)) return ['aws'];
  if (/iam\.googleapis\.com/.test(audience)) return ['gcp'];
  return /AzureADTokenExchange/i.test(audience) ? ['azure'] : [];
}

/** `secrets:`: fetched from a vault while the job starts. https://docs.gitlab.com/ci/yaml/#secrets */
function secretsOf(tree: Mapping, sources: Sources, file: SourceFile, steps: readonly CiStep[]): CiReference[] {
  return entriesWithReferences(get(tree, 'secrets'), sources).flatMap(({ key, value }): CiReference[] => {
    const store = entriesOf(value).find((entry) =>
      /^(?:vault|gcp_secret_manager|azure_key_vault|aws_secrets_manager|gitlab_secrets_manager|akeyless)$/.test(entry.key),
    );
    if (store === undefined) return [];
    const path =
      textOf(store.value) ??
      textOf(get(store.value, 'name')) ??
      textOf(get(store.value, 'secret_id')) ??
      vaultPath(store.value) ??
      key;
    const kind = store.key.replaceAll('_', '-');
    return [
      {
        name: key,
        place: value,
        position: 'secrets',
        variables: [key],
        identity: identityId('gitlab', file.at.repository, `${kind}/${path.slice(0, 200)}`),
        type: 'vault-secret',
        detail: {
          store: kind,
          withToken: textOf(get(value, 'token')) !== undefined,
          asFile: textOf(get(value, 'file')) !== 'false',
        },
        steps,
      },
    ];
  });
}

function vaultPath(tree: Tree): string | undefined {
  const path = textOf(get(tree, 'path'));
  const field = textOf(get(tree, 'field'));
  return path === undefined ? undefined : `${path}/${field ?? ''}`;
}
