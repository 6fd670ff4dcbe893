import { decideAdmin } from '../capability.ts';
import type { PolicyDocument } from '../document.ts';
import { mentionedCalls } from '../mentions.ts';
import type { Estate, ManagedPolicy, Subject } from '../subject.ts';
import { boundaryContext, decideCall, type Search } from './call.ts';
import { SELF_ESCALATION, type SelfEntry } from './catalogue/index.ts';
import { type Edge, edgeFrom } from './edge.ts';
import { isChangeable, limitsAdmitAdmin, makesAdmin } from './estate.ts';
import { allTags } from './target-tags.ts';

export type { Search };

/** Ways in which the subject changes what it may do itself. */
export function* selfWays(search: Search): Generator<Edge> {
  const { subject, targets, now } = search;
  const node = targets.nodes.get(subject);
  if (node === undefined || subject.serviceLinked === true) return;
  const calls = mentionedCalls(subject);
  let gains: boolean | undefined;
  for (const entry of SELF_ESCALATION) {
    const [action] = entry.actions;
    if (!calls.has(action) || (entry.caller !== undefined && entry.caller !== subject.type)) continue;
    if ((entry.on === 'itself' || entry.on === 'own-boundary') && !isChangeable(subject)) continue;
    // Rights given to itself end at its limits: where those do not admit an administrator, there is nothing to gain.
    if (entry.on !== 'own-boundary') {
      gains ??= limitsAdmitAdmin(subject, now);
      if (!gains) continue;
    }
    for (const resource of reachedBy(entry, search)) {
      const context = resource === subject.arn ? { ...allTags(subject), ...boundaryContext(subject) } : {};
      const decision = decideCall(search, action, resource, context, entry.gives);
      if (decision.outcome === 'deny') continue;
      yield edgeFrom(node, subject, { methods: [entry.id], actions: [action], decision });
    }
  }
}

function reachedBy({ on }: SelfEntry, { subject, estate, targets, now }: Search): readonly string[] {
  switch (on) {
    case 'itself':
      return [subject.arn];
    case 'own-group':
      return subject.groups.map(({ arn }) => arn);
    case 'admin-group':
      return targets.adminGroups.get(subject.account) ?? [];
    case 'own-policy':
      return editablePolicies(subject, estate).map(({ arn }) => arn);
    case 'own-older-version':
      return editablePolicies(subject, estate)
        .filter(({ arn, otherVersions }) =>
          otherVersions.some((document) => documentMakesAdmin(arn, document, subject.account, now)),
        )
        .map(({ arn }) => arn);
    case 'own-boundary':
      return isAdminWithoutBoundary(subject, now) ? [subject.arn] : [];
  }
}

/** Without its boundary it would be an administrator, and it may take the boundary away. */
function isAdminWithoutBoundary(subject: Subject, now: Date): boolean {
  const limits = subject.limits.filter(({ kind = 'boundary' }) => kind !== 'boundary');
  return limits.length < subject.limits.length && decideAdmin({ ...subject, limits }, now).outcome !== 'deny';
}

/** Customer-managed policies that apply to the subject: whoever rewrites one rewrites the subject's rights. */
export function editablePolicies(subject: Subject, { managed }: Estate): ManagedPolicy[] {
  const names = new Set(subject.policies.map(({ name }) => name));
  return [...names].flatMap((name) => (/^arn:[a-z-]+:iam::aws:policy\//.test(name) ? [] : (managed.get(name) ?? [])));
}

function documentMakesAdmin(name: string, document: PolicyDocument, account: string, now: Date): boolean {
  return makesAdmin([{ name, kind: 'attached', inline: false, document }], account, now);
}
