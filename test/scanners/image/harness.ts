import { join } from 'node:path';
import { image } from '../../../scanners/image/index.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import {
  collect,
  type TestContext,
  type TestContextOverrides,
  tempDir,
  testContext,
  writeFile,
} from '../../helpers/scan-context.ts';

export async function scanBytes(
  bytes: Uint8Array,
  overrides: TestContextOverrides = {},
): Promise<{ readonly accepted: boolean; readonly observations: Observation[]; readonly context: TestContext }> {
  const directory = tempDir();
  writeFile(directory, 'shop.tar', bytes);
  const target = { kind: 'path', name: 'shop.tar', path: join(directory, 'shop.tar'), isDirectory: false } as const;
  const context = testContext(overrides);
  const accepted = await image.accepts(target);
  return { accepted, observations: await collect(image.scan(target, context)), context };
}

export async function scanLayout(directory: string, overrides: TestContextOverrides = {}): Promise<Observation[]> {
  return await collect(image.scan({ kind: 'path', name: 'layout', path: directory, isDirectory: true }, testContext(overrides)));
}
