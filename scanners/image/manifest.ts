import { type JsonFile, readJson } from '../../src/formats/json.ts';
import { entriesOf, get, itemsOf, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';

/** One image of an archive, as its manifest tells. */
export interface Image {
  /** `harbour/shop:1.4`, as people call it; the archive's name where nobody named it. */
  readonly name: string;
  readonly isNamed: boolean;
  readonly platform: string | undefined;
  /** Part that holds the configuration. */
  readonly config: string;
  /** Parts of its layers, bottom first. */
  readonly layers: readonly string[];
  /** Statements about the image that lie beside it: provenance, bills of materials. */
  readonly isAttestation: boolean;
}

export interface Manifests {
  readonly images: readonly Image[];
  readonly problems: readonly string[];
}

const MAX_IMAGES = 1000;

/** What `manifest.json` (Docker), `index.json` (OCI) and `repositories` (Docker before 1.10) tell of images. */
export function readManifests(parts: ReadonlyMap<string, string>, archive: string): Manifests {
  const reader = new Reader(parts, archive);
  reader.docker();
  reader.oci();
  if (reader.images.length === 0) reader.legacy();
  return { images: reader.images, problems: reader.problems };
}

class Reader {
  readonly images: Image[] = [];
  readonly problems: string[] = [];
  readonly #parts: ReadonlyMap<string, string>;
  readonly #archive: string;

  constructor(parts: ReadonlyMap<string, string>, archive: string) {
    this.#parts = parts;
    this.#archive = archive;
  }

  docker(): void {
    for (const entry of itemsOf(this.#json('manifest.json')?.root)) {
      const config = textOf(get(entry, 'Config'));
      const layers = textsOf(get(entry, 'Layers'));
      const tag = textsOf(get(entry, 'RepoTags'))[0];
      if (config !== undefined) this.#add(config, layers, tag, undefined, false);
    }
  }

  oci(): void {
    const index = this.#json('index.json');
    if (index !== undefined) this.#index(index.root, undefined, 0);
  }

  #index(tree: Tree | undefined, name: string | undefined, depth: number): void {
    for (const entry of itemsOf(get(tree, 'manifests'))) {
      const part = partOfDigest(textOf(get(entry, 'digest')));
      if (part === undefined) continue;
      const annotations = get(entry, 'annotations');
      const own =
        textOf(get(annotations, 'io.containerd.image.name')) ??
        this.#reference(textOf(get(annotations, 'org.opencontainers.image.ref.name'))) ??
        name;
      const platform = get(entry, 'platform');
      const [os, architecture] = [textOf(get(platform, 'os')), textOf(get(platform, 'architecture'))];
      const about = get(annotations, 'vnd.docker.reference.type');
      const text = this.#parts.get(part);
      if (text === undefined) {
        // An index may name images of other platforms that were not saved.
        if (depth === 0) this.problems.push('a manifest that the index names is not in it');
        continue;
      }
      const manifest = readJson(text);
      if (get(manifest.root, 'manifests') !== undefined && depth < 4) this.#index(manifest.root, own, depth + 1);
      else
        this.#manifest(
          manifest,
          own,
          os === undefined || os === 'unknown' ? undefined : `${os}/${architecture}`,
          about !== undefined,
        );
    }
  }

  #manifest({ root, problems }: JsonFile, name: string | undefined, platform: string | undefined, isAttestation: boolean): void {
    const config = partOfDigest(textOf(get(get(root, 'config'), 'digest')));
    if (config === undefined) {
      this.problems.push(problems[0] ?? 'a manifest names no configuration');
      return;
    }
    const layers = itemsOf(get(root, 'layers')).flatMap((layer) => partOfDigest(textOf(get(layer, 'digest'))) ?? []);
    this.#add(config, layers, name, platform, isAttestation);
  }

  /** Layers of images that Docker saved before it wrote manifests: each names the one below it. */
  legacy(): void {
    for (const { key: name, value } of entriesOf(this.#json('repositories')?.root)) {
      for (const { key: tag, value: top } of entriesOf(value)) {
        const ids: string[] = [];
        for (let id = textOf(top); id !== undefined && !ids.includes(id) && ids.length < 500; ) {
          ids.unshift(id);
          id = textOf(get(this.#json(`${id}/json`)?.root, 'parent'));
        }
        const last = ids.at(-1);
        if (last !== undefined)
          this.#add(
            `${last}/json`,
            ids.map((id) => `${id}/layer.tar`),
            `${name}:${tag}`,
            undefined,
            false,
          );
      }
    }
  }

  #add(
    config: string,
    layers: readonly string[],
    name: string | undefined,
    platform: string | undefined,
    isAttestation: boolean,
  ): void {
    if (this.images.some((image) => image.config === config && image.layers.length === layers.length)) return;
    if (this.images.length >= MAX_IMAGES) {
      if (this.images.length === MAX_IMAGES) this.problems.push(`more than ${MAX_IMAGES} images: the rest was not read`);
      return;
    }
    const shown = name === undefined ? this.#archive : name.replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, '');
    this.images.push({ name: shown, isNamed: name !== undefined, platform, config, layers, isAttestation });
  }

  /** A bare tag is one of the archive. */
  #reference(text: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    return /[:/]/.test(text) ? text : `${this.#archive}:${text}`;
  }

  #json(part: string): JsonFile | undefined {
    const text = this.#parts.get(part);
    if (text === undefined) return undefined;
    const file = readJson(text);
    const [problem] = file.problems;
    if (problem !== undefined) this.problems.push(`${part} is ${problem}`);
    return file;
  }
}

function partOfDigest(digest: string | undefined): string | undefined {
  const match = /^(?<algorithm>\w+):(?<hex>[0-9a-f]{32,128})$/.exec(digest ?? '');
  return match === null ? undefined : `blobs/${match.groups?.algorithm}/${match.groups?.hex}`;
}
