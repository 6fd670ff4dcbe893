import { identityIdFromArn } from '../../contracts/index.ts';
import { coversAction } from '../covers.ts';
import type { Principal, Statement } from '../document.ts';
import { shareEffortWith } from '../effort.ts';
import { asksForOwnTags, type Decision, decide, judgeStanding } from '../evaluate.ts';
import { FALSE, type Judgement, or, unknown } from '../judgement.ts';
import { compilePattern } from '../pattern.ts';
import type { Estate, Policy, Subject } from '../subject.ts';
import { ABSENT } from './call.ts';
import { nameOf } from './names.ts';
import { createPopulation, membersMatching, type Node, type Population, push } from './population.ts';
import { type Context, mayTag } from './target-tags.ts';

/** Roles that let the same callers in on the same terms. */
export interface Doors {
  /** By account of the caller: roles that let in whoever that account allows to. */
  readonly byAccount: ReadonlyMap<string, readonly Population[]>;
  /** Roles that let everybody in. */
  readonly open: readonly Population[];
  /** By account of the caller: roles that let it in on terms that differ from caller to caller. */
  readonly personal: ReadonlyMap<string, Population>;
  /** Roles that are to be asked about one by one, by caller: their trust names it, or is not easily read. */
  readonly byCaller: ReadonlyMap<Node, readonly Node[]>;
}

/**
 * Both sides of `sts:AssumeRole`, within what the organisation lets be done to roles of the account; `by` is a policy of
 * the caller, or nothing where the trust alone lets it in.
 */
export function decideAssume(
  caller: Subject,
  role: Subject,
  context: Context,
  { estate, now }: { readonly estate: Estate; readonly now: Date },
): Decision | undefined {
  const trust = trustOf(role);
  if (trust === undefined || caller.arn === role.arn) return undefined;
  const limits = estate.resourceLimits?.get(role.account) ?? [];
  const target = { account: role.account, policy: { title: trust.name, known: true, policies: [trust] }, limits };
  const known = { ...context, ...ABSENT };
  const request = { action: ASSUME, resource: role.arn, target, context: known };
  let decision = decide(caller, request, now);
  if (decision.outcome === 'deny') {
    // What its tags keep shut it may open, where it may change them.
    if (!trust.document.statements.some(asksForOwnTags) || !mayTag(caller, caller, now)) return undefined;
    const retagged = decide(shareEffortWith(caller, { ...caller, tags: {}, tagsOpen: true }), request, now);
    if (retagged.outcome === 'deny') return undefined;
    const how = `${caller.type === 'user' ? 'iam:TagUser' : 'iam:TagRole'} on itself`;
    decision = { ...retagged, outcome: 'unknown', keys: [...new Set([...retagged.keys, how])] };
  }
  return decision.by?.policy === trust ? { ...decision, by: undefined } : decision;
}

const ASSUME = 'sts:AssumeRole';

const trusts = new WeakMap<Subject, Policy>();

function trustOf(role: Subject): Policy | undefined {
  if (role.trust === undefined || role.serviceLinked === true) return undefined;
  let trust = trusts.get(role);
  if (trust === undefined) {
    trust = { name: `trust of ${nameOf(role)}`, kind: 'trust', inline: true, document: role.trust };
    trusts.set(role, trust);
  }
  return trust;
}

/**
 * Sorts roles by whom they let in: what holds for one role of a population must hold for all.
 * Callers are looked up by name where the trust names them, so that nobody is compared with everybody.
 */
export function readDoors(subjects: readonly Subject[], now: Date): Doors {
  const callers = readCallers(subjects);
  const alike = new Map<string, { readonly account: string | undefined; readonly roles: Node[] }>();
  const byCaller = new Map<Node, Node[]>();
  const personal = new Map<string, Node[]>();
  for (const [node, role] of subjects.entries()) {
    if (role.type !== 'role' || trustOf(role) === undefined) continue;
    const { plain, named, accounts } = readDoor(role, now, callers);
    for (const account of accounts) push(personal, account, node);
    // One role of a population answers for all, so they must be alike in all that their trusts say.
    const whole = [role.account, ...plain.map(({ account, terms }) => `${account} ${terms}`), ...named].join('\n');
    for (const { account } of plain) {
      const key = `${account}\n${whole}`;
      const same = alike.get(key);
      if (same === undefined) alike.set(key, { account, roles: [node] });
      else same.roles.push(node);
    }
    for (const caller of named) if (caller !== node) push(byCaller, caller, node);
  }
  const byAccount = new Map<string, Population[]>();
  const open: Population[] = [];
  for (const { account, roles } of alike.values()) {
    const population = createPopulation(subjects, roles);
    if (account === undefined) open.push(population);
    else push(byAccount, account, population);
  }
  const populations = [...personal].map(([account, roles]) => [account, createPopulation(subjects, roles)] as const);
  return { byAccount, open, personal: new Map(populations), byCaller };
}

interface Callers {
  readonly byId: ReadonlyMap<string, Node>;
  readonly all: Population;
}

function readCallers(subjects: readonly Subject[]): Callers {
  const byId = new Map<string, Node>();
  for (const [node, subject] of subjects.entries()) {
    const id = identityIdFromArn(subject.arn);
    if (id !== undefined) byId.set(id, node);
  }
  return { byId, all: createPopulation(subjects, [...subjects.keys()]) };
}

interface Door {
  /** Whole accounts (or everybody) let in, on terms that are the same for all of their callers. */
  readonly plain: readonly { readonly account: string | undefined; readonly terms: string }[];
  /** Accounts let in on terms that differ from caller to caller. */
  readonly accounts: ReadonlySet<string>;
  /** Callers to be asked about one by one. */
  readonly named: ReadonlySet<Node>;
}

function readDoor(role: Subject, now: Date, callers: Callers): Door {
  const statements = (role.trust?.statements ?? []).filter((statement) => coversAction(statement, ASSUME));
  const named = new Set<Node>();
  if (statements.some(isPersonal)) return { plain: [], ...candidates(statements, callers) };
  const terms = new Map<string | undefined, Judgement>();
  for (const statement of statements) {
    for (const principal of statement.principals ?? []) {
      if (principal.type !== 'AWS' && principal.type !== '*') continue;
      const account = principal.value === '*' ? undefined : accountNamed(principal);
      if (principal.value !== '*' && account === undefined) {
        const caller = callers.byId.get(identityIdFromArn(principal.value) ?? '');
        if (caller !== undefined) named.add(caller);
        continue;
      }
      terms.set(account, or(terms.get(account) ?? FALSE, termsOf(statement, role, account, now)));
    }
  }
  const plain = [...terms].flatMap(([account, { truth, keys }]) => {
    return truth === 'false' ? [] : [{ account, terms: [truth, ...keys].join(' ') }];
  });
  return { plain, accounts: new Set(), named };
}

/** Does the statement say something else of one caller than of another of the same account? */
function isPersonal(statement: Statement): boolean {
  if (statement.effect === 'deny' || statement.notPrincipals !== undefined) return true;
  return statement.tests.some(({ key, values }) => PERSONAL.test(key) || values.some((value) => value.includes('$')));
}

/** Keys that follow from who calls, but for the account and organisation it is in. */
const PERSONAL = /^aws:(?:principal(?!account$|org)|username$|userid$|viaawsservice$)/i;

function candidates(statements: readonly Statement[], callers: Callers): Pick<Door, 'accounts' | 'named'> {
  const named = new Set<Node>();
  const accounts = new Set<string>();
  for (const statement of statements) {
    if (statement.effect === 'deny') continue;
    for (const principal of statement.principals ?? [EVERYBODY]) {
      if (principal.type !== 'AWS' && principal.type !== '*') continue;
      const account = accountNamed(principal);
      const caller = callers.byId.get(identityIdFromArn(principal.value) ?? '');
      if (principal.value === '*') for (const node of callersWanted(statement, callers)) named.add(node);
      else if (account !== undefined) accounts.add(account);
      else if (caller !== undefined) named.add(caller);
    }
  }
  return { accounts, named };
}

const EVERYBODY: Principal = { type: '*', value: '*' };

/** An open door usually tells whom it means by their ARNs. */
function callersWanted({ tests }: Statement, { all }: Callers): Iterable<Node> {
  const byArn = tests.find(({ key, operator, values }) => {
    return /^aws:principalarn$/i.test(key) && /^(?:Arn|String)(?:Like|Equals)$/i.test(operator) && !values.join().includes('$');
  });
  if (byArn === undefined) return all.whole.members;
  return new Set(byArn.values.flatMap((value) => membersMatching(all, compilePattern(value))));
}

function accountNamed({ value }: Principal): string | undefined {
  return /^(?:arn:aws[a-z-]*:iam::)?(?<account>\d{12})(?::root)?$/.exec(value)?.groups?.account;
}

const OF_CALLER = /^aws:(?:principalorg(?:id|paths)|multifactorauth(?:present|age))$/i;

function termsOf(statement: Statement, role: Subject, account: string | undefined, now: Date): Judgement {
  if (role.trust === undefined) return FALSE;
  const caller: Subject = {
    ...role,
    account: account ?? role.account,
    arn: '',
    name: '',
    type: 'role',
    tags: {},
    policies: [],
    limits: [],
  };
  const held = judgeStanding(statement, role.trust, caller, { action: ASSUME }, now);
  // The caller of an open door may be of any account: what hangs on that is the same only where it is written the same.
  // So is it with what the organisation and the kind of the caller decide.
  const hangsOnCaller = statement.tests.some(
    ({ key }) => OF_CALLER.test(key) || (account === undefined && /^aws:principalaccount$/i.test(key)),
  );
  return hangsOnCaller ? unknown(JSON.stringify(statement.condition)) : held;
}
