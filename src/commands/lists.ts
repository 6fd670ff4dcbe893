import { SEVERITIES } from '../contracts/index.ts';
import type { Io } from '../io.ts';
import type { Row } from '../store/index.ts';
import { EXIT } from '../util/errors.ts';
import { renderTable, type TableFormat } from '../util/table.ts';
import { oneOf } from './scan.ts';
import { type StoreOptions, withStore } from './with-store.ts';

interface ListOptions extends StoreOptions {
  readonly format: TableFormat;
}

/** The inventory: one row a machine identity. */
export async function identitiesCommand(
  io: Io,
  options: ListOptions & { readonly provider?: string; readonly unowned?: boolean },
): Promise<number> {
  const rows = await withStore(io, options, (store) =>
    store.rows(
      `SELECT identity_id, owner, ownership, environment, credentials, sightings, consumers, sessions,
         capabilities, strftime(last_used_at, '%Y-%m-%d') AS last_used, findings, worst
       FROM identity_overview
       WHERE ($provider IS NULL OR provider = $provider)
         AND (NOT $unowned OR ownership IN ('unowned', 'owner-left', 'owner-unknown'))
       ORDER BY list_position(['critical', 'high', 'medium', 'low', 'info'], worst) NULLS LAST, identity_id`,
      { provider: options.provider ?? null, unowned: options.unowned === true },
    ),
  );
  await print(io, rows, options, 'No identity matches.');
  return EXIT.clean;
}

/** What is wrong, one row a finding. */
export async function findingsCommand(
  io: Io,
  options: ListOptions & { readonly severity?: string; readonly rule?: string; readonly identity?: string },
): Promise<number> {
  const least = options.severity === undefined ? 'info' : oneOf('--severity', options.severity, SEVERITIES);
  const rows = await withStore(io, options, (store) =>
    store.rows(
      `SELECT severity, status, rule, subject, message, left(fingerprint, 12) AS fingerprint
       FROM current_findings
       WHERE list_position($order::VARCHAR[], severity) >= list_position($order::VARCHAR[], $least)
         AND ($rule IS NULL OR rule = $rule)
         AND ($identity IS NULL OR identity_id = $identity)
       ORDER BY list_position($order::VARCHAR[], severity) DESC, rule, subject, fingerprint`,
      {
        order: `[${SEVERITIES.join(', ')}]`,
        least,
        rule: options.rule ?? null,
        identity: options.identity ?? null,
      },
    ),
  );
  await print(io, rows, options, 'No finding matches.');
  return EXIT.clean;
}

async function print(io: Io, rows: readonly Row[], options: ListOptions, none: string): Promise<void> {
  if (rows.length === 0 && options.format === 'text') return io.stderr(`${none}\n`);
  const width = io.terminal.stdoutIsTTY ? io.terminal.columns : undefined;
  await io.stdout(renderTable(rows, Object.keys(rows[0] ?? {}), options.format, width));
}
