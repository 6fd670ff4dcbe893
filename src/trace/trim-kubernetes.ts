import { stringify } from 'yaml';
import type { StoreReader } from '../store/index.ts';
import { daysBetween, ENOUGH_DAYS, shortText, type Trimmed, windowText } from './trimmed.ts';

interface Used {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string | undefined;
}

interface Rule {
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly names: readonly string[];
  readonly namespace: string | undefined;
  readonly role: string;
}

/** Rules that a service account has by its bindings, against what an audit log of the cluster says that it did. */
export async function trimRole(store: StoreReader, identity: string): Promise<Omit<Trimmed, 'identity'> | undefined> {
  const rights = await store.rows(
    `SELECT DISTINCT verbs, groups, resources, names, namespace, concat(role_kind, ' ', role) AS role FROM kubernetes_rights
     WHERE identity_id = $identity AND NOT is_baseline ORDER BY namespace NULLS FIRST, role, resources, verbs`,
    { identity },
  );
  const [log] = await store.rows(
    `SELECT min(used_at) AS first, max(coalesce(ended_at, used_at)) AS last FROM usages WHERE via = 'direct' AND starts_with(identity_id, 'k8s:')`,
  );
  if (rights.length === 0 || log?.first === null || log?.first === undefined) return undefined;
  const rows = await store.rows(
    `SELECT DISTINCT detail->>'$.verb' AS verb, coalesce(detail->>'$.group', '') AS "group", detail->>'$.resource' AS resource,
       detail->>'$.namespace' AS namespace
     FROM usages WHERE identity_id = $identity AND via = 'direct' AND (detail->>'$.verb') IS NOT NULL ORDER BY ALL`,
    { identity },
  );
  const used = rows.map(
    (row): Used => ({
      verb: String(row.verb),
      group: String(row.group),
      resource: String(row.resource),
      namespace: row.namespace === null ? undefined : String(row.namespace),
    }),
  );
  const rules = rights.map(
    (row): Rule => ({
      verbs: row.verbs as readonly string[],
      groups: row.groups as readonly string[],
      resources: row.resources as readonly string[],
      names: row.names as readonly string[],
      namespace: row.namespace === null ? undefined : String(row.namespace),
      role: String(row.role),
    }),
  );
  const removed = rules.filter((rule) => !used.some((one) => allows(rule, one))).map(textOf);
  const days = daysBetween(log.first, log.last);
  return {
    what: 'Role',
    text: manifests(
      identity,
      used.filter((one) => rules.some((rule) => allows(rule, one))),
      rules,
    ),
    removed,
    window: `${windowText(days, String(log.last))} of audit log`,
    ...(days < ENOUGH_DAYS ? { inconclusive: shortText(days) } : {}),
    notes: ['Whether its audit policy records all requests, the log does not say.'],
  };
}

function allows(rule: Rule, used: Used): boolean {
  const has = (list: readonly string[], one: string): boolean => list.includes('*') || list.includes(one);
  if (rule.namespace !== undefined && rule.namespace !== used.namespace) return false;
  return has(rule.verbs, used.verb) && has(rule.groups, used.group) && has(rule.resources, used.resource);
}

/** One Role a namespace, and a ClusterRole for what was used beyond namespaces. */
function manifests(identity: string, used: readonly Used[], rules: readonly Rule[]): string {
  const [own = '', account = ''] = identity.replace(/^[^:]*:[^:]*:/, '').split('/');
  const places = new Map<string | undefined, Map<string, Set<string>>>();
  for (const { verb, group, resource, namespace } of used) {
    const verbsOf = places.get(namespace) ?? new Map<string, Set<string>>();
    places.set(namespace, verbsOf);
    const key = JSON.stringify([group, resource]);
    verbsOf.set(key, (verbsOf.get(key) ?? new Set()).add(verb));
  }
  const documents = [...places].map(([namespace, verbsOf]) => {
    const byVerbs = [...verbsOf].map(([key, verbs]) => {
      const [group, resource] = JSON.parse(key) as [string, string];
      const names = namesOf(rules, group, resource, namespace);
      return {
        apiGroups: [group],
        resources: [resource],
        ...(names.length === 0 ? {} : { resourceNames: names }),
        verbs: [...verbs].sort(),
      };
    });
    return stringify({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: namespace === undefined ? 'ClusterRole' : 'Role',
      metadata: { name: `${account}-trimmed`, ...(namespace === undefined ? {} : { namespace }) },
      rules: byVerbs,
    });
  });
  if (documents.length === 0) return `# ${own}/${account} used none of its rights: take its bindings away\n`;
  return documents.join('---\n');
}

/** A rule that is bound to names stays so; one without any opens all. */
function namesOf(rules: readonly Rule[], group: string, resource: string, namespace: string | undefined): readonly string[] {
  const mine = rules.filter((rule) => rule.verbs.some((verb) => allows(rule, { verb, group, resource, namespace })));
  return mine.every((rule) => rule.names.length > 0) ? [...new Set(mine.flatMap((rule) => rule.names))].sort() : [];
}

function textOf({ verbs, resources, names, namespace, role }: Rule): string {
  const what = `${verbs.join(', ')} ${resources.join(', ')}${names.length === 0 ? '' : ` (${names.join(', ')})`}`;
  return `${what} ${namespace === undefined ? 'in the whole cluster' : `in ${namespace}`} (${role})`;
}
