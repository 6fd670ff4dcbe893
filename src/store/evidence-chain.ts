import { createHmac } from 'node:crypto';
import type { DuckDBConnection } from 'duckdb';
import type { CoverageObservation } from '../contracts/index.ts';

/** What is not as it was when it was bound. */
export interface Break {
  /**
   * `changed`: rows of a part, or its link; `gone`: a link; `added`: rows that no link stands for; `cut`: the chain does not end
   * where it ended.
   */
  readonly what: 'changed' | 'gone' | 'added' | 'cut';
  readonly link?: number;
  readonly part?: string;
}

interface Link {
  readonly sequence: number;
  readonly part: string;
  readonly run: string;
  readonly at: string;
  readonly chain: string;
}

const ISO = "'%Y-%m-%dT%H:%M:%S.%fZ'";
const HEAD = 'evidence_head';

/** Columns whose text is bound; later ones may be added to the table, not to this list: it decides what old links say. */
const TEXTS = [
  'observation_id',
  'identity_id',
  'credential_id',
  'used_at',
  'ended_at',
  'via',
  'session_id',
  'target',
  'action',
  'actor',
  'actor_type',
  'actor_confidence',
  'actor_identity_id',
  'job',
  'approval',
  'masked',
  'recorded',
  'environment',
  'bookkeeping',
  'source_ip',
  'location',
  'detail',
  'user_agent',
  'operation',
  'outcome',
  'row_count',
  'statement',
  'records',
];
const LISTS = ['objects', 'info_types'];

/**
 * Binds what is known of real usage: each part that has rows of it is a link, HMAC under the store's key over the link before
 * and the rows of the part, whichever importer wrote them. Who has the store without the key can change rows, but no link.
 */
export class EvidenceChain {
  readonly #connection: DuckDBConnection;
  readonly #key: Uint8Array | string;

  constructor(connection: DuckDBConnection, key: Uint8Array | string) {
    this.#connection = connection;
    this.#key = key;
  }

  /** Tests what is bound, and binds the rows of `fresh` parts. Of a store that has no link yet, all. */
  async extend(run: string, at: string, fresh: ReadonlySet<string>): Promise<readonly Break[]> {
    const [rows, links, head] = [await this.#rows(), await this.#links(), await this.#head()];
    const broken = this.#broken(rows, links, head, fresh);
    const linked = new Set(links.map(({ part }) => part));
    const isFirst = links.length === 0 && head === undefined;
    const added = [...rows.keys()].filter((part) => !linked.has(part) && (isFirst || fresh.has(part)));
    if (added.length > 0) await this.#add(added, rows, links, { run, at });
    return broken;
  }

  #broken(
    rows: ReadonlyMap<string, string>,
    links: readonly Link[],
    head: string | undefined,
    fresh: ReadonlySet<string>,
  ): readonly Break[] {
    const broken: Break[] = [];
    const linked = new Set<string>();
    let [before, expected] = ['', 1];
    for (const link of links) {
      for (; expected < link.sequence; expected++) broken.push({ what: 'gone', link: expected });
      if (this.#linkOf(before, link, rows.get(link.part)) !== link.chain) {
        broken.push({ what: 'changed', link: link.sequence, part: link.part });
      }
      linked.add(link.part);
      before = link.chain;
      expected = link.sequence + 1;
    }
    if (links.length === 0 && head === undefined) return broken;
    for (const part of rows.keys()) if (!linked.has(part) && !fresh.has(part)) broken.push({ what: 'added', part });
    if (head !== this.#headOf(links.at(-1))) broken.push({ what: 'cut' });
    return broken;
  }

  async #add(
    parts: readonly string[],
    rows: ReadonlyMap<string, string>,
    links: readonly Link[],
    { run, at }: Pick<Link, 'run' | 'at'>,
  ): Promise<void> {
    const added: Link[] = [];
    let last = links.at(-1);
    for (const part of parts) {
      const link = { sequence: (last?.sequence ?? 0) + 1, part, run, at };
      last = { ...link, chain: this.#linkOf(last?.chain ?? '', link, rows.get(part)) };
      added.push(last);
    }
    await this.#connection.run(
      `INSERT INTO obs.evidence_links BY NAME
       SELECT r.sequence, r.part AS part_id, r.run AS run_id, r.at AS linked_at, r.chain
       FROM (SELECT unnest(from_json($rows, '[{"sequence":"BIGINT","part":"UBIGINT","run":"VARCHAR","at":"TIMESTAMP","chain":"VARCHAR"}]')) AS r)`,
      { rows: JSON.stringify(added) },
    );
    await this.#connection.run('INSERT OR REPLACE INTO settings VALUES ($name, $head)', { name: HEAD, head: this.#headOf(last) });
  }

  /** By part, what its rows come to. A sum: their order says nothing, and of two that are the same none undoes the other. */
  async #rows(): Promise<ReadonlyMap<string, string>> {
    const texts = [
      ...TEXTS.map((name) => `coalesce(${name}::VARCHAR, chr(30))`),
      ...LISTS.map((name) => `coalesce(array_to_string(${name}, chr(29)), chr(30))`),
    ];
    const result = await this.#connection.runAndReadAll(
      `SELECT part_id::VARCHAR, concat_ws(' ', count(*), sum(md5_number_lower(row)), sum(md5_number_upper(row)))
       FROM (SELECT part_id, concat_ws(chr(31), $secret, ${texts.join(', ')}) AS row FROM obs.usages) GROUP BY part_id ORDER BY part_id`,
      { secret: this.#hmac('rows') },
    );
    return new Map(result.getRows().map(([part, sum]) => [String(part), String(sum)]));
  }

  async #links(): Promise<readonly Link[]> {
    const result = await this.#connection.runAndReadAll(
      `SELECT sequence, part_id::VARCHAR, run_id, strftime(linked_at, ${ISO}), chain FROM obs.evidence_links ORDER BY sequence`,
    );
    return result.getRows().map(([sequence, part, run, at, chain]) => ({
      sequence: Number(sequence),
      part: String(part),
      run: String(run),
      at: String(at),
      chain: String(chain),
    }));
  }

  async #head(): Promise<string | undefined> {
    const result = await this.#connection.runAndReadAll('SELECT value FROM settings WHERE name = $name', { name: HEAD });
    const [[value] = []] = result.getRows();
    return value === undefined ? undefined : String(value);
  }

  #linkOf(before: string, { sequence, part, run, at }: Omit<Link, 'chain'>, rows: string | undefined): string {
    return this.#hmac('link', before, String(sequence), part, run, String(Date.parse(at)), rows ?? '');
  }

  #headOf(last: Link | undefined): string {
    return this.#hmac('head', String(last?.sequence ?? 0), last?.chain ?? '');
  }

  #hmac(...texts: readonly string[]): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify(['nhi-audit evidence v1', ...texts]))
      .digest('hex');
  }
}

/** More are counted, not told one by one. */
const MOST_TOLD = 100;

const WORDS: { readonly [what in Break['what']]: string } = {
  changed: 'rows that were imported from it, or the link that binds them, are not as they were written',
  gone: 'a link of the chain that binds what was imported is gone',
  added: 'it has rows that no run imported',
  cut: 'the chain that binds what was imported does not end where it ended: links were taken from its end, or put there',
};

/** What a run tells of a chain that does not hold: imports are evidence no longer. */
export function* brokenRows(broken: readonly Break[], nameOf: (part: string) => string): Generator<CoverageObservation> {
  for (const { what, link, part } of broken.slice(0, MOST_TOLD)) {
    const place = part === undefined ? 'the chain of imports' : nameOf(part);
    yield {
      kind: 'coverage',
      surface: 'audit-log',
      subject: link === undefined ? place : `${place} (link ${link})`,
      outcome: 'partial',
      why: WORDS[what],
      covers: [],
      detail: { evidenceChain: what, place, ...(link === undefined ? {} : { link }), broken: broken.length },
    };
  }
}
