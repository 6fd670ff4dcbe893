import { printable } from '../util/sanitize.ts';
import type { ProofCheck } from './proof.ts';
import type { Signature } from './seal.ts';
import type { Verification } from './verify.ts';

/** Said with every result, good or not: a signature is often taken for more. */
export const PROVES =
  'A valid signature proves that these files are unaltered since the holder of the key signed them. It does not prove that what was collected was true or complete when it was collected.';
const UNSIGNED =
  'An unsigned pack proves only that its files fit together: whoever can change them can make the digests anew. Compare the manifest digest with one kept elsewhere.';

export function tellVerification(verification: Verification): string {
  const { pack, form, good, problems, notes, signature, manifest, manifestDigest, files, chain } = verification;
  // Of an expired signer the files may be what they were; the pack is not good all the same.
  const what = problems.every(({ kind }) => kind === 'signer' || kind === 'chain') ? 'good' : 'as it was packed';
  const lines = [
    good
      ? `${printable(pack)}: good. ${files} files, each as it was packed.`
      : `${printable(pack)}: NOT ${what}. ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}:`,
    ...problems.map(({ file, kind, message }) => `  ${kind.padEnd(11)} ${printable(file)}: ${printable(message)}`),
    `  form        ${form}`,
  ];
  if (manifest !== undefined) {
    const { run, tool, createdAt, findings } = manifest;
    lines.push(
      `  run         ${printable(run.id)} of ${printable(run.startedAt)}, nhi-audit ${printable(run.toolVersion)}, ${printable(run.engine)}`,
      `  packed      ${printable(createdAt)} by nhi-audit ${printable(tool.version)}`,
      `  findings    ${findings.count}, root ${findings.root}`,
    );
  }
  if (manifestDigest !== undefined) lines.push(`  manifest    ${manifestDigest}`);
  if (manifest?.previous !== undefined || chain !== 'not-asked') {
    const result = { 'not-asked': '(not compared: --previous)', good: '(as given)', broken: '(not what was given)' }[chain];
    lines.push(`  previous    ${manifest?.previous ?? 'none'} ${result}`);
  }
  lines.push(`  signature   ${signatureText(signature)}`);
  for (const note of notes) lines.push(`  note        ${printable(note)}`);
  lines.push(signature.state === 'unsigned' ? UNSIGNED : PROVES);
  return `${lines.join('\n')}\n`;
}

function signatureText({ state, keyId, name, identity, signedAt }: Signature): string {
  const who = printable([keyId, name].filter((part) => part !== undefined).join(', '));
  const when = printable(signedAt ?? 'at an unknown time');
  return {
    unsigned: 'none: the pack is not signed',
    invalid: 'NOT valid',
    'own-word': `valid, of key ${who}, ${when}; whose key that is, nobody said`,
    keyless: `of a certificate that claims to be of ${printable(identity ?? '')}, ${when}; who issued it is not checked offline`,
    trusted: `valid, of ${who}, ${when}`,
  }[state];
}

export function verificationJson({ manifest, ...rest }: Verification): object {
  return {
    ...rest,
    proves: rest.signature.state === 'unsigned' ? UNSIGNED : PROVES,
    ...(manifest === undefined
      ? {}
      : {
          run: manifest.run,
          tool: manifest.tool,
          createdAt: manifest.createdAt,
          findings: manifest.findings,
          ...(manifest.previous === undefined ? {} : { previous: manifest.previous }),
        }),
  };
}

export function tellProof({ proof, isIncluded, seal, good }: ProofCheck): string {
  const { finding, index, count, root, run } = proof;
  const lines = [
    isIncluded
      ? `Finding ${printable(String(finding.fingerprint))} is number ${index + 1} of ${count} with root ${root}.`
      : `The finding is NOT one of those with root ${root}: it, or the proof, was changed.`,
    `  run         ${printable(run)}`,
  ];
  for (const { message } of seal?.problems ?? []) lines.push(`  signature   ${printable(message)}`);
  if (seal?.statement !== undefined) {
    const isSame = good || (seal.statement.predicate.findings.root === root && seal.statement.predicate.run === run);
    lines.push(`  signature   ${signatureText(seal.signature)}`);
    if (!isSame) lines.push('  signature   the root that was signed is another one');
  } else if (seal === undefined) {
    lines.push('  signature   none: compare the root with findings.root in the manifest of the pack');
  }
  for (const note of seal?.notes ?? []) lines.push(`  note        ${printable(note)}`);
  lines.push(PROVES);
  return `${lines.join('\n')}\n`;
}

export function proofJson({ proof, isIncluded, seal, good }: ProofCheck): object {
  const { envelope: _, ...rest } = proof;
  return {
    good,
    isIncluded,
    ...rest,
    ...(seal === undefined ? {} : { signature: seal.signature, problems: seal.problems, notes: seal.notes }),
    proves: PROVES,
  };
}
