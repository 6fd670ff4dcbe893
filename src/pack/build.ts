import type { KeyObject } from 'node:crypto';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, realpathSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Method, Report } from '../contracts/index.ts';
import { sha256 } from '../util/digest.ts';
import { canonicalText } from './canonical.ts';
import type { FindingsTree } from './contents.ts';
import { BUNDLE, byPath, ENVELOPE, MANIFEST, PACK_TYPE, SUMS, sumsOf } from './format.ts';
import type { Manifest } from './manifest.ts';
import { Staging } from './staging.ts';
import { type Signer, type Statement, signStatement, statementOf } from './statement.ts';
import { notWritten, taken } from './write-errors.ts';
import { writeZip } from './zip-write.ts';

export interface PackPlace {
  /** Absolute. `NAME.zip` is an archive, all else a directory. */
  readonly path: string;
  readonly isArchive: boolean;
}

export function placeOf(path: string): PackPlace {
  return { path, isArchive: /\.zip$/i.test(path) };
}

export type Signing =
  | { readonly how: 'none' }
  | { readonly how: 'key'; readonly key: KeyObject; readonly signer: Signer }
  | { readonly how: 'keyless'; attest(statement: Statement): Promise<object> };

export interface PackFacts {
  readonly report: Report;
  readonly method: Method;
  readonly tree: FindingsTree;
  /** ISO 8601, UTC. */
  readonly now: string;
  readonly toolVersion: string;
  /** Digest of the manifest of the pack before. */
  readonly previous?: string;
}

/**
 * Makes a pack at a place: all of it, or nothing, and what stood there before stays until it is whole. An archive is replaced,
 * as a report is; a directory is not, since that cannot be done in one step.
 */
export async function buildPack<T>(place: PackPlace, fill: (staging: Staging) => Promise<T>): Promise<T> {
  assertFree(place);
  let staging: Staging | undefined;
  try {
    staging = new Staging(place.path);
    const result = await fill(staging);
    if (place.isArchive) moveArchive(place.path, staging);
    else moveDirectory(place.path, staging);
    return result;
  } catch (error) {
    throw notWritten(place.path, error);
  } finally {
    staging?.remove();
  }
}

export function assertFree({ path, isArchive }: PackPlace): void {
  const parent = statSync(dirname(path), { throwIfNoEntry: false });
  if (parent?.isDirectory() !== true) throw taken(path, `${dirname(path)} is no directory`);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (isArchive) {
    if (!there.isFile()) throw taken(path, 'what is there is no file');
  } else if (!there.isDirectory()) throw taken(path, 'a file is there; an archive is asked for by a name that ends in .zip');
  else if (readdirSync(path).length > 0) throw taken(path, 'the directory is not empty');
}

function moveArchive(path: string, staging: Staging): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  const making = `${target}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    writeZip(making, staging.directory, staging.files);
    renameSync(making, target);
  } finally {
    rmSync(making, { force: true });
  }
}

function moveDirectory(path: string, staging: Staging): void {
  if (existsSync(path)) rmdirSync(path);
  renameSync(staging.directory, path);
}

/** Manifest, statement and sums: what binds the files that are staged. Returns the digest of the manifest. */
export async function sealPack(staging: Staging, facts: PackFacts, signing: Signing): Promise<string> {
  const manifest = manifestOf(staging, facts);
  const text = canonicalText(manifest);
  await staging.writeText(MANIFEST, text);
  if (signing.how === 'key') {
    const statement = statementOf(manifest, staging.files, signing.signer);
    await staging.writeText(ENVELOPE, canonicalText(signStatement(statement, signing.key)));
  } else if (signing.how === 'keyless') {
    const statement = statementOf(manifest, staging.files, undefined);
    await staging.writeText(BUNDLE, canonicalText(await signing.attest(statement)));
  }
  await staging.writeText(SUMS, sumsOf(staging.files));
  return sha256(text);
}

function manifestOf(staging: Staging, { report, method, tree, now, toolVersion, previous }: PackFacts): Manifest {
  const { run, frameworks } = report;
  return {
    type: PACK_TYPE,
    createdAt: now,
    tool: { name: 'nhi-audit', version: toolVersion },
    run: {
      id: run.id,
      startedAt: run.startedAt,
      finishedAt: run.finishedAt,
      toolVersion: run.toolVersion,
      engine: run.engine,
      targets: [...run.targets],
      hosts: [...run.hosts],
      rulesDigest: run.rulesDigest,
      fingerprintKeyId: run.fingerprintKeyId,
      ...(method.previous === undefined ? {} : { previous: method.previous }),
    },
    config: method.config === '' ? {} : { sha256: method.configDigest },
    frameworks: frameworks.map(({ id, version }) => `${id} ${version}`),
    findings: tree,
    ...(previous === undefined ? {} : { previous }),
    files: staging.files.toSorted(byPath).map(({ path, size, sha256: digest }) => ({ path, size, sha256: digest })),
  };
}
