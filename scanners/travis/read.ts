import { assignmentsOf, ciJob, ciStep, notRead, stringsOf, uniqueNames } from '../../src/ci/build.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import type { CiFact, CiJob, CiReference, CiStep, CiVariable, Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { get, itemsOf, type Mapping, type Scalar, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { deployReferences } from './deploy.ts';

/** What a Travis CI configuration holds. */
export async function* scanTravis(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  yield* scanPipeline(file, context, { read, blank: blankCiphertext });
}

/** `secure:` is encrypted with the repository's key: no secret as it stands. https://docs.travis-ci.com/user/encryption-keys/ */
function blankCiphertext(text: string): string {
  return text.replace(
    /(\bsecure["']?\s*:\s*)(["']?)([A-Za-z0-9+/=\s\\]{60,})(["']|$)/gm,
    (_, key: string, quote: string, cipher: string, end: string) => key + quote + cipher.replace(/[^\r\n]/g, ' ') + end,
  );
}

const PREDEFINED = /^(?:TRAVIS|CI|CONTINUOUS_INTEGRATION|HAS_JOSH_K_SEAL_OF_APPROVAL|TRAVIS_\w+)$|^TRAVIS_/;
const PHASES = [
  'before_install',
  'install',
  'before_script',
  'script',
  'before_cache',
  'after_success',
  'after_failure',
  'before_deploy',
  'after_deploy',
  'after_script',
] as const;

function read({ documents, file }: PipelineText): Pipeline | string {
  const root = documents[0];
  if (root?.type !== 'mapping') return 'it holds nothing: not a configuration of Travis CI';
  const unique = uniqueNames();
  const env = readEnv(get(root, 'env'));
  const included = itemsOf(get(get(root, 'jobs') ?? get(root, 'matrix'), 'include'));
  const jobs: CiJob[] = [readJob(unique('build'), root, undefined, env)];
  let stage = '';
  for (const [index, item] of included.entries()) {
    if (item.type !== 'mapping') continue;
    stage = textOf(get(item, 'stage')) ?? stage;
    const own = readEnv(get(item, 'env'));
    // A row that only chooses a version does what the build does.
    if (
      !item.entries.some(({ key }) => key === 'deploy' || (PHASES as readonly string[]).includes(key)) &&
      own.variables.length + own.references.length === 0
    )
      continue;
    const name = textOf(get(item, 'name')) ?? (stage === '' ? `include[${index}]` : stage);
    jobs.push(
      readJob(unique(name), item, root, {
        variables: [...env.variables, ...own.variables],
        references: [...env.references, ...own.references],
      }),
    );
  }
  return {
    platform: 'travis',
    provider: 'travis',
    jobs,
    facts: [{ fact: 'ci-configuration', place: root, secretName: '*', detail: { system: 'travis', path: file.path } }],
    values: [],
    problems: notRead('imported configurations', imports(get(root, 'import'))),
    unread: 0,
    predefined: PREDEFINED,
  };
}

/** https://docs.travis-ci.com/user/build-config-imports/ */
function imports(tree: Tree | undefined): string[] {
  return (tree?.type === 'list' ? itemsOf(tree) : [tree]).flatMap((each) => textOf(each) ?? textOf(get(each, 'source')) ?? []);
}

interface Env {
  readonly variables: readonly CiVariable[];
  readonly references: readonly CiReference[];
}

/** `env`, with `global`, `jobs` and `matrix` or straight: `A=1 B=2`, mappings, and what is encrypted, name and all. */
function readEnv(tree: Tree | undefined): Env {
  const variables: CiVariable[] = [];
  const references: CiReference[] = [];
  const take = (node: Tree | undefined, depth: number): void => {
    if (node === undefined || depth > 4) return;
    if (node.type === 'scalar') variables.push(...assignmentsOf(node, 'job-env'));
    else if (node.type === 'list') for (const item of node.items) take(item, depth + 1);
    else {
      for (const { key, value } of node.entries) {
        if (key === 'secure' && value.type === 'scalar')
          references.push({ name: value.pointer, place: value, position: 'job-env', detail: { encrypted: true } });
        else if (/^(?:global|jobs|matrix)$/.test(key)) take(value, depth + 1);
        else if (value.type === 'scalar') variables.push({ name: key, value, position: 'job-env' });
        else if (get(value, 'secure') !== undefined)
          references.push({ name: key, place: value, position: 'job-env', variables: [key], detail: { encrypted: true } });
      }
    }
  };
  take(tree, 0);
  return { variables, references };
}

function readJob(id: string, own: Mapping, root: Mapping | undefined, env: Env): CiJob {
  const steps: CiStep[] = [];
  for (const phase of PHASES) {
    const scripts = stringsOf(get(own, phase) ?? get(root, phase)).filter((one) => one.value !== 'skip');
    if (scripts.length > 0) steps.push(ciStep(steps.length, phase, { scripts }));
  }
  const references = [...env.references];
  const facts: CiFact[] = keyFiles(steps);
  const deploy = get(own, 'deploy') ?? get(root, 'deploy');
  const branches: string[] = [];
  for (const provider of deploy?.type === 'list' ? itemsOf(deploy) : deploy?.type === 'mapping' ? [deploy] : []) {
    const name = textOf(get(provider, 'provider')) ?? textOf(provider) ?? 'deploy';
    const scripts = stringsOf(get(provider, 'script'));
    const { references: own, variables } = deployReferences(provider, name);
    const step = ciStep(steps.length, `deploy ${name}`, { at: provider, scripts, inputs: variables });
    steps.push(step);
    references.push(...own.map((one) => ({ ...one, steps: [step] })));
    branches.push(...textsOf(get(get(provider, 'on'), 'branch')));
  }
  references.push(...integrations(own));
  return ciJob({
    id,
    part: own,
    parts: root === undefined ? [] : [...(get(root, 'env') === undefined ? [] : [get(root, 'env') as Tree])],
    names: [textOf(get(own, 'stage')), ...branches],
    triggers: ['push', 'pull_request'],
    steps,
    variables: [...env.variables],
    references,
    facts,
    detail: {
      refsLimited: branches.length > 0,
      deploys: [
        ...(deploy === undefined ? [] : ['deploy']),
        ...deployCommands(steps.flatMap((step) => step.scripts.map(({ value }) => value)).join('\n')),
      ].slice(0, 10),
    },
  });
}

/** Encrypted settings of notifications and add-ons. */
function integrations(own: Mapping): CiReference[] {
  const found: CiReference[] = [];
  const take = (tree: Tree | undefined, depth: number): void => {
    if (tree === undefined || depth > 6) return;
    if (tree.type === 'list') for (const item of tree.items) take(item, depth + 1);
    if (tree.type !== 'mapping') return;
    for (const { key, value } of tree.entries) {
      if (key === 'secure' && value.type === 'scalar')
        found.push({
          name: value.pointer.replace(/\.secure$/, ''),
          place: value,
          position: 'other',
          detail: { encrypted: true },
        });
      else take(value, depth + 1);
    }
  };
  take(get(own, 'notifications'), 0);
  take(get(own, 'addons'), 0);
  return found.slice(0, 100);
}

/** `openssl aes-256-cbc -K $encrypted_…_key -iv …`: a file of the repository, opened with a key that never changes. */
function keyFiles(steps: readonly CiStep[]): CiFact[] {
  const facts: CiFact[] = [];
  for (const scalar of steps.flatMap((step): readonly Scalar[] => step.scripts)) {
    const match =
      /openssl\s+(?:enc\s+)?(?:-\S+\s+)*?-?aes-256-cbc\b[^\n]{0,300}\$\{?(?<key>encrypted_\w+_key)\b[^\n]{0,300}?-in\s+(?<file>\S+)/.exec(
        scalar.value,
      );
    const { key, file } = match?.groups ?? {};
    if (key !== undefined)
      facts.push({
        fact: 'key-file-in-repository',
        place: scalar,
        secretName: key,
        detail: { file: (file ?? '').slice(0, 200) },
      });
  }
  return facts;
}
