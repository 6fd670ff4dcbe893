import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { makeTar } from './archives.ts';

/** Container images made for tests. */
export interface LayerSpec {
  /** Content by path; `.wh.NAME` takes NAME away. */
  readonly files?: { readonly [path: string]: string | Uint8Array };
  /** Instead of files: the bytes of the layer as they stand. */
  readonly bytes?: Uint8Array;
  /** `created_by` of its step; default `COPY . /`. */
  readonly createdBy?: string;
  readonly compression?: 'gzip' | 'zstd' | 'none';
}

export interface ImageSpec {
  /** `harbour/shop:1.4`; absent: nobody named it. */
  readonly name?: string;
  readonly layers?: readonly LayerSpec[];
  readonly env?: readonly string[];
  readonly labels?: { readonly [name: string]: string };
  readonly cmd?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly healthcheck?: readonly string[];
  /** Steps that make no layer, before those that do. */
  readonly steps?: readonly string[];
  /** Of BuildKit's provenance. */
  readonly buildArguments?: { readonly [name: string]: string };
}

/** `docker`: as `docker save` writes it today; `docker-1.10`: a directory a layer; `docker-1.9`: without manifest.json; `oci`: without Docker's manifest. */
export type ImageFormat = 'docker' | 'docker-1.10' | 'docker-1.9' | 'oci';

export type Parts = Map<string, Uint8Array | { readonly link: string }>;

/** The files of an archive or layout, by name. */
export function imageParts(images: readonly ImageSpec[], format: ImageFormat = 'docker'): Parts {
  const parts: Parts = new Map();
  const isOci = format === 'oci' || format === 'docker';
  const manifests: object[] = [];
  const index: object[] = [];
  const repositories: Record<string, Record<string, string>> = {};
  for (const image of images) {
    const layers = (image.layers ?? []).map((layer) => layerBytes(layer));
    const config = Buffer.from(
      JSON.stringify(
        configOf(
          image,
          layers.map(({ plain }) => sha256(plain)),
        ),
      ),
    );
    const stored = layers.map(({ stored: bytes }) => bytes);
    if (isOci) {
      const names = stored.map((bytes) => blob(parts, bytes));
      const configName = blob(parts, config);
      const manifest = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          config: { digest: digestOf(configName) },
          layers: names.map((name) => ({ digest: digestOf(name) })),
        }),
      );
      const named = image.name === undefined ? {} : { annotations: { 'io.containerd.image.name': `docker.io/${image.name}` } };
      index.push({
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digestOf(blob(parts, manifest)),
        platform: { os: 'linux', architecture: 'amd64' },
        ...named,
      });
      if (Object.keys(image.buildArguments ?? {}).length > 0) index.push(provenance(parts, image.buildArguments ?? {}));
      manifests.push({ Config: configName, RepoTags: image.name === undefined ? null : [image.name], Layers: names });
      continue;
    }
    const ids = stored.map((bytes, position) => sha256(Buffer.concat([Buffer.from(`${image.name} ${position}`), bytes])));
    for (const [position, id] of ids.entries()) {
      const parent = ids[position - 1];
      const isTop = position === ids.length - 1;
      const json = isTop ? { id, parent, ...configOf(image, []) } : { id, parent };
      parts.set(`${id}/VERSION`, Buffer.from('1.0'));
      parts.set(`${id}/json`, Buffer.from(JSON.stringify(json)));
      const same = ids.findIndex((_, other) => other < position && stored[other]?.equals(stored[position] as Buffer) === true);
      parts.set(`${id}/layer.tar`, same < 0 ? (stored[position] as Buffer) : { link: `../${ids[same]}/layer.tar` });
    }
    const top = ids.at(-1);
    const [name = 'x', tag = 'latest'] = (image.name ?? 'x:latest').split(':');
    if (top !== undefined) repositories[name] = { ...repositories[name], [tag]: top };
    if (format === 'docker-1.9') continue;
    const configName = `${sha256(config)}.json`;
    parts.set(configName, config);
    manifests.push({
      Config: configName,
      RepoTags: image.name === undefined ? null : [image.name],
      Layers: ids.map((id) => `${id}/layer.tar`),
    });
  }
  if (isOci) {
    parts.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: index })));
    parts.set('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  }
  if (format === 'docker' || format === 'docker-1.10') parts.set('manifest.json', Buffer.from(JSON.stringify(manifests)));
  if (!isOci) parts.set('repositories', Buffer.from(JSON.stringify(repositories)));
  return parts;
}

export function imageArchive(images: readonly ImageSpec[], format: ImageFormat = 'docker'): Buffer {
  return archiveOf(imageParts(images, format));
}

export function archiveOf(parts: Parts): Buffer {
  return makeTar(
    [...parts].map(([name, part]) => ('link' in part ? { name, type: '2', linkName: part.link } : { name, content: part })),
  );
}

export function layerTar(files: LayerSpec['files'] = {}): Buffer {
  return makeTar(Object.entries(files).map(([name, content]) => ({ name, content })));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function layerBytes({ files, bytes, compression = 'none' }: LayerSpec): { readonly plain: Buffer; readonly stored: Buffer } {
  const plain = bytes === undefined ? layerTar(files) : Buffer.from(bytes);
  return { plain, stored: compression === 'gzip' ? gzipSync(plain) : compression === 'zstd' ? zstdCompressSync(plain) : plain };
}

function configOf(
  { env, labels, cmd, entrypoint, healthcheck, steps = [], layers = [] }: ImageSpec,
  diffIds: readonly string[],
): object {
  return {
    architecture: 'amd64',
    os: 'linux',
    config: {
      Env: env ?? null,
      Labels: labels ?? null,
      Cmd: cmd ?? null,
      Entrypoint: entrypoint ?? null,
      ...(healthcheck === undefined ? {} : { Healthcheck: { Test: healthcheck } }),
    },
    history: [
      ...steps.map((step) => ({ created_by: step, empty_layer: true })),
      ...layers.map(({ createdBy }) => ({ created_by: createdBy ?? 'COPY . / # buildkit' })),
    ],
    rootfs: { type: 'layers', diff_ids: diffIds.map((hex) => `sha256:${hex}`) },
  };
}

function provenance(parts: Parts, buildArguments: { readonly [name: string]: string }): object {
  const args = Object.fromEntries(Object.entries(buildArguments).map(([name, value]) => [`build-arg:${name}`, value]));
  const statement = blob(
    parts,
    Buffer.from(
      JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1', predicate: { invocation: { parameters: { args } } } }),
    ),
  );
  const config = blob(parts, Buffer.from('{"architecture":"unknown"}'));
  const manifest = {
    schemaVersion: 2,
    config: { digest: digestOf(config) },
    layers: [{ mediaType: 'application/vnd.in-toto+json', digest: digestOf(statement) }],
  };
  return {
    digest: digestOf(blob(parts, Buffer.from(JSON.stringify(manifest)))),
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  };
}

function blob(parts: Parts, bytes: Uint8Array): string {
  const name = `blobs/sha256/${sha256(bytes)}`;
  parts.set(name, bytes);
  return name;
}

function digestOf(name: string): string {
  return name.replace('blobs/sha256/', 'sha256:');
}
