import type { CoverageObservation, Location, Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { fileCoverage } from '../../src/files/coverage.ts';
import { LineIndex } from '../../src/files/location.ts';
import { readJson } from '../../src/formats/json.ts';
import { get, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';
import { readYaml } from '../../src/formats/yaml.ts';
import { messageOf } from '../../src/util/errors.ts';
import { describe, mattersHere } from './describe.ts';
import { type Slice, slicesOf } from './documents.ts';
import { type Blanked, blankTemplate, readValues } from './helm.ts';
import { changesOf, readKustomization } from './kustomize.ts';
import { kubeObject, type World } from './object.ts';
import { associations } from './pod-identity.ts';
import { type FileKind, isOthers, recognise } from './recognise.ts';
import type { WorkloadContext } from './workload.ts';
import { makeWorld } from './world.ts';

/** The API takes no object beyond 3 MiB; a slice beyond this is no object. */
const MAX_OBJECT = 4 * 1024 * 1024;
const MAX_OBJECTS = 200_000;
/** Problems quoted in the coverage row. */
const QUOTED = 4;

/**
 * What a file of manifests, a dump, a chart's file or a kubeconfig holds; `namespace` is that of objects that name none.
 * Never throws.
 */
export function* scanKubernetes(file: SourceFile, context: ScanContext, namespace: string): Generator<Observation> {
  const kind =
    recognise({ path: file.path, size: file.bytes.length, head: () => file.text().slice(0, 4096), whole: file.text }) ??
    'manifest';
  const problems = new Set<string>();
  const tally: Tally = { seen: 0, failed: 0, kinds: new Map(), isList: false, namespaces: new Set() };
  try {
    if (kind === 'values' || kind === 'kustomization') yield* readSettings(file, context, kind, problems, tally);
    else if (kind === 'pod-identity') yield* readAssociations(file, context, problems, tally);
    else yield* readObjects(file, context, namespace, problems, tally);
  } catch (error) {
    context.signal.throwIfAborted();
    problems.add(`could not be read to its end (${messageOf(error)})`);
    tally.failed += 1;
    tally.seen += 1;
  }
  yield coverage(file, kind, [...problems], tally);
}

interface Tally {
  seen: number;
  failed: number;
  readonly kinds: Map<string, number>;
  isList: boolean;
  readonly namespaces: Set<string>;
}

function* readObjects(
  file: SourceFile,
  context: ScanContext,
  namespace: string,
  problems: Set<string>,
  tally: Tally,
): Generator<Observation> {
  const text = file.text();
  const note = (problem: string) => void problems.add(problem);
  const templates = new Templates(file, note);
  const lines = new LineIndex(text);
  const locate = (offset: number, pointer: string): Location => ({
    ...file.at,
    path: file.path,
    ...lines.at(offset),
    ...(pointer === '' ? {} : { pointer }),
  });
  const options = {
    path: file.path,
    note,
    context,
    defaultNamespace: namespace,
    consumerId: (kind: string, namespace: string, name: string) =>
      `${file.at.repository === undefined ? '' : `${file.at.repository}:`}${file.path}#${kind}/${namespace === '-' ? '' : `${namespace}/`}${name}`,
  };
  const manifest = makeWorld({ ...options, source: 'manifest' });
  const list = makeWorld({ ...options, source: 'list' });
  const template = makeWorld({
    ...options,
    source: 'template',
    defaultNamespace: `{{${templates.release}}}`,
    restore: (given) => templates.restore(given),
  });
  const details: WorkloadContext = { context, place: file.place, given: new Set() };
  for (const slice of slicesOf(templates.isChart ? templates.blanked() : text, note)) {
    if (isOthers(slice.apiVersion, slice.kind)) {
      note('documents of Argo, Tekton or the like beside these are read in files of their own only');
      continue;
    }
    tally.seen += 1;
    if (tally.seen > MAX_OBJECTS) {
      note(`more than ${MAX_OBJECTS} objects: the rest was not read`);
      return;
    }
    if (slice.inList) tally.isList = true;
    if (slice.kind !== undefined) tally.kinds.set(slice.kind, (tally.kinds.get(slice.kind) ?? 0) + 1);
    if (!mattersHere(slice.kind, slice.apiVersion, slice.text)) continue;
    const isTemplate = templates.isIn(slice);
    const world = isTemplate ? template : slice.inList ? list : manifest;
    yield* readSlice(isTemplate ? templates.blank(slice) : slice, world, details, lines, locate, tally);
  }
}

function* readSlice(
  slice: Slice,
  world: World,
  details: WorkloadContext,
  lines: LineIndex,
  locate: (offset: number, pointer: string) => Location,
  tally: Tally,
): Generator<Observation> {
  if (slice.text.length > MAX_OBJECT) {
    world.note(
      `the object at line ${lines.at(slice.start).line} is longer than ${MAX_OBJECT >> 20} Mi characters and was not read`,
    );
    tally.failed += 1;
    return;
  }
  const parsed = slice.format === 'json' ? readJson(slice.text) : readYaml(slice.text);
  const first = lines.at(slice.start).line - 1;
  for (const problem of parsed.problems) {
    world.note(problem.replace(/\bat line (\d+)/, (_, line: string) => `at line ${Number(line) + first}`));
  }
  if (parsed.problems.length > 0) tally.failed += 1;
  const tree = parsed.root;
  if (tree?.type !== 'mapping') return;
  const kind = textOf(get(tree, 'kind')) ?? slice.kind;
  const version = textOf(get(tree, 'apiVersion')) ?? slice.apiVersion;
  if (kind === undefined || !/^[A-Za-z][\w.-]{0,100}$/.test(kind) || isOthers(version, kind)) return;
  // A list inside a list, or one whose items stand in flow style.
  if (kind.endsWith('List') && get(tree, 'items') !== undefined) {
    for (const item of itemsOf(get(tree, 'items')))
      yield* readTree(item, kind.slice(0, -'List'.length), version, slice, world, details, locate, tally);
    return;
  }
  yield* readTree(tree, kind, version, slice, world, details, locate, tally);
}

function* readTree(
  tree: Tree,
  kindOfList: string,
  version: string | undefined,
  slice: Slice,
  world: World,
  details: WorkloadContext,
  locate: (offset: number, pointer: string) => Location,
  tally: Tally,
): Generator<Observation> {
  const kind = textOf(get(tree, 'kind')) ?? kindOfList;
  const apiVersion = textOf(get(tree, 'apiVersion')) ?? version;
  const place = (offset: number, pointer: string) => locate(slice.start + offset, pointer);
  // A kubeconfig has no name of its own.
  const named = kind === 'Config' && get(tree, 'users') !== undefined ? 'kubeconfig' : undefined;
  const object = kubeObject(kind, apiVersion, tree, place, world.cover, named);
  if (object === undefined) return;
  if (object.namespace !== undefined) tally.namespaces.add(object.namespace);
  yield* describe(object, world, details);
}

/** Which objects are templates, and their text without the expressions. */
class Templates {
  /** Charts keep templates in `templates`. */
  readonly isChart: boolean;
  /** Stands for the namespace that a release is put into. */
  readonly release: string;
  readonly #text: string;
  readonly #note: (problem: string) => void;
  #blanked: Blanked | undefined;

  constructor({ path, at, text }: SourceFile, note: (problem: string) => void) {
    this.#text = text();
    this.#note = note;
    this.isChart = /(?:^|\/)templates\/.+\.(?:ya?ml|tpl)$/i.test(path) && this.#text.includes('{{');
    // Charts of one path are many, and their helpers are named alike: only within a repository are they one.
    const chart = path.replace(/(?:^|\/)templates\/.*$/s, '');
    this.release = `release of ${[at.repository ?? '', chart].filter((part) => part !== '').join('/') || path}`;
  }

  /** Outside of charts braces may stand in any text: only an object that is no YAML because of them is a template. */
  isIn(slice: Slice): boolean {
    if (slice.format === 'json') return false;
    const isTemplate =
      this.isChart ||
      (/:[ \t]+\{\{|^[ \t]*-[ \t]+\{\{|^[ \t]*\{[{%]/m.test(slice.text) &&
        (readYaml(slice.text).problems.length > 0 || /^[ ]{0,4}(?:name|namespace):[ \t]+\{\{/m.test(slice.text)));
    if (isTemplate)
      this.#note(
        'a template: its conditions, loops and values are not known, and what it makes is a guess; scan the output of `helm template` too',
      );
    return isTemplate;
  }

  blanked(): string {
    this.#blanked ??= blankTemplate(this.#text, this.release);
    return this.#blanked.text;
  }

  blank(slice: Slice): Slice {
    const text = this.blanked().slice(slice.start, slice.start + slice.text.length);
    // The dash of a list's item gave way to a blank.
    return { ...slice, text: slice.inList ? text.replace('-', ' ') : text };
  }

  restore(text: string): string {
    return this.#blanked?.restore(text) ?? text;
  }
}

function* readSettings(
  file: SourceFile,
  context: ScanContext,
  kind: 'values' | 'kustomization',
  problems: Set<string>,
  tally: Tally,
): Generator<Observation> {
  tally.seen = 1;
  if (file.bytes.length > MAX_OBJECT) {
    tally.failed = 1;
    problems.add(`longer than ${MAX_OBJECT >> 20} MiB: not read as ${kind}`);
    return;
  }
  const yaml = readYaml(file.text());
  for (const problem of yaml.problems) problems.add(problem);
  if (yaml.problems.length > 0) tally.failed = 1;
  const world = makeWorld({
    path: file.path,
    source: 'manifest',
    defaultNamespace: 'default',
    note: (problem) => void problems.add(problem),
    context,
    consumerId: () => '',
  });
  const id = `${file.at.repository === undefined ? '' : `${file.at.repository}:`}${file.path}`;
  const at = (node: Tree): Location => ({
    ...file.at,
    path: file.path,
    ...yaml.position(node.start),
    ...(node.pointer === '' ? {} : { pointer: node.pointer }),
  });
  const shared = { place: file.place, at, context, cover: world.cover };
  if (kind === 'values') {
    yield* readValues(yaml.root, { ...shared, consumer: `${id}#values`, environment: world.environmentOf(undefined) });
    return;
  }
  yield* readKustomization(yaml.root, { ...shared, consumer: (name) => `${id}#${name}` });
  const changes = changesOf(yaml.root);
  if (changes.length > 0)
    problems.add(
      `${changes.join(', ')} change what the named files say, and are not applied: scan the output of \`kubectl kustomize\` too`,
    );
}

function* readAssociations(file: SourceFile, context: ScanContext, problems: Set<string>, tally: Tally): Generator<Observation> {
  const json = readJson(file.text().slice(0, MAX_OBJECT));
  for (const problem of json.problems) problems.add(problem);
  const at = (node: Tree): Location => ({
    ...file.at,
    path: file.path,
    ...json.position(node.start),
    ...(node.pointer === '' ? {} : { pointer: node.pointer }),
  });
  for (const row of associations(json.root, at, (problem) => void problems.add(problem), context)) {
    tally.seen += 1;
    yield row;
  }
}

function coverage(file: SourceFile, kind: FileKind, problems: readonly string[], tally: Tally): CoverageObservation {
  const more = problems.length > QUOTED ? [`${problems.length - QUOTED} more like these`] : [];
  const kinds = Object.fromEntries([...tally.kinds].sort(([, a], [, b]) => b - a).slice(0, 40));
  const covers: CoverageObservation['covers'] =
    kind === 'values' || kind === 'kustomization'
      ? ['consumer', 'sighting']
      : ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting'];
  return fileCoverage(file, 'k8s', covers, [...problems.slice(0, QUOTED), ...more], {
    seen: tally.seen,
    read: Math.max(0, tally.seen - tally.failed),
    failed: tally.failed,
    detail: {
      file: kind,
      ...(tally.isList ? { list: true, kinds, wholeCluster: tally.namespaces.has('kube-system') } : {}),
    },
  });
}
