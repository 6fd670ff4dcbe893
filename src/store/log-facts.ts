import type { Observation } from '../contracts/index.ts';
import { madeSql, text } from '../logs/compile.ts';
import { madeRows, usedKey } from '../logs/made.ts';
import type { LogWork } from './log-file.ts';
import type { LogReader } from './log-reader.ts';
import { type Batch, readAgain } from './log-stage.ts';

const ISO = "'%Y-%m-%dT%H:%M:%S.%fZ'";

/** What a log tells of identities and keys themselves: few, whatever its size. */
export class LogFacts {
  readonly #reader: LogReader;
  readonly #work: LogWork;
  readonly #keys = new Map<string, { readonly part: bigint; readonly lastUsedAt: string; readonly row: Observation }>();

  constructor(reader: LogReader, work: LogWork) {
    this.#reader = reader;
    this.#work = work;
  }

  /** Whose a key is and when it was last used: a key that leaks is known by that where no inventory tells of it. */
  async noteKeys({ format, files, staged }: Batch, given: readonly string[]): Promise<void> {
    if (!given.includes('credential_id') || !given.includes('identity_id')) return;
    const target = given.includes('target') ? 'arg_max(target, used_at)' : 'NULL';
    const rows = await this.#reader.rows(
      `SELECT credential_id, identity_id, strftime(max(used_at), ${ISO}), ${target}, arg_max(record_id, used_at), arg_max(file, used_at)
       FROM ${staged} WHERE credential_id IS NOT NULL AND identity_id IS NOT NULL GROUP BY credential_id, identity_id`,
    );
    for (const [credential, identity, last, service, record, index] of rows) {
      const file = files.find((one) => one.index === Number(index));
      const known = this.#keys.get(`${credential} ${identity}`);
      if (file === undefined || (known?.lastUsedAt !== undefined && known.lastUsedAt >= String(last))) continue;
      this.#keys.set(`${credential} ${identity}`, {
        part: file.part,
        lastUsedAt: String(last),
        row: usedKey(String(credential), String(identity), {
          lastUsedAt: String(last),
          ...(service === null ? {} : { lastUsedFor: String(service) }),
          at: { ...file.at, path: file.path, pointer: String(record) },
          detail: { source: format.meta.id },
        }),
      });
    }
  }

  /** Who made what, from the files that tell of it. */
  async makeFacts(batch: Batch, given: readonly string[]): Promise<void> {
    const { format, files, staged } = batch;
    const { made } = format.meta;
    if (made === undefined || !given.includes('operation')) return;
    const when = made.when.map(text).join(', ');
    const rows = await this.#reader.rows(`SELECT DISTINCT file FROM ${staged} WHERE operation IN (${when}) ORDER BY 1`);
    for (const [index] of rows) {
      const file = files.find((one) => one.index === Number(index));
      if (file === undefined) continue;
      const select = madeSql(format, readAgain(batch, file));
      if (select === undefined) return;
      const facts = await this.#reader.objects(select);
      for (const row of madeRows(facts, { ...file.at, path: file.path }, format.meta.id)) await this.#work.add(file.part, row);
    }
  }

  async end(): Promise<void> {
    for (const { part, row } of this.#keys.values()) await this.#work.add(part, row);
  }
}
