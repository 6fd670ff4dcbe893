import { z } from 'zod';
import { messageOf } from '../../src/util/errors.ts';

/** Strangers' data: the fields we use, permissive on extras, null and missing alike, renamed once in the transform. */
const Key = z
  .object({ name: z.string().min(1), owner: z.string().nullish() })
  .transform(({ name, owner }) => ({ name, owner: owner?.trim().toLowerCase() || undefined }));

const File = z.object({ keys: z.array(z.unknown()) });

interface Read {
  readonly keys: readonly z.infer<typeof Key>[];
  /** Entries that are no keys. */
  readonly failed: number;
  /** What is wrong with the file, in words; never its content. */
  readonly problem?: string;
}

export const KeyRing = {
  /** One broken entry does not cost the others. */
  read(text: string): Read {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return { keys: [], failed: 1, problem: 'it is not valid JSON' };
    }
    const file = File.safeParse(json);
    if (!file.success) return { keys: [], failed: 1, problem: 'it has no list of keys' };
    const keys: z.infer<typeof Key>[] = [];
    const problems: string[] = [];
    for (const [index, entry] of file.data.keys.entries()) {
      const key = Key.safeParse(entry);
      if (key.success) keys.push(key.data);
      else problems.push(`keys[${index}]: ${messageOf(key.error.issues[0]?.message ?? 'cannot be read')}`);
    }
    return { keys, failed: problems.length, ...(problems.length === 0 ? {} : { problem: problems.join('; ') }) };
  },
};
