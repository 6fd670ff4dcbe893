import { ciJob, ciStep, notRead, stringsOf, variablesOf } from '../../src/ci/build.ts';
import { staticVariable } from '../../src/ci/cloud-keys.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import type { CiFact, CiReference, CiStep, Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import { isSecretName } from '../../src/ci/secret-name.ts';
import { identityId, type Observation, type ScanContext, type SourceFile } from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';

/** What a buildspec holds. */
export async function* scanCodebuild(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  yield* scanPipeline(file, context, { read });
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html */
const PREDEFINED = /^CODEBUILD_|^AWS_(?:DEFAULT_)?REGION$|^AWS_ACCOUNT_ID$/;

function read({ documents, file }: PipelineText): Pipeline | string {
  const root = documents[0];
  const phases = get(root, 'phases');
  if (root?.type !== 'mapping' || (phases === undefined && get(root, 'env') === undefined && get(root, 'batch') === undefined)) {
    return 'it has no phases: not a buildspec';
  }
  const env = get(root, 'env');
  const references: CiReference[] = [
    ...stored(get(env, 'secrets-manager'), 'secrets-manager'),
    ...stored(get(env, 'parameter-store'), 'parameter-store'),
  ];
  const steps: CiStep[] = entriesOf(phases).map(({ key, value }, index) =>
    ciStep(index, key, { at: value, scripts: [...stringsOf(get(value, 'commands')), ...stringsOf(get(value, 'finally'))] }),
  );
  const facts: CiFact[] = [];
  const exported = get(env, 'exported-variables');
  const known = new Set(references.flatMap((one) => one.variables ?? []));
  for (const name of textsOf(exported)) {
    if (exported !== undefined && (known.has(name) || isSecretName(name)))
      facts.push({ fact: 'secret-exported', place: exported, secretName: name });
  }
  const text = steps.flatMap((step) => step.scripts.map(({ value }) => value)).join('\n');
  const job = ciJob({
    id: 'build',
    part: root,
    names: [file.path.split('/').at(-1)],
    // The build runs in a role of its own; SDKs use it without being told.
    oidcAvailable: false,
    steps,
    variables: variablesOf(get(env, 'variables'), 'workflow-env'),
    references,
    facts,
    detail: { deploys: deployCommands(text).slice(0, 10), hasRole: true },
  });
  // https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build-buildspec.html
  const buildspecs = entriesOf(get(root, 'batch'))
    .flatMap(({ value }) => itemsOf(value))
    .flatMap((build) => textOf(get(build, 'buildspec')) ?? [])
    .filter((path) => !/buildspec[^/]*\.ya?ml$/i.test(path));
  return {
    platform: 'codebuild',
    provider: 'aws-codebuild',
    jobs: [job],
    facts: [],
    values: [],
    problems: notRead('buildspecs', buildspecs),
    unread: 0,
    predefined: PREDEFINED,
  };
}

/** `NAME: secret-id:json-key:version-stage:version-id`, or the path of a parameter. */
function stored(tree: Tree | undefined, store: 'secrets-manager' | 'parameter-store'): CiReference[] {
  return entriesOf(tree).flatMap(({ key, value }): CiReference[] => {
    const written = textOf(value);
    if (written === undefined || written === '') return [];
    const arn =
      /^arn:aws[\w-]*:(?:secretsmanager|ssm):[^:]*:(?<account>\d{12}):(?:secret:|parameter)(?<name>[^:]+)(?::(?<part>[^:]*))?/.exec(
        written,
      )?.groups;
    const [id = '', part = ''] = written.split(':', 2);
    const name = arn?.name ?? id;
    if (name === '') return [];
    // A parameter is often a plain setting.
    if (store === 'parameter-store' && !isSecretName(key) && !isSecretName(name.split('/').at(-1) ?? '')) return [];
    const isKey = staticVariable(key) !== undefined;
    return [
      {
        name: key,
        place: value,
        position: 'secrets',
        variables: [key],
        identity: identityId(
          'aws',
          arn?.account,
          `${store === 'secrets-manager' ? 'secret' : 'parameter'}/${name.slice(0, 200)}`,
        ),
        type: 'vault-secret',
        ...(isKey ? {} : { how: 'secret' as const }),
        detail: { store, ...((arn?.part ?? part) === '' ? {} : { part: arn?.part ?? part }) },
      },
    ];
  });
}
