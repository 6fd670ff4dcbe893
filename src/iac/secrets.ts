import type {
  Confidence,
  Location,
  Match,
  Observation,
  ScanContext,
  SightingObservation,
  SourceFile,
} from '../contracts/index.ts';
import { matchLocation } from '../files/location.ts';
import { looksSecret, plainSighting, type SecretKind, secretKind } from '../formats/plain-value.ts';
import { environmentOf as environmentIn } from '../util/environment.ts';
import { environmentOf } from './aws.ts';
import { factRow } from './fact.ts';
import { attribute, placeOf, type Resource, type Stack } from './resource.ts';
import { isAbout, secretReference } from './secret-reference.ts';
import { snake } from './snake.ts';
import { locationOf, type MapValue, type TextValue, textsBelow, type Value } from './value.ts';

/** Attributes that providers keep secret themselves, whatever they hold. */
const SECRET_ATTRIBUTE =
  /^(?:(?:master|master_user|admin|administrator|root|user|login|db|administrator_login|admin_login|console|new|initial|auth|become)_?password|password|passphrase|secret_key|secret_access_key|client_secret|secret_string|plaintext_value|auth_token|api_token|access_token|private_key|private_key_pem|sas_token|shared_key|preshared_key|tunnel\d_preshared_key|secret_data)$/;

/** Of arguments that no state and no plan keeps. https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only */
const WRITE_ONLY = /_wo$/;

/** What a state keeps in plain text although it is secret. https://developer.hashicorp.com/terraform/language/state/sensitive-data */
const IN_STATE: { readonly [type: string]: RegExp } = {
  random_password: /^result$/,
  tls_private_key: /^private_key_(?:pem|openssh|pem_pkcs8)$/,
  aws_iam_access_key: /^(?:secret|ses_smtp_password_v4)$/,
  google_service_account_key: /^private_key$/,
  google_storage_hmac_key: /^secret$/,
  azuread_application_password: /^value$/,
  azuread_service_principal_password: /^value$/,
  azurerm_key_vault_secret: /^value$/,
  aws_secretsmanager_secret_version: /^secret_(?:string|binary)$/,
  google_secret_manager_secret_version: /^secret_data$/,
  github_actions_secret: /^plaintext_value$/,
  github_actions_environment_secret: /^plaintext_value$/,
  gitlab_project_access_token: /^token$/,
  gitlab_group_access_token: /^token$/,
  vault_token: /^client_token$/,
  tfe_team_token: /^token$/,
  databricks_token: /^token_value$/,
  okta_app_oauth: /^client_secret$/,
  kubernetes_token_request: /^token$/,
  kubernetes_token_request_v1: /^token$/,
  azurerm_storage_account_sas: /^sas$/,
  azurerm_storage_account_blob_container_sas: /^sas$/,
};

export interface Searching {
  readonly context: Pick<ScanContext, 'fingerprint'>;
  /** What the detectors found in the file: told already. */
  readonly matches: readonly Match[];
  readonly path: string;
  readonly environment: string | undefined;
}

/** A search in one file. */
export function searching(path: string, matches: readonly Match[], context: Pick<ScanContext, 'fingerprint'>): Searching {
  return { context, matches, path, environment: environmentIn(path) };
}

/** Literals under names of secrets, in the resources of one file. */
export function* literalSecrets(resource: Resource, stack: Stack, search: Searching): Generator<Observation> {
  if (resource.where.source.path !== search.path) return;
  const state = stack.origin === 'source' ? undefined : IN_STATE[resource.type];
  yield* literalsIn(resource.body, search, {
    type: resource.type,
    isSecret: (path) =>
      path.some((key) => SECRET_ATTRIBUTE.test(snake(key).replace(WRITE_ONLY, '')) || state?.test(key) === true),
    ...(stack.origin === 'state' ? { detector: 'state' as const } : {}),
  });
}

export interface Rules {
  readonly type?: string;
  /** Of this the provider (or the state itself) says that it is secret. */
  readonly isSecret: (path: readonly string[]) => boolean;
  readonly detector?: 'state';
}

export function* literalsIn(body: MapValue | Value | undefined, search: Searching, rules: Rules): Generator<Observation> {
  for (const { path, value } of textsBelow(body)) {
    if (value.kind !== 'text' || !value.isLiteral || value.where.source.path !== search.path) continue;
    const written = path.at(-1) ?? '';
    const name = written.replace(WRITE_ONLY, '');
    const isSecret = rules.isSecret(path);
    if (
      name === 'user_data' ||
      name === 'user_data_base64' ||
      name === 'startup_script' ||
      name === 'metadata_startup_script' ||
      name === 'custom_data'
    ) {
      yield* inScript(value, search);
      continue;
    }
    const kind = isSecret ? (secretKind(name) ?? 'secret') : secretKind(name);
    if (
      kind === undefined ||
      isAbout(name) ||
      (path.length > 1 && BESIDE.test(name)) ||
      AWS_ID.test(value.text) ||
      !(isSecret && rules.detector === 'state' ? isWorth(value.text) : looksSecret(value.text))
    )
      continue;
    yield* told(
      value.text,
      kind,
      locationOf(value.where),
      [value.where.start, value.where.end],
      // What only the code holds has leaked to fewer places.
      isSecret ? (name === written ? 'high' : 'medium') : 'low',
      search,
    );
  }
}

/** The id of an access key is no secret; `access_key` of a provider is but that. */
const AWS_ID = /^A[A-Z]{3}[A-Z0-9]{16}$/;
/** What stands beside the password in the JSON of a secret. */
const BESIDE =
  /^(?:user(?:_?name)?|login|host(?:name)?|port|engine|db_?name|database|db|region|email|endpoint|scheme|dbInstanceIdentifier|dbClusterIdentifier)$/i;
/** Ids and addresses, which providers mark as secret with the rest: `data.aws_ssm_parameter` of a machine image. */
const NO_SECRET = /^(?:[a-z]{1,8}-[0-9a-f]{8,17}|arn:.*|https?:\/\/[^@]*|[\d.]+)$/;

/** What a state holds as secret need not look like one. */
function isWorth(text: string): boolean {
  return text.length >= 6 && !NO_SECRET.test(text) && !/^(?:\*+|x+|null|none|true|false|\(sensitive value\))$/i.test(text);
}

function* told(
  text: string,
  kind: SecretKind,
  at: Location,
  [start, end]: readonly [number, number],
  confidence: Confidence,
  search: Searching,
): Generator<Observation> {
  if (search.matches.some((match) => match.confidence !== 'low' && match.start < end && match.end > start)) return;
  const { environment } = search;
  yield plainSighting(text, kind, at, 'iac', search.context, {
    confidence,
    ...(environment === undefined ? {} : { environment }),
  });
}

const ASSIGNMENT =
  /(?:^|[\s;])(?:export\s+|set\s+|-e\s+)?(?<name>[A-Za-z_]\w{2,60})=(?<quote>["']?)(?<value>[^\s"'$;|&`\\]{8,200})\k<quote>/gm;

/** `export DB_PASSWORD=…` in the script that a machine starts with. */
function* inScript(value: TextValue, search: Searching): Generator<Observation> {
  const at = locationOf(value.where);
  const first = value.text.slice(0, 200_000);
  for (const match of first.matchAll(ASSIGNMENT)) {
    const { name = '', value: secret = '' } = match.groups ?? {};
    const kind = secretKind(name);
    if (kind === undefined || isAbout(name) || !looksSecret(secret)) continue;
    const { line: head = 1, column, endLine = head, ...rest } = at;
    // The text of a heredoc or block begins on the line below; one with escaped line ends is all on its own.
    const below = first.slice(0, match.index + match[0].indexOf(name)).split('\n').length;
    const line = endLine === head ? head : Math.min(head + below, endLine);
    if (search.matches.some((found) => found.confidence !== 'low' && found.line === line)) continue;
    yield* told(secret, kind, { ...rest, line }, [value.where.start, value.where.start], 'medium', search);
  }
}

/** A dynamic reference of CloudFormation: it is filled in when the stack is made, and stands in the function's settings. */
function resolvedSecret(value: Value): string | undefined {
  const text = value.kind === 'text' || value.kind === 'unknown' ? value.text : '';
  return /^\{\{resolve:(?<from>secretsmanager|ssm-secure):(?<name>[^:}]{1,200})/.exec(text)?.[0]?.slice('{{resolve:'.length);
}

/** Secrets that the code hands to functions, containers and machines in plain sight of whoever may describe them. */
export function* handedSecrets(resource: Resource, stack: Stack): Generator<Observation> {
  if (stack.origin !== 'source' || resource.mode !== 'managed') return;
  for (const { name, value } of environmentOf(resource)) {
    const from = secretReference(value) ?? resolvedSecret(value);
    if (from === undefined || isAbout(name)) continue;
    yield factRow(stack, resource, 'secret-in-environment', {
      secretName: name,
      how: 'secret',
      type: /function|cloud_run/.test(resource.type) ? 'function' : 'code',
      at: placeOf(resource, value),
      detail: { from },
    });
  }
  for (const name of ['user_data', 'user_data_base64', 'metadata_startup_script', 'custom_data']) {
    const value = attribute(resource, name);
    const from = secretReference(value);
    if (from === undefined) continue;
    yield factRow(stack, resource, 'secret-in-user-data', {
      secretName: from,
      how: 'secret',
      at: placeOf(resource, value),
      detail: { from, attribute: name },
    });
  }
}

/** The keys that stand written out in a file. As the search of its bytes calls the place, so that one credential is not told twice. */
export function* sightingsOf(file: SourceFile, matches: readonly Match[], context: ScanContext): Generator<SightingObservation> {
  for (const match of matches) {
    const at = matchLocation(file, match);
    yield { ...context.sighting(match, at, file.place === 'file' ? 'iac' : file.place), at };
  }
}
