import { ciJob, ciStep, isDigest, isOthers, notRead, stringsOf, uniqueNames, variablesOf } from '../../src/ci/build.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import { federatedIdentity } from '../../src/ci/login.ts';
import type {
  CiComponent,
  CiFact,
  CiJob,
  CiLogin,
  CiReference,
  CiStep,
  CiUpload,
  CiVariable,
  Pipeline,
} from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import { isSecretName } from '../../src/ci/secret-name.ts';
import { variablesIn } from '../../src/ci/shell.ts';
import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Mapping, type Scalar, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';

/** What a Bitbucket pipeline holds. */
export async function* scanBitbucketPipelines(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  yield* scanPipeline(file, context, { read });
}

/** https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/ */
const PREDEFINED = /^BITBUCKET_|^CI$|^PIPELINES_/;

function read({ documents, file }: PipelineText): Pipeline | string {
  const root = documents[0];
  const pipelines = get(root, 'pipelines');
  const definitions = get(root, 'definitions');
  if (root?.type !== 'mapping' || (pipelines === undefined && definitions === undefined))
    return 'it has no pipelines: not a configuration of Bitbucket Pipelines';
  const services = entriesOf(get(definitions, 'services')).flatMap(({ value }) => [
    ...variablesOf(get(value, 'variables'), 'container'),
    ...variablesOf(get(value, 'environment'), 'container'),
    ...imageValues(get(value, 'image')),
  ]);
  const jobs: CiJob[] = [];
  const unique = uniqueNames();
  for (const { key, value } of entriesOf(pipelines)) {
    const branches = value.type === 'list' ? [{ key: '', value }] : entriesOf(value);
    for (const { key: pattern, value: list } of branches) {
      for (const { step, stage } of stepsOf(list, undefined, 0)) {
        const name = textOf(get(step, 'name')) ?? 'step';
        jobs.push(
          readStep(unique([key, pattern, name].filter((one) => one !== '').join('/')), step, stage, key, pattern, root, file),
        );
      }
    }
  }
  return {
    platform: 'bitbucket-pipelines',
    provider: 'bitbucket',
    jobs,
    facts: [],
    values: services,
    problems: notRead('shared pipelines', imports(pipelines)),
    unread: 0,
    predefined: PREDEFINED,
  };
}

/** `import: repository:branch:pipeline`. https://support.atlassian.com/bitbucket-cloud/docs/share-pipelines-configurations/ */
function imports(pipelines: Tree | undefined, depth = 0): string[] {
  return entriesOf(pipelines).flatMap(({ key, value }) => {
    const name = key === 'import' ? textOf(value) : undefined;
    return name !== undefined ? [name] : depth < 3 ? imports(value, depth + 1) : [];
  });
}

interface Found {
  readonly step: Mapping;
  readonly stage: Tree | undefined;
}

/** Steps, also of parallel groups and stages. */
function stepsOf(tree: Tree | undefined, stage: Tree | undefined, depth: number): Found[] {
  if (depth > 5) return [];
  const found: Found[] = [];
  for (const item of itemsOf(tree)) {
    for (const { key, value } of entriesOf(item)) {
      if (key === 'step' && value.type === 'mapping') found.push({ step: value, stage });
      else if (key === 'parallel') found.push(...stepsOf(value.type === 'list' ? value : get(value, 'steps'), stage, depth + 1));
      else if (key === 'stage') found.push(...stepsOf(get(value, 'steps'), value, depth + 1));
    }
  }
  return found;
}

function readStep(
  id: string,
  step: Mapping,
  stage: Tree | undefined,
  kind: string,
  pattern: string,
  root: Mapping,
  file: SourceFile,
): CiJob {
  const steps: CiStep[] = [];
  const logins: CiLogin[] = [];
  const references: CiReference[] = [];
  const facts: CiFact[] = [];
  const image = get(step, 'image') ?? get(root, 'image');
  const variables: CiVariable[] = imageValues(image);
  const role = get(get(image, 'aws'), 'oidc-role');
  if (role?.type === 'scalar') takeRole(role, undefined, logins, references);
  const plain: Scalar[] = [];
  for (const item of itemsOf(get(step, 'script'))) {
    const pipe = textOf(get(item, 'pipe'));
    if (item.type === 'scalar') plain.push(item);
    if (pipe === undefined) continue;
    const one = ciStep(steps.length + 1, pipe, {
      at: item,
      uses: pipeOf(pipe, file.at.repository),
      inputs: variablesOf(get(item, 'variables'), 'with'),
    });
    steps.push(one);
    const oidc = one.inputs.find(({ name, value }) => /OIDC_ROLE(?:_ARN)?$/.test(name) && value.value !== '');
    if (oidc !== undefined) takeRole(oidc.value, one, logins, references);
  }
  steps.unshift(ciStep(0, 'script', { scripts: plain }));
  const after = stringsOf(get(step, 'after-script'));
  if (after.length > 0) {
    steps.push(ciStep(steps.length, 'after-script', { scripts: after }));
    const names = [...new Set(after.flatMap(({ value }) => variablesIn(value).map(({ name }) => name)))].filter(
      (name) => isSecretName(name) && !PREDEFINED.test(name),
    );
    const [first] = after;
    for (const name of names)
      if (first !== undefined) facts.push({ fact: 'secret-after-script', place: first, secretName: name });
  }
  const deployment = textOf(get(step, 'deployment')) ?? textOf(get(stage, 'deployment'));
  const runsOn = textsOf(get(step, 'runs-on'));
  const scripts = plain.map(({ value }) => value).join('\n');
  const deploys = deployCommands(scripts);
  for (const one of steps)
    if (
      one.uses !== undefined &&
      /deploy|(?:^|-)run\b|kubectl|ecs|lambda|heroku|firebase|s3|rsync|scp|ssh/.test(one.uses.uses.replace(/^[^/]*\//, ''))
    )
      deploys.push(one.uses.uses.replace(/:.*/, ''));
  return ciJob({
    id,
    part: step,
    parts: image === undefined ? [] : [image],
    names: [pattern, stage === undefined ? undefined : textOf(get(stage, 'name'))],
    ...(deployment === undefined ? {} : { declaredEnvironment: deployment }),
    triggers: [kind === 'pull-requests' ? 'pull_request' : kind === 'custom' ? 'manual' : kind === 'tags' ? 'tag' : 'push'],
    runsOn,
    selfHosted: runsOn.some((label) => label.startsWith('self.hosted')),
    oidcAvailable: textOf(get(step, 'oidc')) === 'true',
    steps,
    variables,
    references,
    logins,
    facts,
    uploads: uploadsOf(step),
    detail: {
      refsLimited: kind === 'branches' || kind === 'tags',
      manual: kind === 'custom' || textOf(get(step, 'trigger')) === 'manual',
      deploys: deploys.slice(0, 10),
    },
  });
}

function takeRole(role: Scalar, step: CiStep | undefined, logins: CiLogin[], references: CiReference[]): void {
  const of = step === undefined ? {} : { step };
  const identity = federatedIdentity('aws', role.value);
  const [variable] = variablesIn(role.value);
  if (identity !== undefined) logins.push({ cloud: 'aws', identity, place: role, how: 'oidc', ...of });
  else if (variable !== undefined)
    references.push({
      name: variable.name,
      place: role,
      position: 'with',
      how: 'oidc',
      cloud: 'aws',
      variables: [variable.name],
      ...(step === undefined ? {} : { steps: [step] }),
    });
}

/** Login data of a private image. */
function imageValues(image: Tree | undefined): CiVariable[] {
  const found: CiVariable[] = [];
  const add = (name: string, value: Tree | undefined) => {
    if (value?.type === 'scalar' && value.value !== '') found.push({ name, value, position: 'container' });
  };
  add('DOCKER_PASSWORD', get(image, 'password'));
  const aws = get(image, 'aws');
  add('AWS_ACCESS_KEY_ID', get(aws, 'access-key'));
  add('AWS_SECRET_ACCESS_KEY', get(aws, 'secret-key'));
  return found;
}

/** `atlassian/aws-s3-deploy:1.1.0` is an image under a tag, which can be moved. */
function pipeOf(pipe: string, repository: string | undefined): CiComponent {
  const name = pipe.replace(/^docker:\/\//, '');
  const owner = name.split('/', 1)[0] ?? '';
  return { uses: name, pinned: isDigest(name), thirdParty: isOthers(owner, repository) };
}

/** https://support.atlassian.com/bitbucket-cloud/docs/use-artifacts-in-steps/ */
function uploadsOf(step: Mapping): CiUpload[] {
  const artifacts = get(step, 'artifacts');
  const tree = artifacts?.type === 'mapping' ? (get(artifacts, 'paths') ?? get(artifacts, 'upload')) : artifacts;
  return tree === undefined ? [] : [{ target: 'artifact', paths: textsOf(tree), place: tree }];
}
