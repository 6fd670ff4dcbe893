import { entriesOf, get, itemsOf, type Scalar, scalarsOf, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { environmentOf } from '../../src/util/environment.ts';

/** A server that an agent starts or calls. */
export interface Server {
  readonly name: string;
  readonly tree: Tree;
  /** `none`: nothing says how it is started or reached. */
  readonly transport: 'stdio' | 'remote' | 'builtin' | 'none';
  /** `npx`, `uvx`, `docker` …: what starts it. */
  readonly runner: string | undefined;
  /** What is fetched to be run, without its version: `@scope/server-x`, `ghcr.io/x/y`. */
  readonly package: string | undefined;
  /** The version or digest that it is held to; absent where whatever is newest is run. */
  readonly pinned: boolean | undefined;
  readonly host: string | undefined;
  /** `http:` to another machine. */
  readonly isPlainHttp: boolean;
  readonly isDisabled: boolean;
  /** Tools of it that run without a question: `all`, or how many. */
  readonly approved: 'all' | number;
  /** Directories and sockets of the person that it is given: `~/.aws`, `/var/run/docker.sock`, `~`. */
  readonly mounts: readonly { readonly path: string; readonly at: Scalar }[];
  /** Files that its environment is read from, by their path in the project. */
  readonly envFiles: readonly { readonly path: string; readonly at: Scalar }[];
  readonly environment: string | undefined;
  /** Values that may hold or name a secret, each with where it enters. */
  readonly values: readonly Value[];
}

export interface Value {
  readonly position: 'env' | 'headers' | 'args' | 'url' | 'other';
  /** Name of the variable, header or switch. */
  readonly key: string;
  readonly scalar: Scalar;
  /** The text itself names the variable that holds the secret: `bearer_token_env_var`. */
  readonly isName?: boolean;
}

/** Names under which clients list their servers. */
const LISTS = ['mcpServers', 'mcp_servers', 'mcp.servers', 'context_servers', 'servers', 'extensions'];
const MAX_SERVERS = 500;
const MAX_DEPTH = 8;

/** All servers of a configuration, wherever they are listed: by project, by profile, below `mcp`. */
export function serversIn(root: Tree | undefined, isServerFile: boolean): Server[] {
  const servers: Server[] = [];
  const lists = new Set<Tree>();
  function visit(tree: Tree, key: string, depth: number): void {
    if (servers.length >= MAX_SERVERS || depth > MAX_DEPTH) return;
    if (isList(key) && !lists.has(tree)) {
      lists.add(tree);
      for (const server of listed(tree)) servers.push(server);
      return;
    }
    // opencode lists its servers right below `mcp`.
    if (key === 'mcp' && tree.type === 'mapping' && !tree.entries.some((entry) => isList(entry.key))) {
      for (const server of listed(tree)) servers.push(server);
      return;
    }
    for (const entry of entriesOf(tree)) visit(entry.value, entry.key, depth + 1);
  }
  if (root !== undefined) visit(root, '', 0);
  // One server a file: `.continue/mcpServers/x.yaml`.
  if (servers.length === 0 && isServerFile && root?.type === 'mapping' && isServer(root)) servers.push(readServer('', root));
  return servers.slice(0, MAX_SERVERS);
}

function isList(key: string): boolean {
  return LISTS.includes(key);
}

function* listed(tree: Tree): Generator<Server> {
  for (const { key, value } of entriesOf(tree)) if (isServer(value)) yield readServer(key, value);
  for (const [index, item] of itemsOf(tree).entries()) {
    if (isServer(item)) yield readServer(textOf(get(item, 'name')) ?? String(index), item);
  }
}

const SERVER_KEYS = [
  'command',
  'cmd',
  'url',
  'serverUrl',
  'httpUrl',
  'uri',
  'env',
  'environment',
  'envs',
  'args',
  'headers',
  'http_headers',
];

function isServer(tree: Tree): boolean {
  return tree.type === 'mapping' && tree.entries.some(({ key }) => SERVER_KEYS.includes(key));
}

function readServer(name: string, tree: Tree): Server {
  const command = get(tree, 'command') ?? get(tree, 'cmd');
  const nested = command?.type === 'mapping' ? command : undefined;
  const words: Scalar[] = [
    ...(nested === undefined ? scalars(command) : scalars(get(nested, 'path'))),
    ...scalars(get(tree, 'args')),
    ...scalars(get(nested, 'args')),
  ];
  const address = ['url', 'serverUrl', 'httpUrl', 'uri'].map((key) => get(tree, key)).find((one) => one?.type === 'scalar');
  const url = urlOf(textOf(address) ?? words.map(({ value }) => value).find((word) => /^https?:\/\//.test(word)));
  const started = words.length === 0 ? undefined : launch(words.map(({ value }) => value));
  return {
    name,
    tree,
    transport: transportOf(tree, words, address),
    runner: started?.runner,
    package: started?.package,
    pinned: started?.pinned,
    host: url?.hostname,
    isPlainHttp: url?.protocol === 'http:' && !isLocal(url.hostname),
    isDisabled: isTrue(get(tree, 'disabled')) || textOf(get(tree, 'enabled')) === 'false',
    approved: approvals(tree),
    mounts: mounts(words),
    envFiles: envFiles(tree, words),
    environment: environmentOf(name, url?.hostname, ...words.map(({ value }) => value), ...variablesThatTell(tree)),
    values: [...valuesOf(tree, nested, words, address)],
  };
}

function transportOf(tree: Tree, words: readonly Scalar[], address: Tree | undefined): Server['transport'] {
  if (words.length > 0) return 'stdio';
  if (textOf(address) !== undefined && textOf(address) !== '') return 'remote';
  // What a client brings along is named by its type or its parts alone.
  const isOwn = ['type', 'kind', 'bundled', 'path', 'package', 'image', 'module', 'code', 'extension', 'settings', 'source'].some(
    (key) => get(tree, key) !== undefined && !/^(?:stdio|sse|http|streamable-?http)$/i.test(textOf(get(tree, key)) ?? ''),
  );
  return isOwn ? 'builtin' : 'none';
}

function* valuesOf(tree: Tree, nested: Tree | undefined, words: readonly Scalar[], address: Tree | undefined): Generator<Value> {
  for (const key of ['env', 'environment', 'envs']) {
    for (const source of [tree, nested]) {
      for (const each of entriesOf(get(source, key))) {
        if (each.value.type === 'scalar') yield { position: 'env', key: each.key, scalar: each.value };
      }
    }
  }
  for (const key of ['headers', 'http_headers', 'requestInit']) {
    for (const each of scalarsOf(get(tree, key))) yield { position: 'headers', key: each.key, scalar: each.scalar };
  }
  for (const each of scalarsOf(get(tree, 'env_http_headers'))) {
    yield { position: 'headers', key: each.key, scalar: each.scalar, isName: true };
  }
  for (const key of ['bearer_token_env_var', 'env_keys', 'env_vars']) {
    for (const scalar of scalars(get(tree, key))) yield { position: 'env', key, scalar, isName: true };
  }
  let flag = '';
  for (const scalar of words) {
    const [, name = ''] = /^--?([\w-]+)(?:=|$)/.exec(scalar.value) ?? [];
    const header = /^(?:Authorization|X-[\w-]+):/i.exec(scalar.value);
    yield { position: header === null ? 'args' : 'headers', key: name === '' ? flag : name, scalar };
    flag = name !== '' && !scalar.value.includes('=') ? name : '';
  }
  if (address?.type === 'scalar') yield { position: 'url', key: 'url', scalar: address };
}

interface Launch {
  readonly runner: string;
  readonly package?: string;
  readonly pinned?: boolean;
}

/** What a command line fetches and runs. Wrappers (`cmd /c`, `env X=y`, `wsl`) are looked through. */
export function launch(words: readonly string[]): Launch | undefined {
  const all = words.length === 1 ? (words[0] ?? '').split(/\s+/) : words;
  let at = 0;
  while (/^(?:cmd|cmd\.exe|\/c|\/C|env|wsl|sudo|[A-Z_]+=\S*)$/.test(all[at] ?? '')) at += 1;
  const runner = (all[at] ?? '').replace(/^.*[\\/]/, '').replace(/\.(?:exe|cmd)$/i, '');
  const rest = all.slice(at + 1);
  switch (runner) {
    case 'npx':
    case 'bunx':
    case 'pnpx':
      return packaged(runner, named(rest, ['-p', '--package', '--registry']), '@');
    case 'npm':
    case 'pnpm':
    case 'yarn':
    case 'bun':
      if (!['dlx', 'exec', 'x'].includes(rest[0] ?? '')) return { runner };
      return packaged(runner, named(rest.slice(1), ['-p', '--package']), '@');
    case 'uvx':
    case 'pipx':
      return packaged(
        runner,
        named(rest[0] === 'run' ? rest.slice(1) : rest, ['--from', '--python', '-p', '--with', '--index-url']),
        '==',
      );
    case 'uv':
      if (rest[0] === 'tool' && rest[1] === 'run')
        return packaged(runner, named(rest.slice(2), ['--from', '--python', '--with']), '==');
      return { runner };
    case 'docker':
    case 'podman':
      return rest[0] === 'run' ? image(runner, rest.slice(1)) : { runner };
    default:
      return runner === '' ? undefined : { runner };
  }
}

/** The package: the value of `--package` or `--from` where given, else the first word that is no switch. */
function named(words: readonly string[], takeValue: readonly string[]): string | undefined {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const equals = /^--(?:package|from)=(.+)$/.exec(word)?.[1];
    if (equals !== undefined) return equals;
    if (['-p', '--package', '--from'].includes(word) && takeValue.includes(word)) return words[at + 1];
    if (takeValue.includes(word)) at += 1;
    else if (!word.startsWith('-')) return word;
  }
  return undefined;
}

function packaged(runner: string, spec: string | undefined, sign: '@' | '=='): Launch {
  if (spec === undefined) return { runner };
  if (/^(?:git\+|https?:|github:|file:|\.{0,2}\/)/.test(spec)) {
    return {
      runner,
      package: spec.replace(/[?#].*$/, '').replace(/\/\/[^/@]*@/, '//'),
      pinned: /@[0-9a-f]{40}\b|#[0-9a-f]{40}\b|^(?:file:|\.{0,2}\/)/.test(spec),
    };
  }
  // uv takes `name@version` too.
  const at = sign === '@' ? spec.indexOf('@', 1) : Math.max(spec.indexOf('=='), spec.indexOf('@'));
  if (at < 0) return { runner, package: spec, pinned: false };
  const version = spec.slice(at).replace(/^(?:==|@)/, '');
  return { runner, package: spec.slice(0, at), pinned: /^v?\d+\.\d+(?:\.\d+)*[\w.+-]*$/.test(version) };
}

const DOCKER_VALUES = new Set(
  '-e --env --env-file -v --volume --mount -p --publish --name --network --net -u --user -w --workdir --entrypoint --platform -l --label --add-host --memory -m --cpus --pull --gpus --device --cap-add --cap-drop --security-opt --tmpfs'.split(
    ' ',
  ),
);

function image(runner: string, words: readonly string[]): Launch {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (DOCKER_VALUES.has(word)) at += 1;
    else if (!word.startsWith('-')) {
      const pinned = /@sha256:[0-9a-f]{64}$/.test(word);
      return { runner, package: word.replace(/@sha256:.*$/, '').replace(/:[\w.-]+$/, ''), pinned };
    }
  }
  return { runner };
}

const HOME =
  /^(?:~|\$HOME|\$\{HOME\}|\$\{(?:env:)?(?:HOME|USERPROFILE)\}|\$\{userHome\}|\/(?:home|Users)\/[^/:,]+|\/root)(?<below>\/[^:,]*)?$/;

function mounts(words: readonly Scalar[]): Server['mounts'] {
  const found: { path: string; at: Scalar }[] = [];
  for (const at of words) {
    const source =
      /(?:^|[,=])(?:src|source)=([^,]+)/.exec(at.value)?.[1] ?? /^(?:(?:-v|--volume)=?)?([^:=]+):\//.exec(at.value)?.[1] ?? '';
    if (/docker\.sock$|podman\.sock$/.test(source)) found.push({ path: '/var/run/docker.sock', at });
    const below = HOME.exec(source)?.groups;
    if (below !== undefined) {
      const top = (below.below ?? '').split('/')[1] ?? '';
      if (top === '') found.push({ path: '~', at });
      else if (/^\.(?:aws|kube|ssh|azure|gnupg|docker|config|netrc|npmrc)$/.test(top)) found.push({ path: `~/${top}`, at });
    }
  }
  return found;
}

/** `envFile` of an editor, `--env-file` of Docker and Node. What lies outside of the project is nobody's to commit. */
function envFiles(tree: Tree, words: readonly Scalar[]): Server['envFiles'] {
  const named = scalars(get(tree, 'envFile')).map((at) => ({ path: at.value, at }));
  for (const [index, at] of words.entries()) {
    const given = /^--env-file(?:-if-exists)?(?:=(?<path>.+))?$/.exec(at.value);
    const value = given === null || given.groups?.path !== undefined ? at : words[index + 1];
    if (given !== null && value !== undefined) named.push({ path: given.groups?.path ?? value.value, at: value });
  }
  return named.flatMap(({ path: written, at }) => {
    const path = written.replace(/^\$\{(?:workspaceFolder|workspaceRoot|CLAUDE_PROJECT_DIR)\}\//, '').replace(/^(?:\.\/)+/, '');
    return path === '' || path.length > 300 || /^[~/\\]|^\w:|\$|(?:^|\/)\.\.(?:\/|$)/.test(path) ? [] : [{ path, at }];
  });
}

function approvals(tree: Tree): Server['approved'] {
  if (isTrue(get(tree, 'trust')) || isTrue(get(tree, 'autoApproveAll'))) return 'all';
  let some = 0;
  for (const key of ['autoApprove', 'alwaysAllow', 'always_allow']) {
    const value = get(tree, key);
    const names = textsOf(value);
    if (names.includes('*') || (value?.type === 'scalar' && value.value === 'true')) return 'all';
    some += names.length;
  }
  return some;
}

function variablesThatTell(tree: Tree): string[] {
  return ['env', 'environment', 'envs'].flatMap((key) =>
    entriesOf(get(tree, key)).flatMap((each) =>
      /ENV|STAGE|HOST|URL|PROFILE|CONTEXT|PROJECT|DATABASE/i.test(each.key) &&
      each.value.type === 'scalar' &&
      !each.value.value.includes('@')
        ? [each.value.value]
        : [],
    ),
  );
}

function scalars(tree: Tree | undefined): Scalar[] {
  if (tree?.type === 'scalar') return tree.value === '' ? [] : [tree];
  return itemsOf(tree).flatMap((item) => (item.type === 'scalar' ? [item] : []));
}

function urlOf(text: string | undefined): URL | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}

function isLocal(host: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0|host\.docker\.internal|.*\.localhost)$/.test(host);
}

function isTrue(tree: Tree | undefined): boolean {
  return textOf(tree) === 'true';
}
