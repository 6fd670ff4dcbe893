import { basename } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../util/errors.ts';
import { canonicalText } from './canonical.ts';
import { linesOf } from './check-findings.ts';
import { ENVELOPE, FINDINGS, MANIFEST } from './format.ts';
import { Digest, Manifest } from './manifest.ts';
import { leafHash, merklePath, merkleRoot, rootOf } from './merkle.ts';
import { checkSeal, parsed, type SealCheck, type SealChoices } from './seal.ts';
import { readWhole } from './source.ts';
import { Envelope } from './statement.ts';
import { openPack } from './verify.ts';

const PROOF_TYPE = 'urn:nhi-audit:finding-proof:1';

/** One finding, and that it is among those of a pack, without the others. */
const Proof = z.strictObject({
  type: z.literal(PROOF_TYPE),
  run: z.string(),
  finding: z.record(z.string(), z.unknown()),
  index: z.number().int().nonnegative(),
  count: z.number().int().positive(),
  path: z.array(Digest).max(64),
  root: Digest,
  /** The signed statement, which holds the root and names of files, and no other finding. */
  envelope: Envelope.optional(),
});
export type Proof = z.infer<typeof Proof>;

/** Throws `ConfigError` where the pack has no such finding, or is not whole enough to prove anything of it. */
export function proveFinding(path: string, fingerprint: string): Proof {
  const { source } = openPack(path, basename(path));
  try {
    const whole = (name: string): Buffer | undefined => {
      const file = source.files.find((one) => one.path === name);
      return file === undefined ? undefined : readWhole(file);
    };
    const manifestBytes = whole(MANIFEST);
    const manifest = manifestBytes === undefined ? undefined : parsed(manifestBytes, (json) => Manifest.safeParse(json).data);
    const findings = source.files.find((one) => one.path === FINDINGS);
    if (manifest === undefined || findings === undefined) throw broken(path, 'its manifest or its findings cannot be read');
    const leaves: Buffer[] = [];
    const hits: { readonly index: number; readonly finding: { readonly [name: string]: unknown } }[] = [];
    for (const line of linesOf(findings)) {
      if (line === undefined) throw broken(path, 'a finding in it is too long');
      if (line.includes(fingerprint)) {
        const finding = parsed(line, (json) => json as { readonly [name: string]: unknown });
        if (String(finding?.fingerprint).startsWith(fingerprint)) hits.push({ index: leaves.length, finding: finding ?? {} });
      }
      leaves.push(leafHash(line));
    }
    const root = merkleRoot(leaves).toString('hex');
    if (root !== manifest.findings.root) throw broken(path, 'its findings do not lead to the root in its manifest');
    const [hit] = hits;
    if (hit === undefined || hits.length > 1) throw notOne(fingerprint, hits.length);
    const envelopeBytes = whole(ENVELOPE);
    const envelope = envelopeBytes === undefined ? undefined : parsed(envelopeBytes, (json) => Envelope.safeParse(json).data);
    return {
      type: PROOF_TYPE,
      run: manifest.run.id,
      finding: hit.finding,
      index: hit.index,
      count: leaves.length,
      path: merklePath(leaves, hit.index).map((hash) => hash.toString('hex')),
      root,
      ...(envelope === undefined ? {} : { envelope }),
    };
  } finally {
    source.close();
  }
}

function broken(path: string, why: string): ConfigError {
  return new ConfigError(`${path} proves nothing: ${why}`, {
    code: 'PACK_BROKEN',
    hint: 'See what is wrong with it: nhi-audit verify PACK',
  });
}

function notOne(fingerprint: string, hits: number): ConfigError {
  return new ConfigError(
    hits === 0 ? `The pack has no finding ${fingerprint}` : `${hits} findings of the pack begin with ${fingerprint}`,
    { code: 'FINDING_UNKNOWN', hint: 'Fingerprints stand in reports/findings.csv of the pack; give more of it, or all.' },
  );
}

export interface ProofCheck {
  readonly proof: Proof;
  /** The finding is one of those that lead to the root. */
  readonly isIncluded: boolean;
  /** Of the statement in it, where it has one. */
  readonly seal?: SealCheck;
  readonly good: boolean;
}

/** `undefined` for a text that is no proof, or says something twice: of two findings one would be read and the other verified. */
export function readProof(text: string): Proof | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return membersOf(text) === countMembers(json) ? Proof.safeParse(json).data : undefined;
  } catch {
    return undefined;
  }
}

/** In JSON text a colon outside of strings stands behind each name, and nowhere else. */
function membersOf(text: string): number {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/gs, '').split(':').length - 1;
}

/** Of what was parsed: a name that stood twice in an object is there once. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members = Object.values(value);
  return members.reduce<number>((sum, member) => sum + countMembers(member), Array.isArray(value) ? 0 : members.length);
}

export function checkProof(proof: Proof, choices: SealChoices): ProofCheck {
  const { finding, index, count, path, root, envelope } = proof;
  const hashes = path.map((hash) => Buffer.from(hash, 'hex'));
  const found = rootOf(leafHash(canonicalText(finding)), index, count, hashes)?.toString('hex');
  const isIncluded = found === root;
  const seal = checkSeal(envelope === undefined ? undefined : Buffer.from(canonicalText(envelope)), undefined, choices);
  const signed = seal.statement?.predicate;
  const isSigned =
    signed === undefined || (signed.findings.root === root && signed.findings.count === count && signed.run === proof.run);
  return {
    proof,
    isIncluded,
    ...(envelope === undefined && seal.problems.length === 0 ? {} : { seal }),
    good: isIncluded && isSigned && seal.problems.length === 0,
  };
}
