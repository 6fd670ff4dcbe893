import type { StoreReader } from '../store/index.ts';
import { daysBetween, ENOUGH_DAYS, shortText, type Trimmed, windowText } from './trimmed.ts';

/** What a session of an action may have used: https://www.postgresql.org/docs/current/ddl-priv.html */
const USES: { readonly [action: string]: readonly string[] } = {
  read: ['SELECT', 'USAGE', 'CONNECT', 'EXECUTE'],
  write: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'USAGE', 'CONNECT', 'EXECUTE'],
  ddl: ['CREATE', 'REFERENCES', 'TRIGGER', 'TEMPORARY', 'USAGE', 'CONNECT'],
  connect: ['CONNECT'],
};
/** These say nothing of what was done. */
const UNTOLD = new Set(['unknown', 'privilege', 'admin']);

/**
 * Grants of a role against what its sessions of the gateway did. The gateway tells of a session whether it read or wrote,
 * and of which tables, where it looked into it; what went around the gateway is on no record.
 */
export async function trimGrants(store: StoreReader, identity: string): Promise<Omit<Trimmed, 'identity'> | undefined> {
  const grants = await store.rows(
    `SELECT DISTINCT permission, resource FROM grants
     WHERE identity_id = $identity AND effect = 'allow' AND via_kind = 'acl' AND capability IS NULL ORDER BY resource, permission`,
    { identity },
  );
  const sessions = await store.rows(
    `SELECT coalesce(action, 'unknown') AS action, objects, used_at FROM usages
     WHERE identity_id = $identity AND via IN ('gateway', 'direct') AND is_use`,
    { identity },
  );
  if (grants.length === 0 || sessions.length === 0) return undefined;
  const [log] = await store.rows(
    "SELECT min(used_at) AS first, max(used_at) AS last FROM usages WHERE via IN ('gateway', 'direct')",
  );
  const days = daysBetween(log?.first, log?.last);
  const schemas = new Set<string>();
  let isByTable = true;
  const used = new Set<string>();
  for (const { action, objects } of sessions) {
    for (const privilege of USES[String(action)] ?? []) used.add(privilege);
    const named = ((objects as readonly string[] | null) ?? []).filter((name) => name !== '');
    if (named.length === 0 && action !== 'connect') isByTable = false;
    for (const name of named) schemas.add(name.includes('.') ? name.slice(0, name.indexOf('.')).replaceAll('"', '') : 'public');
  }
  const untold = sessions.filter(({ action }) => UNTOLD.has(String(action))).length;
  const role = quoted(identity.slice(identity.indexOf(':role/') + ':role/'.length));
  const kept: string[] = [];
  const removed: string[] = [];
  for (const { permission, resource } of grants) {
    const privilege = String(permission);
    const target = targetOf(String(resource));
    const isUsed = used.has(privilege) && (!isByTable || target.schema === undefined || schemas.has(target.schema));
    if (isUsed || target.sql === undefined) kept.push(`GRANT ${privilege} ON ${target.sql ?? `-- ${resource}`} TO ${role};`);
    else {
      removed.push(`${privilege} on ${resource}`);
      kept.push(`REVOKE ${privilege} ON ${target.sql} FROM ${role};  -- not used`);
    }
  }
  const why = [
    ...(days < ENOUGH_DAYS ? [shortText(days)] : []),
    ...(untold > 0 ? [`of ${untold} of ${sessions.length} sessions it is not known what they did`] : []),
  ];
  return {
    what: 'GRANTs',
    text: `${kept.join('\n')}\n`,
    removed,
    window: `${windowText(days, String(log?.last))} of gateway sessions, ${sessions.length} of them its own`,
    ...(why.length === 0 ? {} : { inconclusive: why.join('; ') }),
    notes: [
      'Sessions that went around the gateway are on no record: look into the log of the server before you revoke.',
      ...(isByTable ? [] : ['Which tables were used is not told: rights are judged by their kind alone.']),
    ],
  };
}

/** `table app.*`, `schema app`, `database shop`. */
function targetOf(resource: string): { readonly sql?: string; readonly schema?: string } {
  const { kind = '', name = '' } = /^(?<kind>table|sequence|function|schema|database) (?<name>.+)$/.exec(resource)?.groups ?? {};
  const plain = name.replace(/\.\*$/, '');
  if (kind === '' || !/^[\w $-]+$/.test(plain)) return {};
  if (kind === 'schema') return { sql: `SCHEMA ${quoted(plain)}`, schema: plain };
  if (kind === 'database') return { sql: `DATABASE ${quoted(plain)}` };
  return { sql: `ALL ${kind.toUpperCase()}S IN SCHEMA ${quoted(plain)}`, schema: plain };
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
