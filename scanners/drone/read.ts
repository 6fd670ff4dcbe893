import { ciJob, ciStep, isDigest, isOthers, notRead, stringsOf, uniqueNames, variablesOf } from '../../src/ci/build.ts';
import { deployCommands } from '../../src/ci/deploy.ts';
import type { CiFact, CiJob, CiReference, CiStep, CiVariable, Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Mapping, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';

/** What a Drone file holds: pipelines, and secrets from elsewhere. */
export async function* scanDrone(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  yield* scanPipeline(file, context, { read, blank: blankCiphertext });
}

/** `kind: secret` with `data` is encrypted for the repository; a signature is none. https://docs.drone.io/secret/encrypted/ */
function blankCiphertext(text: string): string {
  return text.replace(
    /^(\s*(?:data|hmac)\s*:\s*)([A-Za-z0-9+/=]{16,})$/gm,
    (_, key: string, cipher: string) => key + ' '.repeat(cipher.length),
  );
}

const PREDEFINED = /^(?:DRONE|CI)_|^CI$|^DRONE$/;

function read({ documents, file }: PipelineText): Pipeline | string {
  const pipelines = documents.filter(
    (tree): tree is Mapping =>
      tree.type === 'mapping' && (get(tree, 'steps') !== undefined || get(tree, 'pipeline') !== undefined),
  );
  if (pipelines.length === 0 && documents.length === 0) return 'it holds nothing: not a pipeline of Drone';
  const unique = uniqueNames();
  const external = new Map<string, string>();
  for (const tree of documents) {
    const name = textOf(get(tree, 'name'));
    const path = textOf(get(get(tree, 'get'), 'path'));
    if (textOf(get(tree, 'kind')) === 'secret' && name !== undefined && path !== undefined) external.set(name, path);
  }
  const jobs = pipelines.map((tree) => readPipeline(tree, unique(textOf(get(tree, 'name')) ?? 'default'), external, file));
  // https://docs.drone.io/template/yaml/
  const templates = documents.flatMap((tree) =>
    textOf(get(tree, 'kind')) === 'template' ? (textOf(get(tree, 'load')) ?? []) : [],
  );
  return {
    platform: 'drone',
    provider: 'drone',
    jobs,
    facts: [],
    values: [],
    problems: notRead('templates', templates),
    unread: 0,
    predefined: PREDEFINED,
  };
}

function readPipeline(tree: Mapping, id: string, external: ReadonlyMap<string, string>, file: SourceFile): CiJob {
  const references: CiReference[] = [];
  const facts: CiFact[] = [];
  const variables: CiVariable[] = variablesOf(get(tree, 'environment'), 'job-env');
  const take = (node: Tree | undefined, position: CiReference['position'], step?: CiStep) => {
    for (const { key, value } of entriesOf(node)) {
      const name = textOf(get(value, 'from_secret'));
      if (name === undefined || name === '') continue;
      const store = external.get(name);
      references.push({
        name,
        place: value,
        position,
        ...(position === 'with' ? { inputs: [key] } : { variables: [key] }),
        ...(step === undefined ? {} : { steps: [step] }),
        ...(store === undefined ? {} : { detail: { store: store.slice(0, 200) } }),
      });
    }
  };
  const steps: CiStep[] = [];
  // In the old form steps are a mapping, and `secrets` names what a step gets.
  const listed = itemsOf(get(tree, 'steps'));
  const old = entriesOf(get(tree, 'pipeline'));
  for (const { name, node } of [
    ...listed.map((node) => ({ name: textOf(get(node, 'name')), node })),
    ...old.map(({ key, value }) => ({ name: key, node: value })),
  ]) {
    if (node.type !== 'mapping') continue;
    const image = textOf(get(node, 'image'));
    const scripts = stringsOf(get(node, 'commands'));
    const isPlugin = scripts.length === 0 && image !== undefined;
    const settings = get(node, 'settings');
    const step = ciStep(steps.length, name ?? image ?? 'step', {
      at: node,
      scripts,
      ...(isPlugin && image !== undefined ? { uses: pluginOf(image, file.at.repository) } : {}),
      variables: variablesOf(get(node, 'environment'), 'step-env'),
      inputs:
        settings === undefined && isPlugin
          ? variablesOf(node, 'with').filter((one) => !/^(?:image|name|pull|detach)$/.test(one.name))
          : variablesOf(settings, 'with'),
    });
    steps.push(step);
    take(get(node, 'environment'), 'step-env', step);
    take(settings, 'with', step);
    for (const item of itemsOf(get(node, 'secrets'))) {
      const source = textOf(get(item, 'source')) ?? textOf(item);
      const target = textOf(get(item, 'target')) ?? source;
      if (source !== undefined && target !== undefined)
        references.push({
          name: source,
          place: item,
          position: 'step-env',
          variables: [target.toUpperCase(), target],
          steps: [step],
        });
    }
  }
  for (const service of itemsOf(get(tree, 'services'))) variables.push(...variablesOf(get(service, 'environment'), 'container'));
  take(get(tree, 'environment'), 'job-env');
  for (const item of itemsOf(get(tree, 'image_pull_secrets'))) {
    const name = textOf(item);
    if (name === undefined) continue;
    references.push({ name, place: item, position: 'container', detail: { pullSecret: true } });
  }
  const trigger = get(tree, 'trigger');
  const events = [...textsOf(get(trigger, 'event')), ...textsOf(get(get(trigger, 'event'), 'include'))];
  const branches = [...textsOf(get(trigger, 'branch')), ...textsOf(get(get(trigger, 'branch'), 'include'))];
  return ciJob({
    id,
    part: tree,
    names: [...branches, ...textsOf(get(trigger, 'target'))],
    // https://docs.drone.io/pipeline/triggers/: without one, every event starts it.
    triggers: events.length > 0 ? events : ['push', 'pull_request', 'tag'],
    runsOn: entriesOf(get(tree, 'node')).flatMap(({ value }) => textOf(value) ?? []),
    // Drone runs nowhere but on runners of one's own.
    selfHosted: true,
    steps,
    variables,
    references,
    facts,
    detail: {
      refsLimited: branches.length > 0,
      deploys: deployCommands(steps.flatMap((step) => step.scripts.map(({ value }) => value)).join('\n')).slice(0, 10),
    },
  });
}

/** A step without commands is a plugin: an image that does with the settings as it likes. */
function pluginOf(image: string, repository: string | undefined) {
  const name = image.replace(/^docker\.io\//, '');
  const owner = name.includes('/') ? (name.split('/', 1)[0] ?? '') : 'library';
  return {
    uses: name,
    pinned: isDigest(name),
    thirdParty:
      owner.includes('.') || (owner !== 'library' && owner !== 'plugins' && owner !== 'drone' && isOthers(owner, repository)),
  };
}
