import { cloudformation } from '../../../scanners/cloudformation/index.ts';
import { pulumi } from '../../../scanners/pulumi/index.ts';
import { terraform } from '../../../scanners/terraform/index.ts';
import type { Observation, SourceFile } from '../../../src/contracts/index.ts';
import { sourceFile } from '../../../src/files/source-file.ts';
import { shownTo, surroundings } from '../../../src/files/surroundings.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';

const SCANNERS = { terraform, cloudformation, pulumi };

/** What a scanner says of files that lie in one repository. */
export async function read(
  files: { readonly [path: string]: string },
  only: readonly string[] = Object.keys(files),
  scanner: keyof typeof SCANNERS = 'terraform',
): Promise<Observation[]> {
  const tree = new Map<string, SourceFile>();
  const around = surroundings(
    () => tree.keys(),
    (path) => tree.get(path),
  );
  for (const [path, text] of Object.entries(files)) {
    tree.set(path, sourceFile(path, Buffer.from(text), { repository: 'harbour/shop', path, atHead: true }, 'iac', around));
  }
  const context = testContext();
  const all: Observation[] = [];
  for (const path of only) {
    const file = tree.get(path);
    if (file !== undefined) all.push(...(await collect(SCANNERS[scanner].scan(shownTo(SCANNERS[scanner], file), context))));
  }
  return all;
}

/** `path:line` */
export function place({ at }: Observation): string {
  return `${at?.path}:${at?.line}`;
}

export function factsOf(observations: readonly Observation[], fact: string) {
  return observations.flatMap((one) => (one.kind === 'consumer' && one.detail?.fact === fact ? [one] : []));
}
