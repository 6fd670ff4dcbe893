import { isSecretName } from '../../src/ci/secret-name.ts';
import type {
  ConsumerObservation,
  CoverageObservation,
  JsonObject,
  Location,
  Match,
  Observation,
  ScanContext,
  SourceFile,
} from '../../src/contracts/index.ts';
import { counted, fileCoverage } from '../../src/files/coverage.ts';
import { isIgnoredByGit } from '../../src/files/ignored.ts';
import { matchLocation } from '../../src/files/location.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import { coverSecrets, isPinAfter } from '../../src/formats/cover.ts';
import { readJson } from '../../src/formats/json.ts';
import { looksSecret, plainSighting, type SecretKind, secretKind } from '../../src/formats/plain-value.ts';
import { readToml } from '../../src/formats/toml.ts';
import { get, scalarAt, sortedScalars, textOf } from '../../src/formats/tree.ts';
import { readYaml } from '../../src/formats/yaml.ts';
import { type Client, clientOf } from './clients.ts';
import { type Server, serversIn, type Value } from './server.ts';
import { offersSignIn } from './sign-in.ts';
import { type Unasked, unaskedSettings } from './unasked.ts';

const MAX_CHARACTERS = 8 * 1024 * 1024;

/** Each server with what it gets, and every key that lies in permissions, settings and login files. */
export async function* scanAgentConfig(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const client = clientOf(headOfBytes(file.path, file.bytes));
  if (client === undefined) return;
  const raw = file.text();
  const matches = context.detect(raw, { path: file.path });
  const isTooLong = raw.length > MAX_CHARACTERS;
  const { root, problems, position } = isTooLong
    ? {
        root: undefined,
        problems: [`longer than ${MAX_CHARACTERS >> 20} Mi characters: only searched for keys`],
        position: () => ({ line: 1, column: 1 }),
      }
    : read(client, coverSecrets(raw, matches, isPinAfter('@:')));
  const servers = client.isLogin === true ? [] : serversIn(root, /\/(?:mcpServers|agents)\//.test(file.path));
  const reading: Reading = {
    file,
    client,
    raw,
    matches,
    context,
    approvesAll: textOf(get(root, 'enableAllProjectMcpServers')) === 'true',
    at: (offset, pointer) => ({ ...file.at, path: file.path, ...position(offset), ...(pointer === '' ? {} : { pointer }) }),
  };

  const scalars = sortedScalars(root);
  const told = new Set<Match>();
  const plain = new Set<number>();
  for (const server of servers) {
    for (const observation of describe(server, reading, told, plain)) yield observation;
    for (const { path, at } of server.envFiles) yield await envFileRow(server, reading, path, reading.at(at.start, at.pointer));
  }
  if (client.isLogin !== true) for (const setting of unaskedSettings(client, root)) yield unasked(setting, reading);
  for (const match of matches) {
    const scalar = scalarAt(scalars, match.start);
    const at = matchLocation(file, match, scalar?.pointer);
    yield { ...context.sighting(match, at, 'agent-config', undefined), at };
    if (!told.has(match)) yield ownConsumer(match, at, reading);
  }
  yield coverage(file, servers.length, problems);
}

interface Reading {
  readonly file: SourceFile;
  readonly client: Client;
  readonly raw: string;
  readonly matches: readonly Match[];
  readonly context: ScanContext;
  readonly approvesAll: boolean;
  at(offset: number, pointer: string): Location;
}

function read(client: Client, text: string) {
  if (client.format === 'json') return readJson(text);
  return client.format === 'yaml' ? readYaml(text) : readToml(text);
}

/** One row for each credential or secret that a server gets, each with all that is known of the server. */
function* describe(server: Server, reading: Reading, told: Set<Match>, plain: Set<number>): Generator<Observation> {
  const { file, raw, context } = reading;
  const base = {
    kind: 'consumer',
    consumer: consumerId(file, server.name === '' ? reading.client.name : server.name),
    type: 'agent',
    ...(server.environment === undefined ? {} : { environment: server.environment }),
  } as const;
  const facts = factsOf(server, reading);
  const seen = new Set<string>();
  for (const value of server.values) {
    const { scalar, position, key } = value;
    const detail = {
      ...facts,
      position,
      ...(position === 'env' || position === 'headers' ? { variable: key.slice(0, 120) } : {}),
    };
    const at = reading.at(scalar.start, scalar.pointer);
    const own = reading.matches.filter((match) => match.start < scalar.end && match.end > scalar.start);
    for (const match of own) {
      told.add(match);
      if (seen.has(match.credential)) continue;
      seen.add(match.credential);
      yield {
        ...base,
        credential: match.credential,
        ...(match.identity === undefined ? {} : { identity: match.identity }),
        how: 'static-key',
        at,
        detail: { ...detail, literal: true, held: held(match.masked, value), ...(isPersonal(match) ? { personal: true } : {}) },
      };
    }
    if (own.length > 0) continue;
    for (const name of namesIn(value)) {
      if (seen.has(name)) continue;
      seen.add(name);
      yield { ...base, secretName: name, how: 'secret', at, detail: { ...detail, literal: false } };
    }
    const written = plainValueOf(value, raw);
    if (written !== undefined && !plain.has(scalar.start)) {
      plain.add(scalar.start);
      const { kind, confidence } = written;
      const sighting = plainSighting(written.value, kind, at, 'agent-config', context, {
        environment: server.environment,
        ...(confidence === undefined ? {} : { confidence }),
      });
      yield sighting;
      yield {
        ...base,
        credential: sighting.credential,
        how: 'static-key',
        at,
        detail: { ...detail, literal: true, held: held(sighting.masked, value) },
      };
    }
    if (position === 'env' && key === 'AWS_PROFILE' && scalar.value !== '') {
      yield {
        ...base,
        secretName: `AWS profile ${scalar.value.slice(0, 60)}`,
        how: 'profile',
        at,
        detail: { ...detail, fact: 'personal-login' },
      };
    }
  }
  for (const { path, at } of server.mounts) {
    const place = reading.at(at.start, at.pointer);
    const fact = path.endsWith('.sock') ? 'container-socket' : path === '~' ? 'home-mount' : 'personal-login';
    yield { ...base, secretName: path, how: 'mount', at: place, detail: { ...facts, position: 'args', fact } };
  }
}

/** A file with secrets that the configuration names. */
async function envFileRow(server: Server, reading: Reading, path: string, at: Location): Promise<ConsumerObservation> {
  const { file, client } = reading;
  const ignored = file.around === undefined ? undefined : await isIgnoredByGit(path, file.around);
  const present = (await file.around?.read(path)) !== undefined;
  return {
    kind: 'consumer',
    consumer: consumerId(file, server.name === '' ? client.name : server.name),
    type: 'agent',
    ...(server.environment === undefined ? {} : { environment: server.environment }),
    secretName: path,
    how: 'secret',
    at,
    detail: {
      ...factsOf(server, reading),
      fact: 'secret-file',
      file: path,
      present,
      ...(ignored === undefined ? {} : { ignored }),
    },
  };
}

function factsOf(server: Server, { file, client, approvesAll }: Reading): JsonObject {
  return {
    platform: 'agent',
    client: client.name,
    server: server.name.slice(0, 200),
    project: projectOf(file.path),
    transport: server.transport,
    ...(server.runner === undefined ? {} : { runner: server.runner }),
    ...(server.package === undefined ? {} : { package: server.package.slice(0, 200) }),
    ...(server.pinned === undefined ? {} : { pinned: server.pinned }),
    ...(server.host === undefined ? {} : { host: server.host, offersSignIn: offersSignIn(server.host) }),
    plainHttp: server.isPlainHttp,
    disabled: server.isDisabled,
    approved: server.approved,
    approvesAll,
  };
}

/** What the settings let run holds for servers of the project, wherever those are declared. */
function unasked({ because, servers, at }: Unasked, { file, client, at: locate }: Reading): ConsumerObservation {
  return {
    kind: 'consumer',
    consumer: consumerId(file, 'permissions'),
    type: 'agent',
    secretName: '*',
    how: 'secret',
    at: locate(at.start, at.pointer),
    detail: {
      platform: 'agent',
      client: client.name,
      fact: 'unasked',
      project: projectOf(file.path),
      because: because.slice(0, 300),
      servers: [...servers],
    },
  };
}

/** The directory that a configuration is for: that which has `.claude/`, `.codex/` or `.mcp.json`. */
function projectOf(path: string): string {
  return path.replace(/(?:^|\/)\.(?:claude|codex)\/[^/]*$|(?:^|\/)[^/]*$/, '');
}

/** A key outside of any server: in a permission that somebody allowed for ever, in settings, in a login file. */
function ownConsumer(match: Match, at: Location, { file, client }: Reading): ConsumerObservation {
  const pointer = at.pointer ?? '';
  const isPermission =
    /(?:^|\.)(?:permissions\.(?:allow|deny|ask)|allowedTools|autoApprove|alwaysAllow|history|projects\b.*\.history)\b/.test(
      pointer,
    );
  return {
    kind: 'consumer',
    consumer: consumerId(file, client.isLogin === true ? 'login' : isPermission ? 'permissions' : 'settings'),
    type: 'agent',
    credential: match.credential,
    ...(match.identity === undefined ? {} : { identity: match.identity }),
    how: 'static-key',
    at,
    detail: {
      platform: 'agent',
      client: client.name,
      fact: client.isLogin === true ? 'login-file' : isPermission ? 'permission-list' : 'settings',
      literal: true,
      held: match.masked,
      ...(file.mode === undefined ? {} : { othersMayRead: (file.mode & 0o044) !== 0 }),
      ...(isPersonal(match) ? { personal: true } : {}),
    },
  };
}

/** What the server holds, for a sentence: the name it is given by, and the masked form. */
function held(masked: string, { position, key }: Value): string {
  return position === 'env' || position === 'headers' ? `${key.slice(0, 120)} (${masked})` : masked;
}

function consumerId(file: SourceFile, part: string): string {
  return `${file.at.repository === undefined ? '' : `${file.at.repository}:`}${file.path}#${part.slice(0, 200)}`;
}

/** Tokens that stand for a person by their kind. */
function isPersonal({ detector }: Match): boolean {
  return /^(?:github-pat|github-fine-grained|github-personal|gitlab-pat|gitlab-personal|github-oauth)/.test(detector);
}

const REFERENCE =
  /\$\{(?:env:|secret:|input:)?(?<braced>[\w.-]+)(?::-[^}]*)?\}|\$(?<bare>[A-Z][A-Z0-9_]+)|\{env:(?<opencode>\w+)\}/g;

/** Names of the secrets that a value refers to. `${HOME}` is none; what an `Authorization` header takes is one by its place. */
function* namesIn({ scalar, key, position, isName }: Value): Generator<string> {
  if (isName === true) {
    yield scalar.value.slice(0, 200);
    return;
  }
  for (const { groups } of scalar.value.matchAll(REFERENCE)) {
    const name = groups?.braced ?? groups?.bare ?? groups?.opencode ?? '';
    if (isSecretName(name) || (position !== 'url' && isSecretName(key)) || /^authorization$|api-?key|token/i.test(key))
      yield name.slice(0, 200);
  }
}

interface PlainValue {
  readonly value: string;
  readonly kind: SecretKind;
  /** Where the place leaves no doubt that it is one. */
  readonly confidence?: 'medium';
}

function plainValueOf({ scalar, key, position }: Value, raw: string): PlainValue | undefined {
  const quote = scalar.quoted ? 1 : 0;
  const written = raw.slice(scalar.start + quote, scalar.end - quote);
  const login = loginIn(written);
  if (login !== undefined) return looksSecret(login) ? { value: login, kind: 'password', confidence: 'medium' } : undefined;
  if (position === 'url') return undefined;
  const kind = secretKind(key.replaceAll('-', '_')) ?? (/^authorization$/i.test(key) ? 'token' : undefined);
  if (kind === undefined) return undefined;
  // Of `--token=VALUE` and `Bearer VALUE` the value.
  const value = written.replace(/^--?[\w-]+=/, '').replace(/^(?:Bearer|Basic|token)\s+/i, '');
  return looksSecret(value) ? { value, kind } : undefined;
}

/** The password of `https://user:PASSWORD@host`, or the token of `https://TOKEN@host`. */
function loginIn(text: string): string | undefined {
  const login = /^(?:--?[\w-]+=)?[a-z][a-z\d+.-]{0,20}:\/\/(?<name>[^\s/?#@:]{0,200})(?::(?<password>[^\s/?#@]{0,500}))?@/i.exec(
    text,
  )?.groups;
  const value = login?.password ?? login?.name;
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function coverage(file: SourceFile, servers: number, problems: readonly string[]): CoverageObservation {
  return fileCoverage(file, 'agent-config', ['consumer', 'sighting'], problems, {
    ...counted(1, 0),
    skipped: 0,
    detail: { servers },
  });
}
