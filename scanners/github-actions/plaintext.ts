import {
  type Location,
  type Match,
  type ScanContext,
  type SightingObservation,
  secretCredentialId,
} from '../../src/contracts/index.ts';
import { entriesOf, get, type Scalar, scalarsOf, type Tree } from '../../src/formats/tree.ts';
import { Secret } from '../../src/util/secret.ts';
import type { Workflow } from './workflow.ts';

/** A literal under a name that says it is a secret, though no detector knows its form. */
export interface PlainValue {
  readonly type: 'password' | 'token' | 'api-key' | 'secret';
  readonly secret: Secret;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  readonly pointer: string;
}

/** `text` is the file with its expressions blanked. */
export function findPlainValues(
  text: string,
  root: Tree | undefined,
  workflow: Workflow,
  matches: readonly Match[],
): PlainValue[] {
  const found = new Map<number, PlainValue>();
  const isKnown = (start: number, end: number) => matches.some((match) => match.start < end && match.end > start);
  const add = (value: PlainValue) => {
    if (!isKnown(value.start, value.end)) found.set(value.start, value);
  };

  const named: (Tree | undefined)[] = [get(root, 'env')];
  for (const job of workflow.jobs) {
    named.push(job.env, get(job.tree, 'with'), get(job.tree, 'secrets'));
    const container = get(job.tree, 'container');
    named.push(get(container, 'env'), get(container, 'credentials'));
    // Not the environment of services: passwords of throw-away databases are set there by custom.
    for (const { value } of entriesOf(get(job.tree, 'services'))) named.push(get(value, 'credentials'));
    for (const step of job.steps) {
      named.push(step.env, step.with);
      for (const { scalar } of scalarsOf(get(step.tree, 'run'))) for (const value of argumentsOf(text, scalar)) add(value);
    }
  }
  for (const tree of named) {
    for (const { key, value } of entriesOf(tree)) {
      if (value.type !== 'scalar') continue;
      const plain = plainValue(text, key, value);
      if (plain !== undefined) add(plain);
    }
  }
  return [...found.values()].sort((a, b) => a.start - b.start);
}

/** The sighting of a value that no detector knows: low confidence, and nothing of it is shown. */
export function plainSighting(value: PlainValue, at: Location, environment: string | undefined, context: ScanContext) {
  const fingerprint = context.fingerprint(value.secret);
  return {
    kind: 'sighting',
    credential: secretCredentialId(fingerprint),
    detector: 'ci-plaintext-value',
    provider: 'generic',
    type: value.type,
    fingerprint,
    masked: `…(${value.secret.length})`,
    confidence: 'low',
    place: 'ci',
    ...(environment === undefined ? {} : { environment }),
    at,
  } satisfies SightingObservation;
}

const SECRET_KEY =
  /(?:^|[_.-])(?:(?<password>password|passwd|passphrase|pwd)|(?<token>token|pat)|(?<apiKey>api[_-]?key|apikey)|(?<secret>secret|(?:access|secret|private|account|auth|signing|encryption)[_-]?key|credentials?))$/i;

function plainValue(text: string, key: string, scalar: Scalar): PlainValue | undefined {
  const groups = SECRET_KEY.exec(key)?.groups;
  if (groups === undefined) return undefined;
  const quote = scalar.quoted ? 1 : 0;
  const start = scalar.start + quote;
  const end = scalar.end - quote;
  const value = text.slice(start, end);
  if (value !== scalar.value || !looksSecret(value)) return undefined;
  const { password, token, apiKey } = groups;
  const type = password !== undefined ? 'password' : token !== undefined ? 'token' : apiKey !== undefined ? 'api-key' : 'secret';
  return { type, secret: new Secret(value), start, end, pointer: scalar.pointer };
}

/** `docker login -p …`, `mysql -p…`, `curl -u user:…`, `--password=…` with the value written out. */
const ARGUMENTS: readonly RegExp[] = [
  /\b(?:docker|podman|buildah|helm\s+registry|oras|crane\s+auth|skopeo)\s+login\b[^\n]{0,500}?\s(?:-p|--password)[=\s]\s*(?<quote>["']?)(?<value>[^\s"'$|;&]+)\k<quote>/dg,
  /\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n]{0,500}?\s(?:-p|--password=)(?<quote>["']?)(?<value>[^\s"'$|;&-][^\s"'$|;&]*)\k<quote>/dg,
  /\bcurl\b[^\n]{0,500}?\s(?:-u|--user)[=\s]?\s*["']?[^\s"'$:]+:["']?(?<value>[^\s"'$|;&]+)/dg,
  /\baz\s+login\b[^\n]{0,500}?\s(?:-p|--password)[=\s]\s*(?<quote>["']?)(?<value>[^\s"'$|;&]+)\k<quote>/dg,
];

function* argumentsOf(text: string, run: Scalar): Generator<PlainValue> {
  const script = text.slice(run.start, run.end);
  for (const pattern of ARGUMENTS) {
    for (const match of script.matchAll(pattern)) {
      const [from, to] = match.indices?.groups?.value ?? [0, 0];
      const value = script.slice(from, to);
      if (!looksSecret(value)) continue;
      yield { type: 'password', secret: new Secret(value), start: run.start + from, end: run.start + to, pointer: run.pointer };
    }
  }
}

const PLACEHOLDER =
  /^(?:x+|\*+|\.+|-+|<.*>|\[.*\]|\{.*\}|%.*%|\$.*|.*(?:change[_-]?me|placeholder|example|dummy|fake|redacted|replace|your[_-]|todo|insert|notasecret|not-a-secret).*|(?:test|mock|sample|ci)[_-]?(?:password|passwd|token|secret|key|api[_-]?key|credentials?)?\d*)$/i;

/** Not a placeholder, a name, a path or a switch: long enough, and of the mixed make that made-up values have. */
function looksSecret(value: string): boolean {
  if (value.length < 8 || value.length > 4096 || /\s/.test(value) || PLACEHOLDER.test(value)) return false;
  if (/^(?:\.{0,2}\/|~\/|[A-Za-z]:\\|https?:\/\/[^@]*$)/.test(value)) return false;
  if (/^\d+(?:\.\d+)*$/.test(value)) return false;
  if (new Set(value).size < 5) return false;
  const hasDigit = /\d/.test(value);
  const mixesCase = /[a-z]/.test(value) && /[A-Z]/.test(value);
  const hasSymbol = /[^\w.:/@-]/.test(value);
  return hasDigit || mixesCase || hasSymbol;
}
