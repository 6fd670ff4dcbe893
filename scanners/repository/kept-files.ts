import { hash } from 'node:crypto';
import { z } from 'zod';
import type { BulkItem, BulkMatch, CrawlContext, Memory } from '../../src/contracts/index.ts';
import { contentId } from '../../src/util/digest.ts';
import { messageOf } from '../../src/util/errors.ts';
import { maskNames } from '../../src/util/mask-names.ts';
import { fromMembers, isMatches, Members, toMembers, withoutSecrets } from './kept-state.ts';
import type { ListedFile } from './listing.ts';

/** Raised when the same bytes would be read otherwise. */
const FORMAT = 3;

type Outcome = Omit<BulkItem, 'key'>;

/** A path by its digest: it may hold a credential, and nobody needs it as a name. */
type FileRow = readonly [path: string, content: string];

/** By hand, for there are thousands. */
function isFileRow(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'string';
}

const State = z.strictObject({
  format: z.literal(FORMAT),
  /** Names the detectors and all else that decides what is found. */
  search: z.string(),
  /** Digest of the path, and content. */
  files: z.custom<readonly FileRow[]>((value) => Array.isArray(value) && value.every(isFileRow)),
  /** Of files that are not merely read in full, with nothing in them. */
  outcomes: z.array(
    z.tuple([
      z.string(),
      z.enum(['read', 'partial', 'skipped']),
      z.string(),
      z.number().nonnegative(),
      z.custom<readonly BulkMatch[]>(isMatches),
      Members,
    ]),
  ),
});

/**
 * What the search found in the files of a work tree, so that only those that changed since are read. A file is the same
 * when git has the same blob for it and it is as long, or, where git knows nothing of it, when its times say so.
 */
export class FileMemory {
  readonly #memory: Memory;
  readonly #name: string;
  readonly #search: string;
  readonly #contents: ReadonlyMap<string, string>;
  readonly #outcomes: ReadonlyMap<string, Outcome>;
  readonly #next = new Map<string, { readonly content: string; readonly outcome: Outcome }>();
  readonly #detect: CrawlContext['detect'];
  #changed: boolean;

  private constructor(
    memory: Memory,
    { name, search, detect }: { readonly name: string; readonly search: string; readonly detect: CrawlContext['detect'] },
    known: Known | undefined,
  ) {
    this.#detect = detect;
    this.#memory = memory;
    this.#name = `${name}/files`;
    this.#search = search;
    this.#contents = known?.contents ?? new Map<string, string>();
    this.#outcomes = known?.outcomes ?? new Map<string, Outcome>();
    this.#changed = known === undefined;
  }

  static async open(name: string, context: CrawlContext): Promise<FileMemory | undefined> {
    const { memory, detectors, options } = context;
    if (memory === undefined || detectors === undefined) return undefined;
    const search = contentId([detectors.base, [...detectors.digests].sort()]);
    const known = options.full === true ? undefined : await read(memory, name, search, context);
    return new FileMemory(memory, { name, search, detect: context.detect }, known);
  }

  /** What an earlier scan found in this very file. */
  known(file: ListedFile): Outcome | undefined {
    const content = contentOf(file);
    if (content === undefined) return undefined;
    const path = digestOf(file.path);
    if (this.#contents.get(path) !== content) return undefined;
    const outcome = this.#outcomes.get(path) ?? { outcome: 'read', bytes: file.size, matches: [] };
    this.#next.set(path, { content, outcome });
    return outcome;
  }

  add(file: ListedFile, { key: _, ...outcome }: BulkItem): void {
    this.#changed = true;
    const content = contentOf(file);
    const isFinal = outcome.outcome !== 'failed' && outcome.isTransient !== true;
    if (content !== undefined && isFinal) this.#next.set(digestOf(file.path), { content, outcome });
  }

  async save(): Promise<void> {
    if (!this.#changed && this.#next.size === this.#contents.size) return;
    const outcomes: z.infer<typeof State>['outcomes'] = [];
    for (const [path, { outcome, content }] of this.#next) {
      const { why = '', bytes, matches, members } = outcome;
      const isEmpty = matches.length === 0 && members === undefined;
      const isPlain = outcome.outcome === 'read' && isEmpty && bytes === sizeIn(content);
      if (isPlain || outcome.outcome === 'failed') continue;
      outcomes.push([
        path,
        outcome.outcome,
        maskNames(why, this.#detect),
        bytes,
        withoutSecrets(matches, this.#detect),
        toMembers(outcome),
      ]);
    }
    const files = [...this.#next].map(([path, { content }]): FileRow => [path, content]);
    const state: z.infer<typeof State> = { format: FORMAT, search: this.#search, files, outcomes };
    await this.#memory.set(this.#name, Buffer.from(JSON.stringify(state)));
  }
}

interface Known {
  readonly contents: ReadonlyMap<string, string>;
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

async function read(memory: Memory, name: string, search: string, context: CrawlContext): Promise<Known | undefined> {
  const bytes = await memory.get(`${name}/files`);
  if (bytes === undefined) return undefined;
  try {
    const state = State.parse(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')));
    if (state.search !== search) return undefined;
    const outcomes = new Map<string, Outcome>();
    for (const [path, outcome, why, size, matches, members] of state.outcomes) {
      outcomes.set(path, { outcome, ...(why === '' ? {} : { why }), bytes: size, matches, ...fromMembers(members) });
    }
    return { contents: new Map(state.files), outcomes };
  } catch (error) {
    context.log.debug('what was kept of the last scan cannot be used', { name, why: messageOf(error) });
    return undefined;
  }
}

/** Size first, then what tells the content apart; `undefined` for a file that may have changed unseen. */
function contentOf({ size, id, times }: ListedFile): string | undefined {
  // A filter (LFS, line ends) may give one blob two forms: the length tells those apart.
  const mark = id ?? times;
  return mark === undefined ? undefined : `${size} ${mark}`;
}

function digestOf(path: string): string {
  return hash('sha256', path, 'base64url').slice(0, 22);
}

function sizeIn(content: string): number {
  return Number(content.slice(0, content.indexOf(' ')));
}
