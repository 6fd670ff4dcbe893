import { blobValue, type DuckDBBlobValue, type DuckDBConnection } from 'duckdb';
import type { Memory } from '../contracts/index.ts';

/**
 * What one scanner keeps about one target, in the table `memory`. It is written in the transaction of the run: with its
 * observations or not at all.
 */
export function storeMemory(connection: DuckDBConnection, target: string, scanner: string): Memory {
  const key = { target, scanner };
  return {
    async get(name) {
      const reader = await connection.runAndReadAll(
        'SELECT content FROM memory WHERE target = $target AND scanner = $scanner AND name = $name',
        { ...key, name },
      );
      const value = reader.getRows()[0]?.[0] as DuckDBBlobValue | undefined;
      return value?.bytes;
    },
    async set(name, bytes) {
      await connection.run('INSERT OR REPLACE INTO memory VALUES ($target, $scanner, $name, $bytes)', {
        ...key,
        name,
        bytes: blobValue(bytes),
      });
    },
    async delete(name) {
      await connection.run('DELETE FROM memory WHERE target = $target AND scanner = $scanner AND name = $name', {
        ...key,
        name,
      });
    },
  };
}
