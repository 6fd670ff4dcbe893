import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import type { Io } from '../io.ts';
import { BUNDLE, MOST_HELD } from '../pack/format.ts';
import { readTrustedKeys } from '../pack/keys.ts';
import { previousDigest } from '../pack/previous.ts';
import type { Problem } from '../pack/problem.ts';
import { checkProof, type Proof, readProof } from '../pack/proof.ts';
import { readWhole } from '../pack/source.ts';
import { proofJson, tellProof, tellVerification, verificationJson } from '../pack/tell.ts';
import { openPack, type Verification, verifyPack } from '../pack/verify.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { jsonText, printable } from '../util/sanitize.ts';

export interface VerifyOptions {
  readonly key?: string;
  readonly previous?: string;
  readonly identity?: string;
  readonly issuer?: string;
  readonly requireSignature?: boolean;
  readonly at?: string;
  readonly format: 'text' | 'json';
}

/** Is a pack (or the proof of one finding) as it was made? Exit 0 when it is, 1 when not. Offline, unless an identity is named. */
export async function verifyCommand(io: Io, pack: string, options: VerifyOptions): Promise<number> {
  const path = resolve(io.directory, pack);
  if ((options.identity === undefined) !== (options.issuer === undefined)) {
    throw new ConfigError('--identity and --issuer go together', {
      code: 'USAGE',
      hint: 'For GitHub Actions: --issuer https://token.actions.githubusercontent.com --identity https://github.com/OWNER/REPO/…',
    });
  }
  const trusted = options.key === undefined ? [] : readTrustedKeys(resolve(io.directory, options.key));
  const now = io.clock().toISOString();
  const choices = {
    trusted,
    now,
    ...(options.at === undefined ? {} : { at: instantOf(options.at, now) }),
    ...(options.requireSignature === true ? { needsSignature: true } : {}),
  };
  const proof = proofAt(path);
  if (proof === 'broken') {
    const problems: readonly Problem[] = [{ file: basename(path), kind: 'changed', message: NO_PROOF }];
    const text = `${printable(basename(path))}: NOT good. ${NO_PROOF}.\n`;
    await io.stdout(options.format === 'json' ? `${jsonText({ good: false, problems }, 2)}\n` : text);
    return EXIT.findings;
  }
  if (proof !== undefined) {
    const check = checkProof(proof, choices);
    await io.stdout(options.format === 'json' ? `${jsonText(proofJson(check), 2)}\n` : tellProof(check));
    return check.good ? EXIT.clean : EXIT.findings;
  }
  const previous = options.previous === undefined ? undefined : previousDigest(options.previous, io.directory);
  const offline = verifyPack(path, { ...choices, ...(previous === undefined ? {} : { previous }) });
  const { identity, issuer } = options;
  const verification =
    identity === undefined || issuer === undefined ? offline : await askSigstore(io, path, offline, { identity, issuer });
  await io.stdout(
    options.format === 'json' ? `${jsonText(verificationJson(verification), 2)}\n` : tellVerification(verification),
  );
  return verification.good ? EXIT.clean : EXIT.findings;
}

/** A day is its end, and today is now: what was there at some time of the day was there when it ended. */
function instantOf(text: string, now: string): string {
  const isDay = z.iso.date().safeParse(text).success;
  if (!isDay && !z.iso.datetime().safeParse(text).success) {
    throw new ConfigError(`--at cannot be "${text}"`, {
      code: 'USAGE',
      hint: 'A day or a time, UTC: --at 2026-11-22 or 2026-11-22T09:00:00Z',
    });
  }
  const at = isDay ? `${text}T23:59:59.999Z` : text;
  if (isDay && text === now.slice(0, 10)) return now;
  if (Date.parse(at) <= Date.parse(now)) return at;
  throw new ConfigError(`--at ${text} is yet to come`, {
    code: 'USAGE',
    hint: 'It says when the pack is known to have been there.',
  });
}

const NO_PROOF = 'It is JSON, and no proof of a finding as nhi-audit writes it, or says something twice';

/** `undefined` for what is no JSON, and so to be looked at as a pack. */
function proofAt(path: string): Proof | 'broken' | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.size > MOST_HELD) return undefined;
  const head = Buffer.alloc(1);
  const handle = openSync(path, 'r');
  try {
    readSync(handle, head, 0, 1, 0);
  } finally {
    closeSync(handle);
  }
  return head.toString() === '{' ? (readProof(readFileSync(path, 'utf8')) ?? 'broken') : undefined;
}

async function askSigstore(
  io: Io,
  path: string,
  offline: Verification,
  who: { readonly identity: string; readonly issuer: string },
): Promise<Verification> {
  const failed = (message: string): Verification => {
    const problem: Problem = { file: BUNDLE, kind: 'signer', message };
    return { ...offline, good: false, problems: [...offline.problems, problem] };
  };
  if (offline.signature.state !== 'keyless')
    return failed('the pack has no valid signature of Sigstore, and an identity was named');
  const { loadSigstore, verifyKeyless } = await import('../pack/keyless.ts');
  const sigstore = await loadSigstore();
  io.stderr('Asking tuf-repo-cdn.sigstore.dev for the roots of Sigstore.\n');
  const { source } = openPack(path, basename(path));
  try {
    const file = source.files.find((one) => one.path === BUNDLE);
    const bytes = file === undefined ? undefined : readWhole(file);
    const why = await verifyKeyless(sigstore, JSON.parse(bytes?.toString('utf8') ?? '{}') as object, who);
    if (why !== undefined) return failed(`Sigstore does not confirm ${who.identity}: ${why}`);
    return { ...offline, notes: [], signature: { ...offline.signature, state: 'trusted', name: who.identity } };
  } finally {
    source.close();
  }
}
