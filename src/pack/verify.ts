import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { sha256 } from '../util/digest.ts';
import { ConfigError, codeOf, messageOf } from '../util/errors.ts';
import { checkContents } from './check-contents.ts';
import { checkFindings } from './check-findings.ts';
import {
  BESIDE_MANIFEST,
  BUNDLE,
  byPath,
  ENVELOPE,
  FINDINGS,
  type FileDigest,
  isPackPath,
  MANIFEST,
  MOST_HELD,
  REQUIRED,
  SUMS,
} from './format.ts';
import { Manifest } from './manifest.ts';
import type { Problem } from './problem.ts';
import { checkSeal, isStatementOf, parsed, type SealChoices, type Signature, signedManifest } from './seal.ts';
import { type Measured, measure, openDirectory, type PackFile, type PackSource, readWhole } from './source.ts';
import { checkSums, readSums } from './sums.ts';
import { openArchive } from './zip-read.ts';

export interface Verification {
  readonly pack: string;
  readonly form: 'directory' | 'archive';
  readonly good: boolean;
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
  readonly signature: Signature;
  /** Absent where it cannot be read. */
  readonly manifest?: Manifest;
  readonly manifestDigest?: string;
  readonly files: number;
  /** Of the pack before, where one was given. */
  readonly chain: 'not-asked' | 'good' | 'broken';
}

export interface VerifyChoices extends SealChoices {
  /** Digest of the manifest of the pack before. */
  readonly previous?: string;
}

/** Looks at every byte of a pack. Nothing of it is written anywhere, followed or inflated. */
export function verifyPack(path: string, choices: VerifyChoices): Verification {
  const name = basename(path);
  const { source, form } = openPack(path, name);
  try {
    return { pack: name, form, ...examine(source, choices) };
  } finally {
    source.close();
  }
}

/** Throws `ConfigError` for what is neither a directory nor a file that can be opened. */
export function openPack(path: string, name: string): { readonly source: PackSource; readonly form: 'directory' | 'archive' } {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return { source: openDirectory(path), form: 'directory' };
    if (stat.isFile()) return { source: openArchive(path, name), form: 'archive' };
  } catch (error) {
    throw new ConfigError(`The pack ${path} cannot be read: ${codeOf(error) ?? messageOf(error)}`, {
      code: 'PACK_UNREADABLE',
      hint: 'Name the directory or the .zip that nhi-audit pack wrote.',
      cause: error,
    });
  }
  throw new ConfigError(`${path} is no pack: neither a directory nor a file`, {
    code: 'PACK_UNREADABLE',
    hint: 'Name the directory or the .zip that nhi-audit pack wrote.',
  });
}

function examine(source: PackSource, choices: VerifyChoices): Omit<Verification, 'pack' | 'form'> {
  const problems = new Problems(source.problems);
  const files = new Map(source.files.map((file) => [file.path, file]));
  const manifestBytes = bytesOf(files, MANIFEST, problems);
  if (manifestBytes === undefined) problems.addOnce(MANIFEST, 'missing', 'not there; a pack has one');
  const manifest = manifestBytes === undefined ? undefined : parsed(manifestBytes, (json) => Manifest.safeParse(json).data);
  if (manifest === undefined) problems.addOnce(MANIFEST, 'changed', 'not a manifest as it was written');
  else checkList(manifest, problems);
  const seal = checkSeal(bytesOf(files, ENVELOPE, problems), bytesOf(files, BUNDLE, problems), choices);
  problems.addAll(seal.problems);
  if (files.has(ENVELOPE) && files.has(BUNDLE)) problems.addOnce(BUNDLE, 'extra', 'a pack is signed in one way');

  const ofManifest: FileDigest | undefined =
    manifestBytes === undefined ? undefined : { path: MANIFEST, size: manifestBytes.length, sha256: sha256(manifestBytes) };
  const sums = readSums(bytesOf(files, SUMS, problems));
  const { statement } = seal;
  if (statement !== undefined && ofManifest !== undefined) {
    if (signedManifest(statement) !== ofManifest.sha256)
      problems.addOnce(MANIFEST, 'changed', 'not the manifest that was signed');
    else if (manifest !== undefined && !isStatementOf(statement, manifest, ofManifest)) {
      const signed = files.has(ENVELOPE) ? ENVELOPE : BUNDLE;
      problems.addOnce(signed, 'signature', 'the statement says something else than the manifest that it names');
    }
  } else if (ofManifest !== undefined && sums !== undefined && sums.get(MANIFEST) !== ofManifest.sha256) {
    problems.addOnce(MANIFEST, 'changed', `${SUMS} has another digest of it: one of the two was changed`);
  }

  // Whose word on the files counts: a manifest that nothing speaks against, else what was signed, else the sums.
  const expected = new Map<string, string>();
  const isBelieved = statement !== undefined && (manifest === undefined || problems.has(MANIFEST));
  if (isBelieved) for (const { name, digest } of statement.subject) expected.set(name, digest.sha256);
  else if (manifest !== undefined && !problems.has(MANIFEST))
    for (const file of manifest.files) expected.set(file.path, file.sha256);
  else for (const [path, digest] of sums ?? []) expected.set(path, digest);
  for (const path of BESIDE_MANIFEST) expected.delete(path);

  const sizes = new Map(manifest?.files.map(({ path, size }) => [path, size]));
  const isBounded = manifest !== undefined && !problems.has(MANIFEST);
  const measured = new Map<string, Measured>();
  for (const file of source.files) {
    const wanted = expected.get(file.path);
    // Too large to be what it says it is: not read to its end either, which a file of holes puts off for hours.
    if (BESIDE_MANIFEST.has(file.path) && file.size > MOST_HELD) continue;
    if (wanted === undefined && !BESIDE_MANIFEST.has(file.path)) {
      problems.addOnce(file.path, 'extra', 'not in the manifest: it was added');
    } else if (isBounded && sizes.has(file.path) && sizes.get(file.path) !== file.size) {
      problems.addOnce(file.path, 'changed', `${file.size} bytes, where ${sizes.get(file.path)} were packed`);
    } else {
      const found = tryMeasure(file, problems);
      if (found === undefined) continue;
      measured.set(file.path, found);
      if (wanted !== undefined && found.sha256 !== wanted)
        problems.addOnce(file.path, 'changed', 'its content is not what was packed');
    }
  }
  for (const path of expected.keys()) {
    if (!files.has(path)) problems.addOnce(path, 'missing', 'not there; it was packed');
  }
  for (const path of [ENVELOPE, BUNDLE]) {
    if (sums?.has(path) === true && !files.has(path))
      problems.addOnce(path, 'missing', `not there, and ${SUMS} lists it: it was signed`);
  }
  problems.addAll(
    checkSums(bytesOf(files, SUMS, problems), sums, { expected, measured, isNamed: (file) => problems.has(file), statement }),
  );
  const findings = files.get(FINDINGS);
  if (manifest !== undefined && findings !== undefined && !problems.has(FINDINGS) && !problems.has(MANIFEST)) {
    problems.addAll(checkFindings(findings, manifest.findings));
  }
  const contents =
    manifest === undefined || problems.has(MANIFEST)
      ? { problems: [], notes: [] }
      : checkContents(manifest, (path) => (problems.has(path) ? undefined : files.get(path)));
  problems.addAll(contents.problems);
  problems.addAll(source.finish(measured), true);
  const chain = checkChain(manifest, choices.previous);
  problems.addAll(chain.problems);
  return {
    good: problems.list.length === 0,
    problems: problems.list,
    notes: [...seal.notes, ...contents.notes],
    signature: seal.signature,
    ...(manifest === undefined ? {} : { manifest }),
    ...(ofManifest === undefined ? {} : { manifestDigest: ofManifest.sha256 }),
    files: source.files.length,
    chain: chain.state,
  };
}

/** Problems found so far. */
class Problems {
  readonly list: Problem[] = [];

  constructor(first: readonly Problem[]) {
    this.list.push(...first);
  }

  has(file: string): boolean {
    return this.list.some((problem) => problem.file === file);
  }

  /** Unless something is known of the file already. */
  addOnce(file: string, kind: Problem['kind'], message: string): void {
    if (!this.has(file)) this.list.push({ file, kind, message });
  }

  addAll(problems: readonly Problem[], isOnce = false): void {
    for (const { file, kind, message } of problems) {
      if (isOnce) this.addOnce(file, kind, message);
      else this.list.push({ file, kind, message });
    }
  }
}

function bytesOf(files: ReadonlyMap<string, PackFile>, path: string, problems: Problems): Buffer | undefined {
  const file = files.get(path);
  if (file === undefined) return undefined;
  try {
    const bytes = readWhole(file);
    if (bytes === undefined) problems.addOnce(path, 'limit', `larger than ${MOST_HELD} bytes: not read`);
    return bytes;
  } catch (error) {
    problems.addOnce(path, 'changed', `cannot be read: ${codeOf(error) ?? messageOf(error)}`);
    return undefined;
  }
}

function tryMeasure(file: PackFile, problems: Problems): Measured | undefined {
  try {
    const found = measure(file);
    if (found.size === file.size) return found;
    problems.addOnce(file.path, 'changed', `${found.size} bytes, where there should be ${file.size}`);
  } catch (error) {
    problems.addOnce(file.path, 'changed', `cannot be read: ${codeOf(error) ?? messageOf(error)}`);
  }
  return undefined;
}

/** The manifest's own list: sorted, each file once, none that a pack cannot have, and all that one must have. */
function checkList({ files }: Manifest, problems: Problems): void {
  for (const { path } of files) {
    if (!isPackPath(path) || BESIDE_MANIFEST.has(path)) {
      problems.addOnce(MANIFEST, 'unsafe-path', `lists ${JSON.stringify(path)}, which no pack may have`);
    }
  }
  const sorted = files.toSorted(byPath);
  if (new Set(files.map(({ path }) => path)).size < files.length) problems.addOnce(MANIFEST, 'duplicate', 'lists a file twice');
  if (files.some(({ path }, index) => path !== sorted[index]?.path)) {
    problems.addOnce(MANIFEST, 'reordered', 'its files are not in order');
  }
  const listed = new Set(files.map(({ path }) => path));
  for (const path of REQUIRED) {
    if (!listed.has(path)) problems.addOnce(path, 'missing', 'the manifest does not list it, and every pack has one');
  }
}

function checkChain(
  manifest: Manifest | undefined,
  previous: string | undefined,
): { readonly state: Verification['chain']; readonly problems: readonly Problem[] } {
  if (previous === undefined) return { state: 'not-asked', problems: [] };
  if (manifest?.previous === previous) return { state: 'good', problems: [] };
  const said = manifest?.previous === undefined ? 'no pack before it' : `${manifest.previous} as the pack before it`;
  return {
    state: 'broken',
    problems: [{ file: MANIFEST, kind: 'chain', message: `names ${said}, not ${previous}` }],
  };
}
