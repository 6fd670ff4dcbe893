import type { RawStatement } from './build.ts';

/**
 * The rules of the vendor's pages read literally and slowly, on the raw JSON, for one fully known request: what the
 * evaluator is compared with. Shares nothing with it.
 */
export interface World {
  readonly caller: {
    readonly type: 'user' | 'role';
    readonly arn: string;
    readonly account: string;
    /** Of a role: the session that calls. */
    readonly session?: string;
    readonly isServiceLinked?: boolean;
  };
  readonly action: string;
  readonly resource: string;
  /** Account that owns the resource. */
  readonly owner: string;
  /** Lower-case key to its values; a key that is not here is absent. */
  readonly context: ReadonlyMap<string, readonly string[]>;
}

type Statements = readonly RawStatement[];

export interface Rights {
  readonly identity: Statements;
  readonly boundary?: Statements;
  readonly session?: Statements;
  /** A list for every level of the organisation. */
  readonly scp?: readonly Statements[];
  readonly rcp?: readonly Statements[];
  /** Absent: the resource's side is left out. */
  readonly resource?: Statements;
  /** The documents are of the version 2008-10-17. */
  readonly isOld?: boolean;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html */
export function allowedIn(world: World, rights: Rights): boolean {
  const applies = (effect: string) => (one: RawStatement) => one.Effect === effect && appliesTo(one, world, rights);
  const { caller } = world;
  const service = world.action.toLowerCase().split(':')[0] ?? '';
  const scp = caller.isServiceLinked ? [] : (rights.scp ?? []);
  const rcp = caller.isServiceLinked ? [] : (rights.rcp ?? []);
  const resource = (rights.resource ?? [])
    .map((one) => ({ one, how: namings(one, world, rights) }))
    .filter(({ how }) => how !== '');

  // An explicit Deny in any policy.
  const all = [rights.identity, rights.boundary ?? [], rights.session ?? [], ...scp, ...rcp, resource.map(({ one }) => one)];
  if (all.flat().some(applies('Deny'))) return false;
  // Every level of the organisation must allow, for the principal and for the resource.
  if (![...scp, ...rcp].every((level) => level.some(applies('Allow')))) return false;

  const identity = rights.identity.some(applies('Allow'));
  const boundary = rights.boundary?.some(applies('Allow')) ?? true;
  const session = rights.session?.some(applies('Allow')) ?? true;
  const granted = resource.filter(({ one }) => applies('Allow')(one)).map(({ how }) => how);
  if (world.owner !== caller.account) return identity && boundary && session && granted.length > 0;
  // A user, a session or everybody: whatever is implicitly denied elsewhere.
  if (granted.includes('itself')) return true;
  if (granted.includes('role') && boundary && session) return true;
  const isException = rights.resource !== undefined && (service === 'kms' || service === 'sts');
  if (isException && !granted.includes('account')) return false;
  return identity && boundary && session;
}

/** How a statement of the resource's policy speaks of the caller; empty: not at all. */
function namings(statement: RawStatement, { caller }: World, rights: Rights): 'itself' | 'role' | 'account' | '' {
  const account = [caller.account, `arn:aws:iam::${caller.account}:root`];
  const roleName = caller.arn.split('/').at(-1);
  const sessionArn = `arn:aws:sts::${caller.account}:assumed-role/${roleName}/${caller.session}`;
  const itself = caller.type === 'user' ? [caller.arn] : [sessionArn];
  const role = caller.type === 'user' ? [] : [caller.arn];
  if ('Principal' in statement) {
    const named = principalsOf(statement.Principal);
    if (named.some((one) => one === '*' || itself.includes(one))) return 'itself';
    if (named.some((one) => role.includes(one))) return 'role';
    return named.some((one) => account.includes(one)) ? 'account' : '';
  }
  const except = principalsOf(statement.NotPrincipal);
  const isExcepted = except.some((one) => one === '*' || [...itself, ...role, ...account].includes(one));
  // "Will always deny any IAM principal that has a permissions boundary policy attached."
  if (statement.Effect === 'Deny' && rights.boundary !== undefined) return 'itself';
  return isExcepted ? '' : 'itself';
}

function principalsOf(element: unknown): string[] {
  if (typeof element === 'string') return [element];
  return Object.entries(element as object).flatMap(([type, value]) => (type === 'AWS' ? listOf(value) : []));
}

function appliesTo(statement: RawStatement, world: World, rights: Rights): boolean {
  const glob = { many: '.*', one: '.' };
  const actions = (element: unknown) => listOf(element).some((one) => toRegExp(one, undefined, glob, 'is').test(world.action));
  const variables = rights.isOld ? undefined : world;
  const resources = (element: unknown) => listOf(element).some((one) => resourceExpression(one, variables).test(world.resource));
  if ('Action' in statement ? !actions(statement.Action) : actions(statement.NotAction)) return false;
  if ('Resource' in statement && !resources(statement.Resource)) return false;
  if ('NotResource' in statement && resources(statement.NotResource)) return false;
  for (const [operator, keys] of Object.entries((statement.Condition ?? {}) as { [operator: string]: object })) {
    for (const [key, wanted] of Object.entries(keys)) {
      if (!testHolds(operator.toLowerCase(), world.context.get(key.toLowerCase()), listOf(wanted), variables)) return false;
    }
  }
  return true;
}

/** "Wildcards within the segments; as the last character of a segment it can match beyond the colon." */
function resourceExpression(source: string, variables: World | undefined): RegExp {
  const glob = { many: '.*', one: '.' };
  if (!source.startsWith('arn:')) return toRegExp(source, variables, glob, 's');
  const whole = /^((?:[^:]*:){5})(.*)$/s.exec(source);
  const segments = (whole?.[1]?.slice(0, -1) ?? source).split(':').map((segment) => {
    const inside = { many: '[^:]*', one: '[^:]' };
    if (!segment.endsWith('*')) return bodyOf(segment, variables, inside);
    return `${bodyOf(segment.slice(0, -1), variables, inside)}.*`;
  });
  if (whole !== null) segments.push(bodyOf(whole[2] ?? '', variables, glob));
  return new RegExp(`^${segments.join(':')}$`, 's');
}

function testHolds(
  operator: string,
  actual: readonly string[] | undefined,
  wanted: readonly string[],
  variables: World | undefined,
): boolean {
  if (operator === 'null') return wanted.some((one) => one.toLowerCase() === String(actual === undefined));
  if (operator.endsWith('ifexists')) {
    return actual === undefined || testHolds(operator.slice(0, -'ifexists'.length), actual, wanted, variables);
  }
  const isEmpty = actual === undefined || actual.every((one) => one === '');
  if (operator.startsWith('forallvalues:')) {
    const plain = operator.slice('forallvalues:'.length);
    return isEmpty || actual.every((one) => testHolds(plain, [one], wanted, variables));
  }
  if (operator.startsWith('foranyvalue:')) {
    const plain = operator.slice('foranyvalue:'.length);
    return !isEmpty && actual.some((one) => testHolds(plain, [one], wanted, variables));
  }
  const positive = operator.replace('not', '');
  const hit = (actual ?? []).some((one) => wanted.some((other) => compares(positive, one, other, variables)));
  return positive === operator ? hit : !hit;
}

function compares(operator: string, actual: string, wanted: string, variables: World | undefined): boolean {
  const glob = { many: '.*', one: '.' };
  const plain = { many: String.raw`\*`, one: String.raw`\?` };
  switch (operator) {
    case 'stringequals':
      return toRegExp(wanted, variables, plain, 's').test(actual);
    case 'stringequalsignorecase':
    case 'bool':
      return toRegExp(wanted, variables, plain, 'is').test(actual);
    case 'stringlike':
      return toRegExp(wanted, variables, glob, 's').test(actual);
    case 'arnequals':
    case 'arnlike':
      return arnCompares(actual, wanted, variables);
    case 'binaryequals':
      return (
        /^[\w+/]+=*$/.test(wanted) &&
        Buffer.from(actual, 'base64').toString('hex') === Buffer.from(wanted, 'base64').toString('hex')
      );
    case 'ipaddress':
      return addressCompares(actual, wanted);
    default:
      return ordered(operator, actual, wanted);
  }
}

/** "Each of the six colon-delimited components of the ARN is checked separately." */
function arnCompares(actual: string, wanted: string, variables: World | undefined): boolean {
  if (wanted === '*') return true;
  const six = /^([^:]*):([^:]*):([^:]*):([^:]*):([^:]*):(.*)$/s;
  const [parts, patterns] = [six.exec(actual)?.slice(1), six.exec(wanted)?.slice(1)];
  if (parts === undefined || patterns === undefined) return false;
  return patterns.every((one, index) => toRegExp(one, variables, { many: '.*', one: '.' }, 's').test(parts[index] ?? ''));
}

function addressCompares(actual: string, wanted: string): boolean {
  const [network = '', length, rest] = wanted.split('/');
  const [left, right] = [bitsOf(actual), bitsOf(network)];
  if (left === undefined || right === undefined || rest !== undefined || left.length !== right.length) return false;
  const size = length === undefined ? left.length : Number(length);
  return size <= left.length && left.slice(0, size) === right.slice(0, size);
}

/** An address as a text of zeros and ones. */
function bitsOf(address: string): string | undefined {
  const dotted = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...numbers: string[]) => {
    const [a = '', b = '', c = '', d = ''] = numbers.map((one) => Number(one).toString(16).padStart(2, '0'));
    return address.includes(':') ? `${a}${b}:${c}${d}` : [a, b, c, d].join('.');
  });
  if (/^[\da-f]{2}(\.[\da-f]{2}){3}$/.test(dotted)) return bits(dotted.split('.'), 8);
  if (!dotted.includes(':')) return undefined;
  const [head = '', tail] = dotted.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const groups = tail === undefined ? [...head] : [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return bits(groups as string[], 16);
}

function bits(parts: readonly string[], width: number): string {
  return parts.map((one) => Number.parseInt(one, 16).toString(2).padStart(width, '0')).join('');
}

function ordered(operator: string, actual: string, wanted: string): boolean {
  const date = operator.startsWith('date');
  if (!date && !operator.startsWith('numeric')) throw new Error(`the reference does not know ${operator}`);
  const [left, right] = date ? [moment(actual), moment(wanted)] : [number(actual), number(wanted)];
  switch (operator.replace(/^date|^numeric/, '')) {
    case 'equals':
      return left === right;
    case 'lessthan':
      return left < right;
    case 'lessthanequals':
      return left <= right;
    case 'greaterthan':
      return left > right;
    case 'greaterthanequals':
      return left >= right;
    default:
      throw new Error(`the reference does not know ${operator}`);
  }
}

function number(text: string): number {
  return /^-?[\d.]+$/.test(text) ? Number(text) : Number.NaN;
}

function moment(text: string): number {
  if (/^\d{5,}$/.test(text)) return Number(text) * 1000;
  return /^\d{4}(-\d\d)*/.test(text) ? Date.parse(text) : Number.NaN;
}

function listOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

interface Wildcards {
  readonly many: string;
  readonly one: string;
}

function toRegExp(pattern: string, variables: World | undefined, wildcards: Wildcards, flags: string): RegExp {
  return new RegExp(`^${bodyOf(pattern, variables, wildcards)}$`, flags);
}

/** A pattern as the inside of a regular expression: variables are their values, to be taken literally. */
function bodyOf(pattern: string, variables: World | undefined, { many, one }: Wildcards): string {
  return pattern
    .split(/(\$\{[^}]*\}|\*|\?)/)
    .map((piece, index) => {
      if (index % 2 === 0) return escaped(piece);
      if (piece === '*') return many;
      if (piece === '?') return one;
      return variables === undefined
        ? bodyOf(piece.slice(1), undefined, { many, one }).replace(/^/, String.raw`\$`)
        : substituted(piece, variables);
    })
    .join('');
}

function substituted(variable: string, { context }: World): string {
  const [name = '', fallback] = variable.slice(2, -1).split(/\s*,\s*/);
  if (name === '*' || name === '?' || name === '$') return escaped(name);
  const value = context.get(name.toLowerCase())?.[0] ?? fallback?.slice(1, -1);
  // "There is no equal or like value."
  return value === undefined ? '[^\\s\\S]' : escaped(value);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
