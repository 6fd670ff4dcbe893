import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../src/util/package-root.ts';
import { expand } from './template.ts';

const Item = z.strictObject({
  what: z.string().min(5),
  identity: z.string().optional(),
  credential: z.string().optional(),
  /** Id of a gateway session. */
  session: z.string().optional(),
  /** Repository (or `exports`) and path. */
  where: z.tuple([z.string(), z.string()]).optional(),
});

const Expected = z.strictObject({
  /** What an audit must say. */
  hits: z.array(Item.extend({ nhi: z.array(z.string().regex(/^NHI(?:[1-9]|10):2025$/)).min(1) })),
  /** What it must not say; `not` limits that to a matter, absent means nothing at all. */
  silent: z.array(Item.extend({ not: z.array(z.string()).optional() })),
});
export type Expected = z.infer<typeof Expected>;

/** `samples/expected.yml` with the estate's own ids filled in. */
export async function readExpected(): Promise<Expected> {
  const file = join(packageRoot(), 'samples', 'expected.yml');
  return Expected.parse(parse(expand(await readFile(file, 'utf8'), file).text));
}
