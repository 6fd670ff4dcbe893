import { z } from 'zod';
import type { Method } from '../../contracts/index.ts';
import type { StoreReader } from '../../store/reader.ts';
import { EMPTY_METHOD } from './empty.ts';

/** What the run kept of itself; of a run of an earlier version only that nothing was kept. */
export async function readMethod(store: StoreReader): Promise<Method> {
  const [row] = await store.rows(
    `SELECT m.command_line, m.platform, m.config_sha256, m.previous_run, m.previous_digest,
       (SELECT content FROM method_texts WHERE sha256 = m.config_sha256) AS config,
       (SELECT content FROM method_texts WHERE sha256 = m.rules_sha256) AS rules,
       (SELECT content FROM method_texts WHERE sha256 = m.catalogues_sha256) AS catalogues
     FROM run_methods AS m SEMI JOIN current_run USING (run_id)`,
  );
  if (row === undefined) return EMPTY_METHOD;
  const { command_line, platform, config_sha256, previous_run, previous_digest, config, rules, catalogues } =
    MethodRow.parse(row);
  return await tellMethod({
    ...(command_line === null ? {} : { commandLine: command_line }),
    platform,
    configDigest: config_sha256,
    config: config ?? 'null',
    rules: rules ?? '[]',
    catalogues: catalogues ?? '[]',
    ...(previous_run === null || previous_digest === null ? {} : { previous: { run: previous_run, digest: previous_digest } }),
  });
}

const text = z.string();
const MethodRow = z.object({
  command_line: text.nullable(),
  platform: text,
  config_sha256: text,
  previous_run: text.nullable(),
  previous_digest: text.nullable(),
  config: text.nullable(),
  rules: text.nullable(),
  catalogues: text.nullable(),
});

/** From canonical JSON, as it is stored, to what people read. */
export async function tellMethod({
  config,
  rules,
  catalogues,
  ...rest
}: Omit<Method, 'config' | 'rules' | 'catalogues'> & {
  readonly config: string;
  readonly rules: string;
  readonly catalogues: string;
}): Promise<Method> {
  const { stringify } = await import('yaml');
  return {
    ...rest,
    config: stringify(JSON.parse(config), { lineWidth: 0 }),
    rules: JSON.parse(rules) as Method['rules'],
    catalogues: JSON.parse(catalogues) as Method['catalogues'],
  };
}
