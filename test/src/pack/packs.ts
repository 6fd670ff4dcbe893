import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { Report } from '../../../src/contracts/index.ts';
import { buildPack, placeOf, type Signing, sealPack } from '../../../src/pack/build.ts';
import { packOutputs, writeContents } from '../../../src/pack/contents.ts';
import type { TrustedKey } from '../../../src/pack/keys.ts';
import { keyIdOf, type Signer } from '../../../src/pack/statement.ts';
import { hostileReport, sampleReport } from '../../helpers/report.ts';

/** Packs of made-up reports, without a store: the reports that are quick to write. */

export const NOW = '2026-06-01T00:00:00.000Z';

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
  const outputs = (await packOutputs()).filter(({ reporter }) => ['sarif', 'json'].includes(reporter.id));
  const digest = await buildPack(placeOf(path), async (staging) => {
    const method = {
      configDigest: 'c'.repeat(64),
      config: 'failOn: high\n',
      rules: [{ file: 'rules/checks/leak/x.sql', sha256: 'd'.repeat(64) }],
      catalogues: [],
      platform: 'linux x64',
    };
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

export function signedBy({ key, signer }: TestKey): Signing {
  return { how: 'key', key, signer };
}

export { hostileReport, sampleReport };
