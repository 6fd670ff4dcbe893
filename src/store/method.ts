import type { DuckDBConnection } from 'duckdb';
import { sha256 } from '../util/digest.ts';

/** What a run is given and stands on. Texts are canonical JSON; most runs of a store have the same. */
export interface RunMethod {
  readonly commandLine?: string;
  readonly platform: string;
  readonly config: string;
  readonly rules: string;
  readonly catalogues: string;
}

/** Keeps it with a run that has just begun, and what the run before it came to. */
export async function keepMethod(connection: DuckDBConnection, run: string, method: RunMethod): Promise<void> {
  const { commandLine = null, platform, config, rules, catalogues } = method;
  for (const content of [config, rules, catalogues]) {
    await connection.run('INSERT OR IGNORE INTO method_texts VALUES ($sha256, $content)', { sha256: sha256(content), content });
  }
  const before = await connection.runAndReadAll(
    `SELECT run_id FROM runs WHERE status = 'complete' AND sequence < (SELECT sequence FROM runs WHERE run_id = $run)
     ORDER BY sequence DESC LIMIT 1`,
    { run },
  );
  const [[previous = null] = []] = before.getRows();
  await connection.run(
    'INSERT INTO run_methods VALUES ($run, $commandLine, $platform, $config, $rules, $catalogues, $previous, $digest)',
    {
      run,
      commandLine,
      platform,
      config: sha256(config),
      rules: sha256(rules),
      catalogues: sha256(catalogues),
      previous,
      digest: previous === null ? null : await runDigest(connection, String(previous)),
    },
  );
}

/**
 * SHA-256 over a run as it is stored: its row, what it was made of, what it came to, and the digest that it kept of the run
 * before it. Each row as JSON in the order of its columns, hashed; the hashes in their own order, hashed again.
 */
async function runDigest(connection: DuckDBConnection, run: string): Promise<string> {
  const result = await connection.runAndReadAll(
    `WITH rows_of_run AS (
       SELECT concat('run ', to_json(r)) AS line FROM runs AS r WHERE run_id = $run
       UNION ALL SELECT concat('method ', to_json(m)) FROM run_methods AS m WHERE run_id = $run
       UNION ALL SELECT concat('part ', part_id) FROM run_parts WHERE run_id = $run
       UNION ALL SELECT concat('finding ', to_json(f)) FROM findings AS f WHERE run_id = $run
       UNION ALL SELECT concat('check ', to_json(c)) FROM check_results AS c WHERE run_id = $run
       UNION ALL SELECT concat('control ', to_json(c)) FROM control_results AS c WHERE run_id = $run
       UNION ALL SELECT concat('acceptance ', to_json(a)) FROM acceptances AS a WHERE run_id = $run
       UNION ALL SELECT concat('evidence ', chain) FROM obs.evidence_links WHERE run_id = $run),
     hashes AS (SELECT sha256(line) AS h FROM rows_of_run)
     SELECT sha256(string_agg(h, '' ORDER BY h)) FROM hashes`,
    { run },
  );
  return String(result.getRows()[0]?.[0]);
}
