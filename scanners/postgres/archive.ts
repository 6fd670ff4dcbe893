import type { Observation, SourceFile } from '../../src/contracts/index.ts';

/** The custom format of `pg_dump -Fc` is compressed table by table. */
export function archiveRow(file: SourceFile): Observation {
  return {
    kind: 'coverage',
    surface: 'postgres',
    subject: file.path,
    outcome: 'unsupported',
    why: 'it is in the custom format of pg_dump: give `pg_restore --schema-only --file=- FILE` and `pg_dumpall --roles-only` instead',
    covers: ['grant'],
    seen: 1,
    read: 0,
    skipped: 1,
    failed: 0,
    bytes: file.bytes.length,
    at: { ...file.at, path: file.path },
  };
}
