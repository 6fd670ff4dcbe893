import type { IsoTime } from '../contracts/index.ts';
import { eachChange } from './commit-changes.ts';
import type { CommitOrders } from './commit-orders.ts';
import type { GitRepository } from './git.ts';
import type { Introduction, TraceOptions } from './history.ts';
import type { WalkedChanges } from './history-walk.ts';
import { type Found, type KeptTrace, type PlaceInHistory, TRACE_KINDS, type TraceKind } from './trace-state.ts';

const MAX_OTHER_PATHS = 10;

/** A commit in git's own words. */
export interface CommitWords {
  readonly id: string;
  readonly author: string;
  readonly date: string;
}

/** A wanted blob at a path of a commit, as a walk comes by it. */
interface Met {
  readonly id: string;
  readonly path: string;
  readonly commit: CommitWords;
}

/** Gathers what walks over the history tell of the wanted blobs. */
export class Tracer {
  readonly absent = new Set<string>();
  readonly refused = new Set<string>();
  readonly #unwanted = new Set<string>();
  readonly #accepted = new Set<string>();
  readonly #found = new Map<string, Found>();
  readonly #options: TraceOptions;
  readonly #wanted: ReadonlySet<string>;

  constructor(options: TraceOptions, before?: KeptTrace) {
    this.#options = options;
    this.#wanted = options.wanted;
    if (before === undefined) return;
    // What was asked before may be asked again: it is kept up to date, within reason.
    if (before.blobs.size < 2 * options.wanted.size + 10_000) this.#wanted = new Set([...options.wanted, ...before.blobs.keys()]);
    for (const id of this.#wanted) {
      const known = before.blobs.get(id);
      if (known !== undefined) this.#found.set(id, known);
    }
    for (const id of before.absent) if (options.known?.(id) === false) this.absent.add(id);
  }

  get unwanted(): ReadonlySet<string> {
    return new Set([...this.#unwanted].filter((id) => !this.#found.has(id)));
  }

  /** Is there a wanted blob that a walk of this kind may still tell of? */
  isOpen(kind: TraceKind): boolean {
    for (const id of this.#wanted) {
      const known = this.#found.get(id);
      if (known === undefined ? !this.#unwanted.has(id) : rankOf(known.kind) >= rankOf(kind)) return true;
    }
    return false;
  }

  /** Walks commits, and takes the blobs met. `orders` may still be under way: it is waited for at the end. */
  async pass(
    repository: GitRepository,
    range: readonly string[],
    kind: TraceKind,
    orders: Promise<CommitOrders>,
    since: readonly string[] = [],
  ): Promise<void> {
    const { known, acceptsPath = () => true, countsUnwanted, signal } = this.#options;
    // Awaited at the end; until then a failure must not go unhandled.
    orders.catch(() => undefined);
    const met: Met[] = [];
    let commit: CommitWords | undefined;
    await eachChange(
      repository,
      since.length === 0 ? range : [...range, '--stdin'],
      { signal, ...(since.length === 0 ? {} : { input: since.map((tip) => `^${tip}\n`).join('') }) },
      (header) => {
        commit = commitOf(header);
      },
      (id, path) => {
        if (known !== undefined && !known(id)) this.absent.add(id);
        if (countsUnwanted === true) this.#judge(id, acceptsPath(path()));
        if (!this.#wanted.has(id) || commit === undefined) return;
        if (acceptsPath(path())) met.push({ id, path: path(), commit });
        else this.#unwanted.add(id);
      },
    );
    this.#take(met, kind, await orders);
  }

  /** The same, of a walk that has been made: over plain commits, or over those with several parents. */
  replay(walked: WalkedChanges, kind: 'plain' | 'merge', orders: CommitOrders): void {
    const { known, acceptsPath = () => true } = this.#options;
    const isMerge = kind === 'merge';
    for (const id of known === undefined ? [] : walked.absent(isMerge)) this.absent.add(id);
    const met: Met[] = [];
    for (const change of walked.of(this.#wanted, isMerge)) {
      if (acceptsPath(change.path)) met.push(change);
      else this.#unwanted.add(change.id);
    }
    this.#take(met, kind, orders);
  }

  /** What a reflog told of, it may tell no more. */
  forgetReflogs(): void {
    for (const [id, { kind }] of this.#found) if (kind === 'reflog') this.#found.delete(id);
  }

  introductions(): ReadonlyMap<string, Introduction> {
    const all = new Map<string, Introduction>();
    for (const [id, { kind, places }] of this.#found) {
      const [first, ...others] = places;
      if (first === undefined) continue;
      const date = isoTime(first.date);
      all.set(id, {
        commit: first.commit,
        author: first.author,
        ...(date === undefined ? {} : { date }),
        path: first.path,
        otherPaths: others.map((place) => place.path),
        unreachable: kind === 'reflog',
        order: first.order,
      });
    }
    return all;
  }

  /** All that was asked, with what is not found. */
  traced(): ReadonlyMap<string, Found> {
    return new Map([...this.#wanted].map((id) => [id, this.#found.get(id) ?? { kind: 'reflog', places: [] }]));
  }

  #judge(id: string, isAccepted: boolean): void {
    if (!isAccepted) {
      if (!this.#accepted.has(id)) this.refused.add(id);
      return;
    }
    this.#accepted.add(id);
    this.refused.delete(id);
  }

  #take(met: readonly Met[], kind: TraceKind, orders: CommitOrders): void {
    const byId = new Map<string, Map<string, PlaceInHistory>>();
    for (const { id, path, commit } of met) {
      const known = this.#found.get(id);
      if (known !== undefined && known.places.length > 0 && rankOf(known.kind) < rankOf(kind)) continue;
      const places = byId.get(id) ?? new Map<string, PlaceInHistory>();
      byId.set(id, places);
      keepOlder(places, { commit: commit.id, order: orders.of(commit.id), author: commit.author, date: commit.date, path });
    }
    for (const [id, places] of byId) {
      const known = this.#found.get(id);
      if (known?.kind === kind) for (const place of known.places) keepOlder(places, place);
      // The first ones of two parts hold the first ones of the whole, so that a walk may go on where another ended.
      this.#found.set(id, { kind, places: [...places.values()].sort(byAge).slice(0, 1 + MAX_OTHER_PATHS) });
    }
  }
}

function rankOf(kind: TraceKind): number {
  return TRACE_KINDS.indexOf(kind);
}

function keepOlder(places: Map<string, PlaceInHistory>, place: PlaceInHistory): void {
  const known = places.get(place.path);
  if (known === undefined || byAge(place, known) < 0) places.set(place.path, place);
}

function byAge(a: PlaceInHistory, b: PlaceInHistory): number {
  if (a.order !== b.order) return a.order - b.order;
  if (a.commit !== b.commit) return a.commit < b.commit ? -1 : 1;
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** Of a header: the id and whatever follows it behind a space, the author, the date; byte 2 stands between them. */
export function commitOf(header: string): CommitWords {
  const first = header.indexOf('\u0002');
  const last = header.lastIndexOf('\u0002');
  const [id = ''] = header.slice(0, first).split(' ', 1);
  return {
    id,
    // biome-ignore lint/suspicious/noControlCharactersInRegex: names are strangers' text, bound for a terminal
    author: header.slice(first + 1, last).replace(/[\u0000-\u001f\u007f-\u009f]/g, ''),
    date: header.slice(last + 1),
  };
}

function isoTime(date: string): IsoTime | undefined {
  const time = new Date(date);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
