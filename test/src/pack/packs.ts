import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { AnyReporter, Report } from '../../../src/contracts/index.ts';
import { buildPack, placeOf, type Signing, sealPack } from '../../../src/pack/build.ts';
import { packOutputs, writeContents } from '../../../src/pack/contents.ts';
import type { TrustedKey } from '../../../src/pack/keys.ts';
import { keyIdOf, type Signer } from '../../../src/pack/statement.ts';
import { canonicalJson, sha256 } from '../../../src/util/digest.ts';
import { hostileReport, sampleReport } from '../../helpers/report.ts';

/** Packs of made-up reports, without a store: the reports that are quick to write. */

export const NOW = '2026-06-01T00:00:00.000Z';

/** What held, as it is stored with a run. */
const CONFIG = { failOn: 'high', exclude: ['vendor/**', "it's: #1"] };

export interface TestKey {
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  readonly signer: Signer;
  readonly trusted: TrustedKey;
}

export function testKey(dates: Pick<Signer, 'notBefore' | 'notAfter' | 'name'> = {}): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyId = keyIdOf(publicKey);
  const signer = { keyId, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(), ...dates };
  return { key: privateKey, publicKey, signer, trusted: { key: publicKey, keyId } };
}

export interface TestPack {
  readonly name: string;
  readonly signing?: Signing;
  readonly report?: Report;
  readonly previous?: string;
  /** Further files. */
  readonly more?: { readonly [path: string]: string };
}

/** Returns the path and the digest of the manifest. */
export async function testPack(
  root: string,
  { name, signing = { how: 'none' }, report = sampleReport(), previous, more = {} }: TestPack,
): Promise<{ readonly path: string; readonly digest: string }> {
  const path = join(root, name);
  const outputs = (await packOutputs()).map((output) =>
    ['sarif', 'json'].includes(output.reporter.id) ? output : { ...output, reporter: blank(output.file, output.reporter) },
  );
  const digest = await buildPack(placeOf(path), async (staging) => {
    const method = {
      configDigest: sha256(canonicalJson(CONFIG)),
      config: stringify(CONFIG),
      rules: [{ file: 'rules/checks/leak/x.sql', sha256: 'd'.repeat(64) }],
      catalogues: [],
      platform: 'linux x64',
    };
    const run = { id: report.run.id };
    const table = { file: 'run.parquet', sha256: sha256('PAR1') };
    await staging.writeText('tables/manifest.json', `${JSON.stringify({ run, tables: [table] })}\n`);
    await staging.writeText('tables/run.parquet', 'PAR1');
    for (const [file, text] of Object.entries(more)) await staging.writeText(file, text);
    const tree = await writeContents(
      staging,
      { outputs, report, findings: [...report.findings, ...report.accepted], method },
      () => {},
    );
    const facts = { report, method, tree, now: NOW, toolVersion: '0.1.0', ...(previous === undefined ? {} : { previous }) };
    return await sealPack(staging, facts, signing);
  });
  return { path, digest };
}

/** Stands for a report that takes long to write, or needs a store. */
function blank(file: string, reporter: AnyReporter): AnyReporter {
  return { ...reporter, render: () => [`${file} of a test\n`] };
}

export function signedBy({ key, signer }: TestKey): Signing {
  return { how: 'key', key, signer };
}

export { hostileReport, sampleReport };
