import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type {
  ConsumerObservation,
  CoverageObservation,
  CrawlContext,
  JsonObject,
  Location,
  Observation,
  PathTarget,
} from '../../src/contracts/index.ts';
import { archiveKind } from '../../src/files/archive/kind.ts';
import { LimitReached, Meter } from '../../src/files/archive/meter.ts';
import { sourceFile } from '../../src/files/source-file.ts';
import { excluder } from '../../src/files/walk.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { ConfigError, codeOf, messageOf } from '../../src/util/errors.ts';
import { describeConfig, describeProvenance, type ImageConfig, type ImagePlace, readConfig } from './config.ts';
import { Held, type LayerContent, readLayer } from './layer.ts';
import { type Image, readManifests } from './manifest.ts';
import { packagePath } from './packages.ts';
import { type Removal, removalOf } from './removed.ts';
import { IMAGE_LIMITS, isBroken, isImage, type Part, partsOfArchive, partsOfLayout, peek } from './source.ts';

/** Manifests, configurations and statements are held up to this, each. */
const MAX_TEXT = 16 * 1024 * 1024;
const MAX_TEXTS = 5000;

export async function isImageTarget(path: string, isDirectory: boolean): Promise<boolean> {
  return await isImage(path, isDirectory, (packed) => new Meter(IMAGE_LIMITS, packed));
}

/** All images of an archive or layout: what their configurations and histories tell, and the files of each layer, read once. */
export async function* scanImage(target: PathTarget, context: CrawlContext): AsyncGenerator<Observation> {
  const { staged, diff } = context.options;
  if (staged || diff !== undefined) {
    throw new ConfigError(`${target.name} is a container image, so there are no changes to read`, {
      code: 'NOT_A_REPOSITORY',
      hint: `Leave out ${staged ? '--staged' : '--diff'}, or name a repository.`,
    });
  }
  const archive = new Archive(target, context);
  await archive.read();
  yield* archive.describe();
}

/** One place of a layer in one image. */
interface Use {
  readonly image: Image;
  readonly consumer: string;
  readonly index: number;
  readonly layers: readonly (LayerContent | undefined)[];
  readonly digests: readonly string[];
  readonly createdBy: string | undefined;
}

class Archive {
  readonly #target: PathTarget;
  readonly #context: CrawlContext;
  readonly #name: string;
  readonly #isExcluded: (path: string) => boolean;
  readonly #texts = new Map<string, string>();
  readonly #layers = new Map<string, LayerContent>();
  readonly #links = new Map<string, string>();
  readonly #left = new Set<string>();
  readonly #problems = new Map<string, number>();

  constructor(target: PathTarget, context: CrawlContext) {
    this.#target = target;
    this.#context = context;
    this.#name = basename(target.path).replace(/\.(?:tar(?:\.(?:gz|zst))?|tgz|oci)$/i, '');
    this.#isExcluded = excluder(context.options.exclude);
  }

  async read(): Promise<void> {
    const { signal, progress } = this.#context;
    const held = new Held();
    progress.phase('Reading image layers');
    try {
      const parts = this.#target.isDirectory
        ? partsOfLayout(this.#target.path)
        : partsOfArchive(this.#target.path, (packed) => new Meter(IMAGE_LIMITS, packed, signal));
      for await (const part of parts) {
        signal.throwIfAborted();
        await this.#readPart(part, held);
        progress.advance(1, part.size);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LimitReached) this.#note(`it was left: ${error.message}`);
      else if (isBroken(error)) this.#note(`it is damaged: ${messageOf(error)}`);
      else if (codeOf(error) !== undefined) this.#note(`it could not be read: ${messageOf(error)}`);
      else throw error;
    } finally {
      progress.end();
    }
  }

  async #readPart(part: Part, held: Held): Promise<void> {
    if (part.link !== undefined) {
      this.#links.set(part.name, part.link);
      return;
    }
    const digest = digestOfName(part.name);
    if (digest !== undefined && this.#isExcluded(digest)) {
      this.#left.add(part.name);
      return;
    }
    // An archive may name a part twice; the last stands, as when it is unpacked.
    const [head, content] = await peek(part.content);
    if (!isText(head)) {
      if (/(?:^|\/)VERSION$/.test(part.name)) return;
      const layer = await readLayer(content, part.size, { context: this.#context, isExcluded: this.#isExcluded, held });
      if (digest?.startsWith('sha256:') === true && layer.sha256 !== '' && digest !== `sha256:${layer.sha256}`) {
        this.#note('a layer has other content than its digest says');
      }
      this.#layers.set(part.name, layer);
      return;
    }
    if (part.size > MAX_TEXT || this.#texts.size >= MAX_TEXTS) {
      this.#note(`${part.name.slice(0, 40)} is too long to be read`);
      return;
    }
    const pieces: Buffer[] = [];
    for await (const chunk of content) pieces.push(Buffer.from(chunk));
    const bytes = Buffer.concat(pieces);
    if (digest?.startsWith('sha256:') === true && `sha256:${createHash('sha256').update(bytes).digest('hex')}` !== digest) {
      this.#note('a manifest or configuration has other content than its digest says');
    }
    this.#texts.set(part.name, bytes.toString('utf8'));
  }

  async *describe(): AsyncGenerator<Observation> {
    const { images, problems } = readManifests(this.#texts, this.#name);
    for (const problem of problems) this.#note(problem);
    if (images.length === 0) this.#note('it has no manifest that names an image');
    const uses = new Map<LayerContent, Use[]>();
    const names = new Map<string, number>();
    for (const { name, isAttestation } of images) if (!isAttestation) names.set(name, (names.get(name) ?? 0) + 1);
    for (const image of images) {
      this.#context.signal.throwIfAborted();
      if (image.isAttestation) yield* this.#provenance(image);
      else yield* this.#image(image, (names.get(image.name) ?? 0) > 1, uses);
    }
    const all = [...this.#layers].map(([name, layer]) => ({ layer, known: uses.get(layer) ?? [this.#alone(name, layer)] }));
    // What still shows in an upper layer is not told once more as what a lower one keeps.
    const shown = new Set<string>();
    for (const { layer, known } of all) {
      for (const { path, match } of layer.hits) {
        for (const use of known) {
          if (removalOf(path, use.index, use.layers) === undefined) shown.add(shownKey(use.image, path, match.fingerprint));
        }
      }
    }
    for (const { layer, known } of all) yield* this.#layer(layer, known, shown);
    yield this.#coverage(images);
  }

  *#image(image: Image, isOneOfMany: boolean, uses: Map<LayerContent, Use[]>): Generator<Observation> {
    const text = this.#texts.get(image.config);
    const config: ImageConfig = readConfig(text ?? '');
    if (text === undefined) this.#note('the configuration of an image is not in it');
    else for (const problem of config.problems) this.#note(`the configuration of an image is ${problem}`);
    const layers = image.layers.map((part) => this.#layers.get(this.#resolve(part)));
    const digests = image.layers.map((part, index) => digestOfName(part) ?? config.diffIds[index] ?? part);
    const steps = config.steps.filter(({ isEmpty }) => !isEmpty);
    // One that has two platforms has two configurations: their names must not meet.
    const consumer = `image:${image.name}${isOneOfMany ? ` ${image.platform ?? shortDigest(image.config)}` : ''}`;
    for (const [index, layer] of layers.entries()) {
      const part = image.layers[index] as string;
      if (layer === undefined) {
        if (!this.#left.has(this.#resolve(part))) this.#note('a layer that the manifest names is not in it');
        continue;
      }
      const diffId = config.diffIds[index];
      if (
        digestOfName(part) === undefined &&
        layer.isPlain &&
        layer.sha256 !== '' &&
        diffId !== undefined &&
        diffId !== `sha256:${layer.sha256}`
      ) {
        this.#note('a layer has other content than the configuration says');
      }
      const createdBy = steps.length === layers.length ? steps[index]?.summary : undefined;
      const list = uses.get(layer) ?? [];
      list.push({ image, consumer, index, layers, digests, createdBy });
      uses.set(layer, list);
    }
    if (text === undefined) return;
    const place: ImagePlace = {
      image,
      consumer,
      layerOf: (step) => {
        const own = config.steps[step];
        if (own === undefined || own.isEmpty || steps.length !== layers.length) return undefined;
        return digests[steps.indexOf(own)];
      },
    };
    yield* describeConfig(config, place, this.#context);
  }

  *#provenance(image: Image): Generator<Observation> {
    for (const part of image.layers) {
      const text = this.#texts.get(part);
      const place: ImagePlace = { image, consumer: `image:${image.name}`, layerOf: () => undefined };
      if (text !== undefined) yield* describeProvenance(text, place, this.#context);
    }
  }

  /** A layer that no manifest names. */
  #alone(part: string, layer: LayerContent): Use {
    const image: Image = {
      name: this.#name,
      isNamed: false,
      platform: undefined,
      config: '',
      layers: [part],
      isAttestation: false,
    };
    return {
      image,
      consumer: `image:${this.#name}`,
      index: 0,
      layers: [layer],
      digests: [digestOfName(part) ?? part],
      createdBy: undefined,
    };
  }

  async *#layer(layer: LayerContent, uses: readonly Use[], shown: ReadonlySet<string>): AsyncGenerator<Observation> {
    const sighted = new Set(layer.hits.filter(({ match }) => match.confidence !== 'low').map(({ path }) => path));
    for (const { path, match } of layer.hits) {
      const { at, detail, environment, image } = placeOf(path, uses);
      if (at.atHead === false && shown.has(shownKey(image, path, match.fingerprint))) continue;
      const sighting = this.#context.sighting(match, at, 'image', environment);
      if (!isPackaged(path, uses)) yield { ...sighting, detail: { ...sighting.detail, ...detail } };
      else
        yield {
          ...sighting,
          confidence: 'low',
          detail: {
            ...sighting.detail,
            ...detail,
            packaged: true,
            why: [...(match.why ?? []), 'in a file that a package of the distribution brought'],
          },
        };
    }
    for (const { path, bytes } of layer.claimed) {
      this.#context.signal.throwIfAborted();
      const reading = this.#context.read(sourceFile(path, bytes, placeOf(path, uses).at, 'image'));
      if (reading !== undefined) yield* reading.observations;
    }
    for (const { path, kind } of layer.credentialFiles) {
      if (isPackaged(path, uses)) continue;
      for (const use of uses) {
        yield fileRow(
          path,
          use,
          { fact: 'credential-file', kind, file: path, sighted: sighted.has(path) },
          path.slice(path.lastIndexOf('/') + 1),
        );
      }
    }
    for (const root of layer.repositories) {
      for (const use of uses)
        yield fileRow(root === '' ? '.git' : `${root}/.git`, use, { fact: 'repository-history', file: `${root}/.git` }, '.git');
    }
  }

  #resolve(part: string): string {
    const seen = new Set<string>();
    for (let name = part; ; ) {
      const next = this.#links.get(name);
      if (next === undefined || seen.has(name)) return name;
      seen.add(name);
      name = next;
    }
  }

  #note(problem: string): void {
    this.#problems.set(problem, (this.#problems.get(problem) ?? 0) + 1);
  }

  #coverage(images: readonly Image[]): CoverageObservation {
    let [read, skipped, failed, bytes] = [0, 0, 0, 0];
    for (const layer of this.#layers.values()) {
      read += layer.read;
      skipped += layer.skipped;
      failed += layer.failed;
      bytes += layer.bytes;
      for (const [why, count] of layer.reasons) this.#problems.set(why, (this.#problems.get(why) ?? 0) + count);
    }
    if (this.#left.size > 0) this.#problems.set('layers left out (--exclude)', this.#left.size);
    const reasons = [...this.#problems].map(([why, count]) => (count === 1 ? why : `${why} (${count} times)`));
    const why =
      reasons.length > 12 ? [...reasons.slice(0, 12), `${reasons.length - 12} further reasons`].join('; ') : reasons.join('; ');
    return {
      kind: 'coverage',
      surface: 'image',
      subject: this.#target.name,
      ...(why === '' ? { outcome: 'complete' } : { outcome: 'partial', why }),
      covers: this.#context.options.search ? ['consumer', 'sighting'] : ['consumer'],
      seen: read + skipped + failed,
      read,
      skipped,
      failed,
      bytes,
      detail: {
        images: images
          .filter(({ isAttestation }) => !isAttestation)
          .map(({ name }) => name)
          .slice(0, 20),
        layers: this.#layers.size,
        layersLeftOut: this.#left.size,
      },
    };
  }
}

/** A text of the archive: JSON. Layers begin with a magic number, or with a header: the name of a file, which may be `[id].json`. */
function isText(head: Buffer): boolean {
  return archiveKind(head) === undefined && /^\s*[[{"]/.test(head.toString('latin1'));
}

/** `blobs/sha256/HEX` → `sha256:HEX`; the layers of Docker's old archives are named by other ids. */
function digestOfName(name: string): string | undefined {
  const match = /^blobs\/(?<algorithm>\w+)\/(?<hex>[0-9a-f]{32,128})$/.exec(name)?.groups;
  return match === undefined ? undefined : `${match.algorithm}:${match.hex}`;
}

function shortDigest(config: string): string {
  return config
    .replace(/^blobs\/\w+\//, '')
    .replace(/\.json$/, '')
    .slice(0, 12);
}

function placeOf(
  path: string,
  uses: readonly Use[],
): { readonly at: Location; readonly detail: JsonObject; readonly environment: string | undefined; readonly image: Image } {
  const all = uses.map((use) => ({ use, removal: removalOf(path, use.index, use.layers) }));
  const { use, removal } = all.find((one) => one.removal === undefined) ?? (all[0] as (typeof all)[number]);
  const others = [...new Set(uses.map(({ image }) => image.name))];
  return {
    at: locationIn(path, use, removal),
    detail: { image: use.image.name, ...(others.length > 1 ? { images: others.slice(0, 20) } : {}), ...aboutLayer(use, removal) },
    environment: environmentOf(use.image.name),
    image: use.image,
  };
}

function shownKey(image: Image, path: string, fingerprint: string): string {
  return JSON.stringify([image.config, path, fingerprint]);
}

/** Did a package of the distribution bring this file, in every image that has it? */
function isPackaged(path: string, uses: readonly Use[]): boolean {
  // What Python makes of a file when the package is installed.
  const name = packagePath(path.replace(/__pycache__\/([\w.-]+?)\.cpython-\d+(?:\.opt-\d)?\.pyc$/, '$1.py'));
  return uses.every(({ layers }) => layers.some((layer) => layer?.packaged.has(name) === true));
}

function locationIn(path: string, { image, digests, index }: Use, removal: Removal | undefined): Location {
  return { repository: image.name, path, layer: digests[index] ?? '', atHead: removal === undefined };
}

function aboutLayer({ digests, createdBy }: Use, removal: Removal | undefined): JsonObject {
  return {
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(removal === undefined ? {} : { [removal.how === 'deleted' ? 'deletedIn' : 'replacedIn']: digests[removal.layer] ?? '' }),
  };
}

function fileRow(path: string, use: Use, detail: JsonObject, secretName: string): ConsumerObservation {
  const removal = removalOf(path, use.index, use.layers);
  const environment = environmentOf(use.image.name);
  return {
    kind: 'consumer',
    consumer: use.consumer,
    type: 'image',
    secretName,
    how: 'static-key',
    ...(environment === undefined ? {} : { environment }),
    detail: {
      platform: 'image',
      image: use.image.name,
      ...detail,
      inFinalImage: true,
      ...aboutLayer(use, removal),
      ...(removal === undefined ? {} : { removedLater: true }),
    },
    at: { ...locationIn(path, use, removal), line: 1 },
  };
}
