import { decideAdmin } from '../capability.ts';
import { type Decision, together } from '../evaluate.ts';
import { mentionedCalls } from '../mentions.ts';
import type { Subject } from '../subject.ts';
import { boundaryContext, boundaryOf, decideCall, type Search } from './call.ts';
import { SELF_ESCALATION, type SelfEntry } from './catalogue/index.ts';
import { type Edge, edgeFrom } from './edge.ts';
import { editablePolicies, hasOlderVersionOfAdmin, isChangeable, isOfAws, limitsAdmitAdmin, withoutBoundary } from './estate.ts';
import { hubOfOne } from './take-over-ways.ts';
import { allTags, type Context } from './target-tags.ts';

/** Ways in which the subject changes what it may do itself. */
export function* selfWays(search: Search): Generator<Edge> {
  const { subject, targets } = search;
  const node = targets.nodes.get(subject);
  if (node === undefined) return;
  let isSure = false;
  for (const { entry, actions, decision } of changesOf(search)) {
    // What needs a tag first is worth saying only where nothing needs less.
    if (entry.on === 'own-tags' && isSure) continue;
    isSure ||= decision.outcome === 'allow';
    yield edgeFrom(node, subject, { methods: [entry.id], actions, decision });
  }
}

/** Off with its own boundary: what it may do then may lead to others. */
export function* freeWays(search: Search): Generator<Edge> {
  const { subject, targets } = search;
  const node = targets.nodes.get(subject);
  const freed = node === undefined ? undefined : targets.freedOf.get(node);
  if (node === undefined || freed === undefined || gainOf(search, withoutBoundary(subject)).decision?.outcome === 'allow') return;
  const calls = mentionedCalls(subject);
  for (const entry of SELF_ESCALATION) {
    const [action] = entry.actions;
    if (entry.on !== 'own-boundary' && entry.on !== 'own-boundary-policy') continue;
    if (!calls.has(action) || (entry.caller !== undefined && entry.caller !== subject.type)) continue;
    for (const resource of reachedBy(entry, search)) {
      const decision = decideCall(search, action, resource, onItself(subject, resource), entry.gives);
      if (decision.outcome === 'deny') continue;
      yield edgeFrom(node, subject, { methods: [entry.id], actions: [action], decision, to: hubOfOne(targets, freed) });
    }
  }
}

interface Change {
  readonly entry: SelfEntry;
  readonly actions: readonly [string, ...string[]];
  readonly decision: Decision;
}

function* changesOf(search: Search): Generator<Change> {
  const { subject, now } = search;
  if (subject.serviceLinked === true) return;
  const calls = mentionedCalls(subject);
  let gains: boolean | undefined;
  let freed: Gain | undefined;
  for (const entry of SELF_ESCALATION) {
    const [action] = entry.actions;
    if (!calls.has(action) || (entry.caller !== undefined && entry.caller !== subject.type)) continue;
    if (entry.on !== 'own-policy' && entry.on !== 'own-older-version' && !isChangeable(subject)) continue;
    let then: Gain = NOTHING_MORE;
    if (entry.on === 'own-boundary' || entry.on === 'own-boundary-policy') {
      if (boundaryOf(subject) === null) continue;
      freed ??= gainOf(search, withoutBoundary(subject));
      then = freed;
    } else {
      // Rights given to itself end at its limits: where those do not admit an administrator, there is nothing to gain.
      gains ??= limitsAdmitAdmin(subject, now);
      if (!gains) continue;
      if (entry.on === 'own-tags') then = gainOf(search, tagged(subject));
    }
    if (then.decision?.outcome === 'deny') continue;
    for (const resource of reachedBy(entry, search)) {
      const first = decideCall(search, action, resource, onItself(subject, resource), entry.gives);
      if (first.outcome === 'deny') continue;
      const decision = then.decision === undefined ? first : together([first, then.decision]);
      yield { entry, actions: [action, ...then.actions], decision };
    }
  }
}

function onItself(subject: Subject, resource: string): Context {
  return resource === subject.arn ? { ...allTags(subject), ...boundaryContext(subject) } : {};
}

/** What is left to do, and whether it may. */
interface Gain {
  readonly actions: readonly string[];
  readonly decision: Decision | undefined;
}

const NOTHING_MORE: Gain = { actions: [], decision: undefined };
const NOTHING_GAINED: Gain = { actions: [], decision: { outcome: 'deny', explicit: false, by: undefined, keys: [] } };

/** Would it be an administrator like this, or make itself one? */
function gainOf(search: Search, changed: Subject | undefined): Gain {
  if (changed === undefined) return NOTHING_GAINED;
  const admin = decideAdmin(changed, search.now);
  let best = admin.outcome === 'deny' ? NOTHING_GAINED : { actions: [], decision: admin };
  if (admin.outcome === 'allow') return best;
  for (const { entry, actions, decision } of changesOf({ ...search, subject: changed })) {
    if (entry.on === 'own-tags') continue;
    if (decision.outcome === 'allow') return { actions, decision };
    if (best.decision?.outcome === 'deny') best = { actions, decision };
  }
  return best;
}

/** With the tags that its own policies ask for; nothing where they ask for none that it lacks. */
function tagged(subject: Subject): Subject | undefined {
  const tags: { [key: string]: string } = { ...subject.tags };
  let lacks = false;
  for (const { document } of subject.policies) {
    for (const { tests } of document.statements) {
      for (const { key, operator, values } of tests) {
        const tag = /^aws:principaltag\/(?<tag>.+)$/i.exec(key)?.groups?.tag?.toLowerCase();
        const [value] = values;
        if (tag === undefined || value === undefined || value.includes('$') || !/^(?:\w+:)?String(?:Equals|Like)/i.test(operator))
          continue;
        const known = Object.keys(tags).find((one) => one.toLowerCase() === tag);
        if (known !== undefined && values.includes(tags[known] ?? '')) continue;
        if (known !== undefined) delete tags[known];
        tags[tag] = value.replace(/[*?]/g, 'x');
        lacks = true;
      }
    }
  }
  return lacks ? { ...subject, tags } : undefined;
}

function reachedBy({ on }: SelfEntry, { subject, estate, targets, now }: Search): readonly string[] {
  switch (on) {
    case 'itself':
    case 'own-boundary':
    case 'own-tags':
      return [subject.arn];
    case 'own-boundary-policy':
      return [boundaryOf(subject)].filter((arn) => typeof arn === 'string' && !isOfAws(arn)) as string[];
    case 'own-group':
      return subject.groups.map(({ arn }) => arn);
    case 'admin-group':
      return targets.adminGroups.get(subject.account) ?? [];
    case 'own-policy':
      return editablePolicies(subject, estate).map(({ arn }) => arn);
    case 'own-older-version':
      return editablePolicies(subject, estate)
        .filter((policy) => hasOlderVersionOfAdmin(policy, subject.account, now))
        .map(({ arn }) => arn);
  }
}
