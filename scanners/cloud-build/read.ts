import { ciJob, ciStep, isDigest, stringsOf, variablesOf } from '../../src/ci/build.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import type { CiFact, CiLogin, CiReference, CiStep, Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import {
  gcpServiceAccountId,
  identityId,
  type Observation,
  type ScanContext,
  type SourceFile,
} from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Mapping, type Scalar, textOf, textsOf } from '../../src/formats/tree.ts';

/** What a build of Google Cloud holds. */
export async function* scanCloudBuild(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  yield* scanPipeline(file, context, { read });
}

/** https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values */
const PREDEFINED =
  /^(?:PROJECT_ID|PROJECT_NUMBER|BUILD_ID|LOCATION|TRIGGER_NAME|COMMIT_SHA|REVISION_ID|SHORT_SHA|REPO_NAME|REPO_FULL_NAME|BRANCH_NAME|TAG_NAME|REF_NAME|TRIGGER_BUILD_CONFIG_PATH|SERVICE_ACCOUNT(?:_EMAIL)?|_HEAD_\w+|_BASE_BRANCH|_PR_NUMBER)$/;

function read({ documents, file }: PipelineText): Pipeline | string {
  const root = documents[0];
  const listed = get(root, 'steps');
  if (root?.type !== 'mapping' || listed?.type !== 'list') return 'it has no steps: not a build of Cloud Build';
  const references: CiReference[] = [];
  const logins: CiLogin[] = [];
  const facts: CiFact[] = [];
  const steps = itemsOf(listed).map((tree, index) => readStep(tree, index));
  secrets(root, steps, references);
  const account = get(root, 'serviceAccount');
  const written = textOf(account);
  if (account === undefined || written === undefined || written === '') {
    facts.push({
      fact: 'default-build-account',
      place: listed,
      identity: identityId('gcp', undefined, 'serviceAccount/cloud-build-default'),
      how: 'impersonation',
    });
  } else {
    const email = /(?:serviceAccounts\/)?(?<email>[^/\s]+@[^/\s]+)$/.exec(written)?.groups?.email;
    // With `${PROJECT_ID}` in it the account is known when a build runs.
    if (email !== undefined && !email.includes('$'))
      logins.push({ cloud: 'gcp', identity: gcpServiceAccountId(email), place: account, how: 'impersonation' });
  }
  const options = get(root, 'options');
  const pool = textOf(get(get(options, 'pool'), 'name')) ?? textOf(get(options, 'workerPool'));
  const scripts = steps.flatMap((step) => step.scripts.map(({ value }) => value)).join('\n');
  const job = ciJob({
    id: 'build',
    part: root,
    names: [file.path.split('/').at(-1), ...textsOf(get(root, 'tags'))],
    runsOn: pool === undefined ? [] : [pool],
    oidcAvailable: false,
    steps,
    variables: [...variablesOf(get(root, 'substitutions'), 'workflow-env'), ...variablesOf(get(options, 'env'), 'job-env')],
    references,
    logins,
    facts,
    detail: { deploys: deployCommands(scripts).slice(0, 10), serviceAccountSet: written !== undefined && written !== '' },
  });
  return {
    platform: 'cloud-build',
    provider: 'gcp-cloud-build',
    jobs: [job],
    facts: [],
    values: [],
    problems: [],
    unread: 0,
    predefined: PREDEFINED,
  };
}

function readStep(tree: Mapping | ReturnType<typeof itemsOf>[number], index: number): CiStep {
  const image = textOf(get(tree, 'name')) ?? '';
  const args = stringsOf(get(tree, 'args'));
  const scripts = [...stringsOf(get(tree, 'script')), ...commandOf(image, textOf(get(tree, 'entrypoint')), args)];
  const isOwn =
    /^(?:gcr\.io\/(?:cloud-builders|google\.com|\$)|[\w-]*\.?(?:gcr\.io|pkg\.dev)\/\$|google\/cloud-sdk|[\w-]+-docker\.pkg\.dev\/\$)/.test(
      image,
    ) || /^\$/.test(image);
  return ciStep(index, textOf(get(tree, 'id')) ?? image, {
    at: tree,
    scripts,
    ...(image === ''
      ? {}
      : {
          uses: {
            uses: image,
            pinned: isDigest(image),
            thirdParty:
              image.includes('/') &&
              !isOwn &&
              !/^(?:gcr\.io\/cloud-builders|docker|node|python|golang|alpine|ubuntu|bash|maven|gradle|ruby|php|debian)(?:[:/]|$)/.test(
                image,
              ),
          },
        }),
    variables: variablesOf(get(tree, 'env'), 'step-env'),
  });
}

/** Arguments are a script where a shell gets them, else the words of one command. */
function commandOf(image: string, entrypoint: string | undefined, args: readonly Scalar[]): Scalar[] {
  const at = args.findIndex((one) => /^-\w*c$/.test(one.value));
  if (at >= 0 && at < args.length - 1) return args.slice(at + 1);
  const [first, ...rest] = args;
  if (first === undefined) return [];
  const tool =
    entrypoint ??
    image
      .replace(/[:@].*$/, '')
      .split('/')
      .at(-1) ??
    '';
  const last = rest.at(-1) ?? first;
  return [
    {
      type: 'scalar',
      value: [tool, ...args.map(({ value }) => value)].join(' '),
      quoted: false,
      start: first.start,
      end: last.end,
      pointer: first.pointer,
    },
  ];
}

/** https://cloud.google.com/build/docs/securing-builds/use-secrets · …/use-encrypted-credentials */
function secrets(root: Mapping, steps: readonly CiStep[], references: CiReference[]): void {
  const available = get(root, 'availableSecrets');
  for (const item of itemsOf(get(available, 'secretManager'))) {
    const version = get(item, 'versionName');
    const env = textOf(get(item, 'env'));
    const { project, name, number } =
      /^projects\/(?<project>[^/]+)\/secrets\/(?<name>[^/]+)(?:\/versions\/(?<number>[^/]+))?/.exec(textOf(version) ?? '')
        ?.groups ?? {};
    if (name === undefined || version === undefined) continue;
    references.push({
      name,
      place: version,
      position: 'secrets',
      identity: identityId('gcp', project === undefined || project.includes('$') ? undefined : project, `secret/${name}`),
      ...(env === undefined ? {} : { variables: [env] }),
      ...ofSteps(steps, root, env),
      detail: { store: 'secret-manager', ...(number === undefined ? {} : { version: number }) },
    });
  }
  for (const item of [...itemsOf(get(available, 'inline')), ...itemsOf(get(root, 'secrets'))]) {
    for (const { key, value } of entriesOf(get(item, 'envMap') ?? get(item, 'secretEnv'))) {
      references.push({
        name: key,
        place: value,
        position: 'secrets',
        variables: [key],
        ...ofSteps(steps, root, key),
        detail: { encrypted: true },
      });
    }
  }
}

/** Only the steps that ask for a secret get it. */
function ofSteps(steps: readonly CiStep[], root: Mapping, env: string | undefined) {
  if (env === undefined) return {};
  const trees = itemsOf(get(root, 'steps'));
  const asked = steps.filter((_, index) => textsOf(get(trees[index], 'secretEnv')).includes(env));
  return asked.length === 0 ? {} : { steps: asked };
}
