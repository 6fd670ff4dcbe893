import type { Json, JsonObject, ScanContext } from '../contracts/index.ts';

/** One call with all its pages, of which a run that was cut off need not ask again. */
export interface KeptCall<K extends Json> {
  /** Names the call within the target. Absent: it is kept nowhere, as answers about secrets are not. */
  readonly step?: string;
  pages(): AsyncIterable<unknown>;
  /** What rows need of a page, field by field: services answer with more than they say, secrets among it. */
  strip(page: unknown): K;
  use(stripped: K): void;
}

/** Takes each page as it comes, so that what was read before a failure stands, and keeps all of a call once it is done. */
export async function takePages<K extends Json>(context: Pick<ScanContext, 'once'>, call: KeptCall<K>): Promise<void> {
  const { step } = call;
  if (context.once === undefined || step === undefined) {
    for await (const page of call.pages()) call.use(call.strip(page));
    return;
  }
  let isFresh = false;
  const kept = await context.once(step, async () => {
    isFresh = true;
    const all: K[] = [];
    for await (const page of call.pages()) {
      const stripped = call.strip(page);
      call.use(stripped);
      all.push(stripped);
    }
    return all as Json[];
  });
  if (!isFresh) for (const one of kept) call.use(one as K);
}

/** What a parser made of a page: maps, sets, lists, counts and marks. As plain JSON, without the fields that `isLeft` names. */
export function plainOf(gathered: object, isLeft: (field: string) => boolean = () => false): JsonObject {
  return JSON.parse(
    JSON.stringify(gathered, (field, value: unknown) => {
      if (isLeft(field)) return undefined;
      return value instanceof Map || value instanceof Set ? [...value] : value;
    }),
  );
}

/** Adds what `plainOf` made to what was gathered before, whose fields say what was a map and what a set. */
export function addPlain(into: object, plain: JsonObject): void {
  const fields = into as { [name: string]: unknown };
  for (const [name, value] of Object.entries(plain)) {
    const known = fields[name];
    const list = Array.isArray(value) ? value : [];
    if (known instanceof Map) for (const [key, one] of list as [string, unknown][]) known.set(key, one);
    else if (known instanceof Set) for (const one of list) known.add(one);
    else if (Array.isArray(known)) known.push(...list);
    else if (typeof known === 'number') fields[name] = known + Number(value);
    else if (typeof known === 'boolean') fields[name] = known || value === true;
  }
}
