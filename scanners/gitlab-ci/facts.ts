import type { CiFact, CiJob, CiStep, CiUpload, CiVariable } from '../../src/ci/model.ts';
import { splitPipelines } from '../../src/ci/script.ts';
import { placeOf } from '../../src/ci/script-facts.ts';
import { variablesIn } from '../../src/ci/shell.ts';
import { identityId, type SourceFile } from '../../src/contracts/index.ts';
import {
  type Entry,
  entriesOf,
  get,
  itemsOf,
  type Mapping,
  type Scalar,
  type Tree,
  textOf,
  textsOf,
} from '../../src/formats/tree.ts';
import { readIncludes } from './included.ts';
import { lookUp, type Sources } from './merge.ts';
import type { Rules } from './rules.ts';

export interface Environment {
  readonly name: string | undefined;
  readonly isDynamic: boolean;
  readonly tier: string | undefined;
  /** As written, with its variables. */
  readonly written: string | undefined;
  readonly tree: Tree | undefined;
}

interface JobContext {
  readonly environment: Environment;
  readonly rules: Rules;
  readonly globals: readonly CiVariable[];
  readonly file: SourceFile;
  readonly sources: Sources;
  readonly steps: readonly CiStep[];
}

/** What a job does with its identities beside using secrets. */
export function jobFacts(tree: Mapping, tokens: readonly Entry[], context: JobContext): CiFact[] {
  return [
    ...oidcTokens(tokens, context),
    ...debugFacts(get(tree, 'variables')),
    ...untracked(get(tree, 'artifacts')),
    ...forwarded(get(tree, 'trigger')),
    ...chosenEnvironment(tree, context),
    ...jobTokenFacts(context),
  ];
}

/** Each token that a job asks for, with the subjects it may have. https://docs.gitlab.com/ci/secrets/id_token_authentication/ */
function oidcTokens(tokens: readonly Entry[], { rules, file, environment }: JobContext): CiFact[] {
  const project = file.at.repository;
  const refs = rules.branches.length > 0 ? rules.branches.map((branch) => `branch:ref:${branch}`) : ['branch:ref:*'];
  if (rules.triggers.includes('tag')) refs.push('tag:ref:*');
  return tokens.flatMap(({ key, value }) => {
    const audiences = textsOf(get(value, 'aud'));
    return refs.slice(0, 10).map(
      (ref): CiFact => ({
        fact: 'oidc-subject',
        place: value,
        identity: identityId('gitlab', project, `oidc/project_path:${project ?? '*'}:ref_type:${ref}`),
        how: 'oidc',
        detail: {
          token: key,
          audiences,
          subject: `project_path:${project ?? '*'}:ref_type:${ref}`,
          environmentNamed: environment.name !== undefined,
        },
      }),
    );
  });
}

/** `CI_DEBUG_TRACE` prints every variable, masked or not; `CI_DEBUG_SERVICES` what services print. */
function debugFacts(variables: Tree | undefined): CiFact[] {
  return entriesOf(variables).flatMap(({ key, value }): CiFact[] => {
    const text = textOf(value) ?? textOf(get(value, 'value'));
    if (!/^CI_DEBUG_(?:TRACE|SERVICES)$/.test(key) || !/^(?:true|1)$/i.test(text ?? '')) return [];
    return [{ fact: 'debug-trace', place: value, secretName: '*', detail: { variable: key } }];
  });
}

/** What a job keeps for whoever sees the pipeline. https://docs.gitlab.com/ci/yaml/#artifacts */
export function uploadsOf(tree: Mapping): CiUpload[] {
  const artifacts = get(tree, 'artifacts');
  const paths = get(artifacts, 'paths');
  const dotenv = get(get(artifacts, 'reports'), 'dotenv');
  const caches = get(tree, 'cache');
  return [
    ...(paths === undefined ? [] : [{ target: 'artifact' as const, paths: textsOf(paths).slice(0, 100), place: paths }]),
    ...(dotenv === undefined ? [] : [{ target: 'artifact' as const, paths: textsOf(dotenv), place: dotenv }]),
    ...(caches?.type === 'list' ? itemsOf(caches) : caches === undefined ? [] : [caches]).flatMap((cache) => {
      const cached = get(cache, 'paths');
      return cached === undefined ? [] : [{ target: 'cache' as const, paths: textsOf(cached).slice(0, 100), place: cached }];
    }),
  ];
}

/** Everything that git does not know: also what a step wrote its logins to. */
function untracked(artifacts: Tree | undefined): CiFact[] {
  const tree = get(artifacts, 'untracked');
  if (tree === undefined || textOf(tree) !== 'true') return [];
  return [{ fact: 'untracked-artifact', place: tree, secretName: '*' }];
}

function forwarded(trigger: Tree | undefined): CiFact[] {
  const variables = get(get(trigger, 'forward'), 'pipeline_variables');
  if (variables === undefined || textOf(variables) !== 'true') return [];
  const project = textOf(get(trigger, 'project'));
  return [
    { fact: 'variables-forwarded', place: variables, secretName: '*', detail: { ...(project === undefined ? {} : { project }) } },
  ];
}

/** An environment whose name a variable of the pipeline tells: who starts it chooses. */
function chosenEnvironment(job: Mapping, { environment, sources }: JobContext): CiFact[] {
  const { written, tree, isDynamic } = environment;
  if (!isDynamic || written === undefined || tree === undefined) return [];
  const top = get(sources.own, 'variables') ?? lookUp('variables', sources, tree);
  const matrix = itemsOf(get(get(job, 'parallel'), 'matrix')).flatMap((row) => entriesOf(row).map(({ key }) => key));
  const free = variablesIn(written)
    .map(({ name }) => name)
    .filter((name) => !/^(?:CI|GITLAB)_/.test(name) && get(top, name)?.type !== 'scalar' && !matrix.includes(name));
  if (free.length === 0) return [];
  return [{ fact: 'environment-chosen-at-start', place: tree, secretName: '*', detail: { variables: free } }];
}

const OWN_HOST =
  /\$\{?CI_(?:SERVER|API|PROJECT|REGISTRY|REPOSITORY|PAGES|DEPENDENCY|JOB|PIPELINE|TEMPLATE)\w*|\$\{?GITLAB\w*|^[^/]*gitlab|^[^/$]*git\./i;

/** The job token, sent to somebody else or used to write to another project. */
function jobTokenFacts({ steps, sources }: JobContext): CiFact[] {
  const facts: CiFact[] = [];
  for (const scalar of steps.flatMap((step) => step.scripts)) {
    if (!scalar.value.includes('CI_JOB_TOKEN')) continue;
    for (const stages of splitPipelines(scalar.value)) {
      const command = stages.join('|');
      if (!command.includes('CI_JOB_TOKEN')) continue;
      const abroad = hostsOf(command).find((host) => !OWN_HOST.test(host));
      if (abroad !== undefined && /^\s*(?:curl|wget|http|https|Invoke-\w+|git)\b/.test(command))
        facts.push(fact('job-token-abroad', scalar, command, sources, { host: abroad }));
      else if (
        /\bgit\s+(?:push|remote\s+(?:add|set-url))\b/.test(command) &&
        !/CI_(?:PROJECT_PATH|REPOSITORY_URL|PROJECT_URL)/.test(command)
      ) {
        if (
          /\bgit\s+push\b/.test(scalar.value) ||
          steps.some((step) => step.scripts.some(({ value }) => /\bgit\s+push\b/.test(value)))
        ) {
          facts.push(fact('job-token-push', scalar, command, sources, {}));
        }
      }
    }
  }
  return facts;
}

function fact(
  name: string,
  scalar: Scalar,
  command: string,
  { text }: Sources,
  detail: { readonly [key: string]: string },
): CiFact {
  return { fact: name, place: placeOf(text, scalar, command.trim()), secretName: 'CI_JOB_TOKEN', how: 'token', detail };
}

function hostsOf(command: string): string[] {
  return [...command.matchAll(/https?:\/\/(?:[^\s@/"']{0,200}@)?(?<host>[^\s/"']{1,200})/g)].map(
    (match) => match.groups?.host ?? '',
  );
}

/** What the file as a whole lets in, and what it prints of all jobs. */
export function fileFacts(own: Mapping, jobs: readonly CiJob[], file: SourceFile): CiFact[] {
  const group = file.at.repository?.split('/', 1)[0]?.toLowerCase();
  const facts = readIncludes(get(own, 'include')).flatMap(({ kind, what, ref, pinned, tree }): CiFact[] => {
    if (pinned || kind === 'template' || kind === 'local') return [];
    const isOwn =
      group !== undefined &&
      (kind === 'project' || kind === 'component') &&
      what
        .replace(/^\$\{?CI_SERVER_(?:FQDN|HOST)\}?\//, '')
        .toLowerCase()
        .startsWith(`${group}/`);
    const isVersion = /^v?\d+\.\d+\.\d+/.test(ref ?? '');
    // A release of a component in the catalog is kept as it is.
    if (kind === 'component' && isVersion) return [];
    return [
      {
        fact: 'unpinned-include',
        place: tree,
        secretName: '*',
        detail: {
          kind,
          what: what.slice(0, 300),
          ...(ref === undefined ? {} : { ref }),
          version: isVersion,
          own: isOwn,
          jobs: jobs.length,
        },
      },
    ];
  });
  return [...facts, ...debugFacts(get(own, 'variables'))];
}
