import type { Location, ScanContext, SightingObservation } from '../contracts/index.ts';
import { looksSecret, plainSighting, type SecretKind, secretKind } from '../formats/plain-value.ts';
import type { Scalar } from '../formats/tree.ts';
import { Secret } from '../util/secret.ts';

/** A literal under a name that says it is a secret, though no detector knows its form. */
export interface PlainValue {
  readonly type: SecretKind;
  readonly secret: Secret;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  readonly pointer: string;
}

/** The sighting of a value that no detector knows: low confidence. */
export function ciSighting(
  value: PlainValue,
  at: Location,
  environment: string | undefined,
  context: ScanContext,
): SightingObservation {
  return plainSighting(value.secret.reveal(), value.type, at, 'ci', context, { environment, detector: 'ci-plaintext-value' });
}

/** A value that its name calls a secret; `text` has the scalar at its offsets. */
export function plainValue(text: string, name: string, scalar: Scalar): PlainValue | undefined {
  const type = kindOf(name);
  if (type === undefined) return undefined;
  const quote = scalar.quoted ? 1 : 0;
  const [start, end] = [scalar.start + quote, scalar.end - quote];
  const value = text.slice(start, end);
  if (value !== scalar.value || !looksSecret(value)) return undefined;
  return { type, secret: new Secret(value), start, end, pointer: scalar.pointer };
}

/** The id beside a key is told by the key. */
function kindOf(name: string): SecretKind | undefined {
  return /_id$/i.test(name) ? undefined : secretKind(name);
}

/** `docker login -p …`, `mysql -p…`, `curl -u user:…`, `--password=…`, `export DB_PASSWORD=…` with the value written out. */
const ARGUMENTS: readonly RegExp[] = [
  /\b(?:docker|podman|buildah|helm\s+registry|oras|crane\s+auth|skopeo)\s+login\b[^\n]{0,500}?\s(?:-p|--password)[=\s]\s*(?<quote>["']?)(?<value>[^\s"'$|;&]+)\k<quote>/dg,
  /\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n]{0,500}?\s(?:-p|--password=)(?<quote>["']?)(?<value>[^\s"'$|;&-][^\s"'$|;&]*)\k<quote>/dg,
  /\bcurl\b[^\n]{0,500}?\s(?:-u|--user)[=\s]?\s*["']?[^\s"'$:]+:["']?(?<value>[^\s"'$|;&]+)/dg,
  /\baz\s+login\b[^\n]{0,500}?\s(?:-p|--password)[=\s]\s*(?<quote>["']?)(?<value>[^\s"'$|;&]+)\k<quote>/dg,
  /(?:^|\n|;|&&)[ \t-]*(?:export|set)\s+(?<name>[A-Za-z_]\w*)=(?<quote>["']?)(?<value>[^\s"'$|;&]+)\k<quote>/dg,
];

/** Values written out in a script. */
export function* plainArguments(text: string, run: Scalar): Generator<PlainValue> {
  const script = text.slice(run.start, run.end);
  for (const pattern of ARGUMENTS) {
    for (const match of script.matchAll(pattern)) {
      const [from, to] = match.indices?.groups?.value ?? [0, 0];
      const value = script.slice(from, to);
      const name = match.groups?.name;
      const type = name === undefined ? 'password' : kindOf(name);
      if (type === undefined || !looksSecret(value)) continue;
      yield { type, secret: new Secret(value), start: run.start + from, end: run.start + to, pointer: run.pointer };
    }
  }
}
