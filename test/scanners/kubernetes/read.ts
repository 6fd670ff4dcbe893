import { kubernetesFiles } from '../../../scanners/kubernetes/index.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { headOfBytes, sourceFile } from '../../../src/files/source-file.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';

const context = testContext();

/** What the scanner sees in a text. */
export async function readText(text: string, path = 'k8s/app.yaml'): Promise<Observation[]> {
  const bytes = Buffer.from(text);
  const file = sourceFile(path, bytes, { repository: 'harbour/shop', path, atHead: true }, 'work-tree');
  return await collect(kubernetesFiles.scan(file, context));
}

export function recognises(path: string, text: string): boolean {
  return kubernetesFiles.recognises(headOfBytes(path, Buffer.from(text)));
}
