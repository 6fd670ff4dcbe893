import { mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { Io } from '../io.ts';
import { assertFree, buildPack, placeOf, type Signing, sealPack } from '../pack/build.ts';
import { OWN_PARTS, packOutputs, writeContents } from '../pack/contents.ts';
import { TABLES } from '../pack/format.ts';
import { makeKey, readSigningKey, signerFileOf } from '../pack/keys.ts';
import { previousDigest } from '../pack/previous.ts';
import type { Staging } from '../pack/staging.ts';
import { writeTables } from '../pack/tables.ts';
import { unionOfParts } from '../run/parts/index.ts';
import { makeReport, unknownRules } from '../run/report.ts';
import { loadJudgement } from '../run/rules.ts';
import { chooseFrameworks } from '../run.ts';
import { ConfigError, EXIT, Interrupted } from '../util/errors.ts';
import { count } from '../util/report-text.ts';
import { printable } from '../util/sanitize.ts';
import { shellWord } from '../util/shell-word.ts';
import { toolVersion } from '../util/version.ts';
import { tellUnknownRules, withStore } from './with-store.ts';

export interface PackOptions {
  readonly store?: string;
  readonly run?: string;
  readonly output?: string;
  readonly framework: readonly string[];
  readonly previous?: string;
  readonly signKey?: string;
  readonly keyless?: boolean;
  readonly newKey?: string;
  readonly signer?: string;
  readonly days?: string;
  readonly config?: string;
  readonly quiet?: boolean;
}

const DAY = 24 * 60 * 60 * 1000;

/** An evidence pack of a stored run; or, with `--new-key`, a key to sign packs with. */
export async function packCommand(io: Io, options: PackOptions): Promise<number> {
  if (options.newKey !== undefined) return await newKey(io, options.newKey, options);
  if (options.store === undefined) {
    throw usage('pack needs a store', 'nhi-audit pack --store audit.duckdb -o evidence.zip');
  }
  if (options.signer !== undefined || options.days !== undefined) {
    throw usage(
      '--signer and --days say of whom, and for how long, a new key is',
      'nhi-audit pack --new-key pack.key --days 365',
    );
  }
  if (options.keyless === true && options.signKey !== undefined) {
    throw usage('A pack is signed with a key or without one', 'Give --sign-key FILE or --keyless, not both.');
  }
  const place = placeOf(resolve(io.directory, options.output ?? 'nhi-audit-pack.zip'));
  // Before the work, not after it.
  assertFree(place);
  const signing = await signingOf(io, options);
  const previous = options.previous === undefined ? undefined : previousDigest(options.previous, io.directory);
  const made = await buildPack(place, (staging) =>
    fill(staging, io, { ...options, store: options.store ?? '' }, { signing, previous }),
  );
  await io.stdout(`${made.digest}\n`);
  if (options.quiet !== true) tell(io, place.path, made, signing);
  return EXIT.clean;
}

interface Made {
  readonly digest: string;
  readonly run: string;
  readonly files: number;
  readonly findings: number;
}

async function fill(
  staging: Staging,
  io: Io,
  options: PackOptions & { readonly store: string },
  { signing, previous }: { readonly signing: Signing; readonly previous: string | undefined },
): Promise<Made> {
  const config = await loadConfig(io.directory, options.config);
  const { checks, disabled, frameworks } = await loadJudgement(config);
  const wanted = await chooseFrameworks(frameworks, options.framework.length > 0 ? options.framework : config.frameworks);
  const outputs = await packOutputs();
  const parts = [...new Set([...OWN_PARTS, ...unionOfParts(outputs)])].sort();
  const exportTo = join(staging.directory, TABLES);
  mkdirSync(exportTo);
  const facts = await withStore(
    io,
    options,
    async (store, read) => {
      const read_ = await read(parts);
      await writeTables(staging, store);
      return read_;
    },
    { exportTo },
  );
  tellUnknownRules(io, unknownRules(facts, [...checks, ...disabled]));
  const report = makeReport(facts, [...checks, ...disabled], wanted, { persona: 'auditor', newOnly: false });
  const method = facts.parts?.method;
  if (method === undefined) throw new Error('the method of the run was asked for and is not there');
  const tree = await writeContents(staging, { outputs, report, findings: facts.findings, method }, () => {
    if (io.signal.aborted) throw new Interrupted();
  });
  const packFacts = { report, method, tree, now: io.clock().toISOString(), toolVersion: toolVersion() };
  const digest = await sealPack(staging, { ...packFacts, ...(previous === undefined ? {} : { previous }) }, signing);
  return { digest, run: facts.run.id, files: staging.files.length, findings: tree.count };
}

async function signingOf(io: Io, { signKey, keyless }: PackOptions): Promise<Signing> {
  if (keyless === true) {
    const { attest, loadSigstore, PUBLIC_LOG } = await import('../pack/keyless.ts');
    const sigstore = await loadSigstore();
    io.stderr(`${PUBLIC_LOG}\n`);
    return { how: 'keyless', attest: (statement) => attest(sigstore, statement, io.env.SIGSTORE_ID_TOKEN) };
  }
  if (signKey === undefined) return { how: 'none' };
  const file = resolve(io.directory, signKey);
  const { key, signer, isOpenToOthers } = readSigningKey(file, io.env.NHI_AUDIT_KEY_PASSPHRASE);
  if (isOpenToOthers)
    io.stderr(`Others may read the private key ${printable(signKey)}: chmod 600 ${printable(shellWord(signKey))}\n`);
  const now = io.clock();
  const { notBefore, notAfter } = signer;
  const isEarly = notBefore !== undefined && now.getTime() < Date.parse(notBefore);
  if (isEarly || (notAfter !== undefined && now.getTime() > Date.parse(notAfter))) {
    throw new ConfigError(
      isEarly ? `The signing key is valid only from ${notBefore} on` : `The signing key has expired (${notAfter})`,
      { code: 'SIGNER_EXPIRED', hint: `${signerFileOf(file)} says so. Make a new key: nhi-audit pack --new-key FILE` },
    );
  }
  return { how: 'key', key, signer };
}

function tell(io: Io, path: string, { run, files, findings }: Made, signing: Signing): void {
  const name = printable(basename(path));
  const how = {
    none: 'It is not signed: whoever can change it can make its digests anew.',
    key: `Signed with key ${signing.how === 'key' ? signing.signer.keyId : ''}.`,
    keyless: 'Signed without a key; the entry is in the public log.',
  }[signing.how];
  io.stderr(`${name}: ${files} files of run ${run}, ${count(findings, 'finding')}. ${how}\n`);
  io.stderr('  The digest above names it: give it to the next pack with --previous, and keep it where nobody can change it.\n');
  io.stderr(`  nhi-audit verify ${printable(shellWord(name))}${signing.how === 'key' ? ' --key PUBLIC.pem' : ''}\n`);
}

async function newKey(io: Io, file: string, { signer, days }: PackOptions): Promise<number> {
  const validDays = days === undefined ? undefined : Number(days);
  if (validDays !== undefined && !(Number.isInteger(validDays) && validDays > 0 && validDays <= 36_500)) {
    throw usage(`--days cannot be "${days}"`, 'A whole number of days: --days 365');
  }
  if (signer !== undefined && (signer.trim() === '' || signer.length > 200)) {
    throw usage('--signer cannot be that name', 'One of at most 200 characters: --signer "Audit, Harbour"');
  }
  const now = io.clock();
  const made = makeKey(resolve(io.directory, file), {
    ...(signer === undefined ? {} : { name: signer }),
    notBefore: now.toISOString(),
    ...(validDays === undefined ? {} : { notAfter: new Date(now.getTime() + validDays * DAY).toISOString() }),
  });
  await io.stdout(`${made.keyId}\n`);
  io.stderr(`Private key ${printable(made.privateKey)}: for you alone; whoever has it can sign in your place.\n`);
  io.stderr(
    `Public key ${printable(made.publicKey)}, the same with its validity ${printable(made.signer)}: for whoever verifies.\n`,
  );
  return EXIT.clean;
}

function usage(message: string, hint: string): ConfigError {
  return new ConfigError(message, { code: 'USAGE', hint });
}
