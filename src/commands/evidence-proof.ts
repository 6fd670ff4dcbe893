import { resolve } from 'node:path';
import type { Io } from '../io.ts';
import { proveFinding } from '../pack/proof.ts';
import { EXIT } from '../util/errors.ts';
import { jsonText } from '../util/sanitize.ts';

/** One finding of a pack with the proof that it is in it: to show it without the others. */
export async function proofCommand(io: Io, fingerprint: string, { pack }: { readonly pack: string }): Promise<number> {
  const proof = proveFinding(resolve(io.directory, pack), fingerprint);
  await io.stdout(`${jsonText(proof, 2)}\n`);
  return EXIT.clean;
}
