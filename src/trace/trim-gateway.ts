import type { Row, StoreReader } from '../store/index.ts';
import { count } from '../util/report-text.ts';
import { type Trimmed, windowText } from './trimmed.ts';

/** Connections that a caller of the gateway may use against those it used: access control of its own that leaves the others out. */
export async function trimCaller(store: StoreReader, identity: string): Promise<Omit<Trimmed, 'identity'> | undefined> {
  const rows = await store.rows(
    `SELECT * EXCLUDE (evidence) FROM granted_used WHERE identity_id = $identity AND side = 'gateway' ORDER BY resource`,
    { identity },
  );
  const [first] = rows;
  if (first === undefined || Number(first.window_days) === 0) return undefined;
  const used = rows.filter(({ verdict }) => verdict === 'used');
  const unused = rows.filter(({ verdict }) => verdict === 'unused');
  const open = rows.filter(({ verdict }) => verdict === 'inconclusive');
  const why = [...new Set(open.map(({ why }) => String(why)))].map((reason) => `${reason} (${namesOf(open, reason)})`);
  const name = identity.slice(identity.lastIndexOf('/') + 1);
  return {
    what: 'access at the gateway',
    text: accessText(name, used),
    removed: unused.map((row) => `${row.resource} (${row.granted_by})`),
    window: `${windowText(Number(first.window_days), String(first.window_last))} of gateway sessions`,
    ...(why.length === 0 ? {} : { inconclusive: why.join('; ') }),
    notes: [
      ...(rows.some(({ granted_by: by }) => String(by).startsWith('group admin'))
        ? ['Whoever is in the group of administrators reaches every connection: take it out of that group first.']
        : []),
      ...used
        .filter(({ is_granted: isGranted }) => isGranted !== true)
        .map(({ resource }) => `${resource} was used, and nothing that was read grants it any more.`),
    ],
  };
}

/** As the access control of the gateway has it: groups by connection, here one of its own. */
function accessText(name: string, used: readonly Row[]): string {
  if (used.length === 0) return `# ${oneLine(name)} used nothing: deactivate it\nconnections: []\n`;
  const lines = used.flatMap((row) => [
    `  - name: ${JSON.stringify(String(row.resource))}  # ${oneLine(useText(row))}`,
    `    groups: [${JSON.stringify(`only-${name}`)}]`,
  ]);
  return `connections:\n${lines.join('\n')}\n`;
}

/** `3 uses, exec, read, write, last 2026-11-16`. */
export function useText(row: Row): string {
  const words = [...((row.verbs as readonly string[] | null) ?? []), ...((row.actions as readonly string[] | null) ?? [])];
  return [
    count(Number(row.uses), 'use'),
    ...new Set(words.filter((word) => word !== 'unknown')),
    `last ${String(row.last_used).slice(0, 10)}`,
  ].join(', ');
}

function namesOf(rows: readonly Row[], reason: string): string {
  return rows
    .filter(({ why }) => String(why) === reason)
    .map(({ resource }) => String(resource))
    .join(', ');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
