import { statementsOn } from '../covers.ts';
import { statementName } from '../document.ts';
import { type Policy, policyPath, type Subject } from '../subject.ts';
import { decideAssume } from './assume.ts';
import type { Edge } from './edge.ts';
import { isOfAws } from './estate.ts';
import type { Graph } from './graph.ts';
import { nameFrom } from './names.ts';
import type { Node } from './population.ts';
import { allTags } from './target-tags.ts';

/** All that grants one call to one principal: take it away, and the principal cannot make the call. */
export interface Source {
  readonly statements: readonly { readonly policy: Policy; readonly name: string }[];
  /** Roles whose trust is enough without any policy of the principal. */
  readonly trusts: readonly Subject[];
}

/** Named in a text; of more, the call is better denied. */
const MAX_NAMED = 4;

export function sourceOf(graph: Graph, leads: ReadonlySet<Node>, { from, owner = from, actions: [call] }: Edge): Source {
  // Freed of its boundary it may do all that it may do with it.
  const freed = graph.targets.freedOf.get(owner) ?? owner;
  const subject = graph.subjects[leads.has(freed) ? freed : owner];
  if (subject === undefined) return { statements: [], trusts: [] };
  const statements = subject.policies.flatMap((policy) =>
    statementsOn(policy.document, call).flatMap((statement) =>
      statement.effect === 'allow' ? [{ policy, name: statementName(statement) }] : [],
    ),
  );
  return { statements, trusts: call === ASSUME ? trustsAlone(graph, leads, owner, subject) : [] };
}

/** `inline policy a, statement 1; trust of role/b`: what to take away, in words. */
export function sourceText({ statements, trusts }: Source, reader: Subject): string {
  const parts = [...statements.map(statementText), ...trusts.map((role) => `trust of ${nameFrom(role, reader)}`)];
  const unique = [...new Set(parts)];
  if (unique.length <= MAX_NAMED) return unique.join('; ');
  const left = unique.length - MAX_NAMED;
  return `${unique.slice(0, MAX_NAMED).join('; ')}; and ${left} more: deny it instead`;
}

function statementText({ policy, name }: Source['statements'][number]): string {
  // Nobody but AWS edits those.
  if (isOfAws(policy.name)) return `${policyPath(policy)}, which is AWS's own: detach it or deny the call`;
  return `${policyPath(policy)}, ${name}`;
}

const ASSUME = 'sts:AssumeRole';

/** Roles on the way that let it in though no policy of its own allows it to. */
function trustsAlone({ targets, estate, now }: Graph, leads: ReadonlySet<Node>, from: Node, subject: Subject): Subject[] {
  const bare = { ...subject, policies: subject.policies.map(withoutAssume) };
  const open = targets.doors.open.flatMap(({ whole }) => [...whole.members]);
  return [...new Set([...(targets.doors.byCaller.get(from) ?? []), ...open])].flatMap((node) => {
    const role = targets.subjects[node];
    if (role === undefined || role === subject || !leads.has(node)) return [];
    return decideAssume(bare, role, allTags(role), { estate, now }) === undefined ? [] : [role];
  });
}

function withoutAssume(policy: Policy): Policy {
  const allows = new Set(statementsOn(policy.document, ASSUME).filter(({ effect }) => effect === 'allow'));
  const statements = policy.document.statements.filter((statement) => !allows.has(statement));
  return { ...policy, document: { ...policy.document, statements } };
}
