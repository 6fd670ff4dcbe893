import { commandsOf, MARK, markVariables, splitPipelines } from '../../src/ci/script.ts';
import type { Instruction } from './parse.ts';

export interface Mount {
  readonly type: 'secret' | 'ssh';
  readonly id: string;
  /** File it is mounted at. */
  readonly target?: string;
  /** Variable it is handed over in. */
  readonly variable?: string;
}

/** A secret that a step leaves in the layer it makes. */
export interface Kept {
  /** Absent where the tool chooses. */
  readonly file?: string;
  /** What wrote it: `npm`, `git`, `cp`, `shell`. */
  readonly tool: string;
}

export interface FollowedSecret {
  readonly name: string;
  readonly source: 'argument' | 'variable' | 'mount';
  readonly kept: readonly Kept[];
  /** Sent with the certificate check switched off. */
  readonly unverified: boolean;
}

const MAX_SCRIPT = 200_000;

/** `--mount=type=secret,id=npm,target=/root/.npmrc`. https://docs.docker.com/reference/dockerfile/#run---mounttypesecret */
export function mountsOf({ flags }: Instruction): Mount[] {
  const mounts: Mount[] = [];
  for (const { name, value } of flags) {
    if (name !== 'mount') continue;
    const options = new Map(
      value.split(',').map((part): [string, string] => {
        const equals = part.indexOf('=');
        return equals < 0 ? [part, 'true'] : [part.slice(0, equals).toLowerCase(), part.slice(equals + 1)];
      }),
    );
    const type = options.get('type');
    const written = options.get('target') ?? options.get('dst') ?? options.get('destination');
    const variable = options.get('env');
    if (type === 'ssh') mounts.push({ type, id: options.get('id') ?? 'default' });
    if (type !== 'secret') continue;
    const id = options.get('id') ?? written?.replace(/^.*\//, '') ?? 'secret';
    const target = written ?? (variable === undefined ? `/run/secrets/${id}` : undefined);
    mounts.push({ type, id, ...(target === undefined ? {} : { target }), ...(variable === undefined ? {} : { variable }) });
  }
  return mounts;
}

/** Follows arguments, variables and mounted secrets through one `RUN`. */
export function followRun(
  instruction: Instruction,
  script: string,
  variables: ReadonlyMap<string, { readonly name: string; readonly source: 'argument' | 'variable' | 'mount' }>,
): { readonly secrets: readonly FollowedSecret[]; readonly mounts: readonly Mount[] } {
  const mounts = mountsOf(instruction);
  const secrets: FollowedSecret[] = [];
  if (script.length > MAX_SCRIPT) return { secrets, mounts };
  for (const { name, source } of variables.values()) {
    if (!script.includes(name)) continue;
    secrets.push(follow(name, source, withDerived(markVariables(script, [name]))));
  }
  for (const mount of mounts) {
    if (mount.type === 'ssh') continue;
    let marked = mount.variable === undefined ? script : markVariables(script, [mount.variable]);
    if (mount.target !== undefined) marked = markPath(marked, mount.target);
    secrets.push(follow(mount.id, 'mount', withDerived(marked)));
  }
  return { secrets: secrets.filter(({ kept, unverified }) => kept.length > 0 || unverified), mounts };
}

function markPath(script: string, target: string): string {
  const names = [target, ...(target.startsWith('/root/') ? [`~/${target.slice(6)}`, `$HOME/${target.slice(6)}`] : [])];
  return names.reduce((text, name) => text.replaceAll(new RegExp(`${escaped(name)}(?![\\w.-])`, 'g'), MARK), script);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** `TOKEN=$(cat /run/secrets/token)` makes another variable that holds it. */
function withDerived(marked: string): string {
  const names = new Set<string>();
  for (const match of marked.matchAll(
    new RegExp(
      `(?:^|[\\s;&(])(?<name>[A-Za-z_]\\w*)=["']?(?:\\$\\([^)\\n]{0,200}?${MARK}|\`[^\`\\n]{0,200}?${MARK}|${MARK})`,
      'g',
    ),
  )) {
    names.add(match.groups?.name ?? '');
  }
  return names.size === 0 ? marked : markVariables(marked, [...names]);
}

function follow(name: string, source: FollowedSecret['source'], marked: string): FollowedSecret {
  if (!marked.includes(MARK)) return { name, source, kept: [], unverified: false };
  const gone = removalsIn(marked);
  const kept = new Map<string, Kept>();
  for (const one of [...byTools(marked), ...byRedirection(marked)]) {
    if (one.file !== undefined && gone.some((pattern) => covers(pattern, one.file as string))) continue;
    kept.set(`${one.tool} ${one.file}`, one);
  }
  return { name, source, kept: [...kept.values()], unverified: commandsOf(marked).some(isUnverified) };
}

/** Commands that keep what they are given in a file of their own. */
const KEEPERS: readonly (readonly [RegExp, string, string | undefined])[] = [
  [/^(?:npm|pnpm|yarn)\s+(?:config\s+set|set)\b/, 'npm', '~/.npmrc'],
  [/^pip3?\s+config\s+(?:--\w+\s+)*set\b/, 'pip', '~/.config/pip/pip.conf'],
  [/^poetry\s+config\b/, 'poetry', '~/.config/pypoetry/auth.toml'],
  [/^bundle\s+config\b/, 'bundler', '~/.bundle/config'],
  [/^composer\s+config\b/, 'composer', '~/.composer/auth.json'],
  [/^git\s+config\s+(?:--\S+\s+)*--(?:global|system)\b/, 'git', '~/.gitconfig'],
  [/^git\s+(?:-\S+\s+)*(?:clone|remote\s+(?:add|set-url)|submodule)\b/, 'git', '.git/config'],
  [/^(?:docker|podman|helm\s+registry|oras|crane\s+auth|skopeo)\s+login\b/, 'docker', '~/.docker/config.json'],
  [/^helm\s+repo\s+add\b/, 'helm', '~/.config/helm/repositories.yaml'],
  [/^aws\s+configure\s+set\b/, 'aws', '~/.aws/credentials'],
  [/^gcloud\s+auth\s+activate-service-account\b/, 'gcloud', '~/.config/gcloud/credentials.db'],
  [/^az\s+login\b/, 'az', '~/.azure/msal_token_cache.json'],
  [/^(?:dotnet\s+nuget|nuget)\s+(?:add|update|sources?)\b/, 'nuget', '~/.nuget/NuGet/NuGet.Config'],
  [/^gem\s+sources?\b/, 'gem', '~/.gemrc'],
  [/^conda\s+config\b/, 'conda', '~/.condarc'],
  [/^cargo\s+login\b/, 'cargo', '~/.cargo/credentials.toml'],
  [/^(?:chpasswd|passwd|useradd|usermod|adduser|mysqladmin|psql|mysql)\b/, 'account', undefined],
];

function* byTools(marked: string): Generator<Kept> {
  for (const words of commandsOf(marked)) {
    if (!words.some((word) => word.includes(MARK))) continue;
    const [program = '', ...rest] = words;
    if (/^(?:cp|mv|install|rsync)$/.test(program)) {
      const paths = rest.filter((word) => !word.startsWith('-'));
      const to = paths.at(-1);
      if (
        paths.length >= 2 &&
        paths.slice(0, -1).some((word) => word.startsWith(MARK)) &&
        to !== undefined &&
        !to.startsWith(MARK)
      )
        yield { tool: program, file: to };
      continue;
    }
    // A read of the shell: `$(git config …)` is not what is written.
    const command = words.join(' ');
    const keeper = KEEPERS.find(([pattern]) => pattern.test(command));
    if (keeper === undefined) continue;
    if (keeper[1] === 'git' && keeper[2] === '.git/config' && !command.includes('://')) continue;
    if (keeper[1] === 'git' && /--(?:unset|remove-section|get)\b/.test(command)) continue;
    if (keeper[1] === 'account' && !/^(?:chpasswd|useradd|usermod)/.test(command)) continue;
    if (keeper[1] === 'npm' && /\bconfig\s+(?:delete|rm|get)\b/.test(command)) continue;
    yield { tool: keeper[1], ...(keeper[2] === undefined ? {} : { file: cloned(words, keeper[2]) }) };
  }
}

/** `git clone URL DIRECTORY` keeps the URL below the directory. */
function cloned(words: readonly string[], file: string): string {
  if (file !== '.git/config') return file;
  const url = words.findIndex((word) => word.includes('://'));
  const directory = words[url + 1];
  if (directory !== undefined && !directory.startsWith('-')) return `${directory.replace(/\/$/, '')}/.git/config`;
  const name = /([\w.-]+?)(?:\.git)?\/?$/.exec(words[url] ?? '')?.[1];
  return name === undefined ? file : `${name}/.git/config`;
}

/** Programs that hand on what they read. */
const WRITES = /^(?:sudo\s+)?(?:echo|printf|cat|base64|tee|sed|envsubst|jq|tr|awk|\{)\b/;

function* byRedirection(marked: string): Generator<Kept> {
  for (const pipeline of splitPipelines(marked)) {
    const [first = ''] = pipeline;
    const last = (pipeline.at(-1) ?? '').trim();
    if (!pipeline.some((stage) => stage.includes(MARK))) continue;
    if (!WRITES.test(first.trim().replace(/^[({]\s*/, ''))) continue;
    const raw =
      /(?<![\d<])>{1,2}\s*(?<target>"[^"\n]{1,200}"|'[^'\n]{1,200}'|[^\s&|;"')]+)/.exec(last)?.groups?.target ??
      /^(?:sudo\s+)?tee\s+(?:-\w+\s+)*(?<target>[^\s&|;]+)/.exec(last)?.groups?.target;
    const file = raw?.replace(/^["']|["']$/g, '');
    if (file === undefined || file.includes(MARK) || /^\/dev\/|^&/.test(file)) continue;
    yield { tool: 'shell', file: file.slice(0, 200) };
  }
  // Here-documents: what stands in them is written to the file that the command names.
  for (const match of marked.matchAll(
    /(?:cat|tee)\s[^\n<]{0,200}?<<-?\s*["']?(?<name>\w+)["']?[^\n]{0,200}\n(?<body>[\s\S]{0,20000}?)\n\s*\k<name>/g,
  )) {
    if (!(match.groups?.body ?? '').includes(MARK)) continue;
    const file = />{1,2}\s*(?<target>[^\s&|;"'<]+)/.exec(match[0].split('\n', 1)[0] ?? '')?.groups?.target;
    if (file !== undefined && !file.startsWith('/dev/')) yield { tool: 'shell', file };
  }
}

/** What `rm`, `shred` and the like take away in a script. */
function removalsIn(script: string): string[] {
  const removed: string[] = [];
  for (const words of commandsOf(script)) {
    const [program = '', ...rest] = words;
    if (/^(?:rm|shred|unlink)$/.test(program)) removed.push(...rest.filter((word) => !word.startsWith('-')));
    else if (
      /^(?:npm|pnpm|yarn)$/.test(program) &&
      /^(?:config|set)$/.test(rest[0] ?? '') &&
      /^(?:delete|rm|unset)$/.test(rest[1] ?? '')
    )
      removed.push('~/.npmrc');
    else if (program === 'git' && rest.some((word) => /^--(?:unset(?:-all)?|remove-section)$/.test(word)))
      removed.push('~/.gitconfig', '.git');
    else if (
      program === 'git' &&
      rest[0] === 'remote' &&
      /^(?:remove|rm|set-url)$/.test(rest[1] ?? '') &&
      !words.some((word) => word.includes(MARK))
    )
      removed.push('.git');
    else if (program === 'find' && rest.includes('-delete')) removed.push(...rest.filter((word) => !word.startsWith('-')));
    else if (/^(?:docker|podman)$/.test(program) && rest[0] === 'logout') removed.push('~/.docker/config.json');
  }
  return removed;
}

function normal(path: string): string {
  return path
    .replace(/^(?:\$HOME|\$\{HOME\}|\/root)(?=\/|$)/, '~')
    .replace(/^\.\//, '')
    .replace(/\/\*?$/, '');
}

/** Does taking away `removed` take `file` away? */
function covers(removed: string, file: string): boolean {
  const [gone, path] = [normal(removed), normal(file)];
  if (gone === '' || gone === '~') return false;
  if (path === gone || path.startsWith(`${gone}/`)) return true;
  // `rm .npmrc` in the working directory; `rm -rf repo/.git`.
  return path.endsWith(`/${gone}`) || path.includes(`/${gone}/`) || gone.endsWith(`/${path}`);
}

/** Of these files, those that a script removes. */
export function removedBy(script: string, files: readonly string[]): string[] {
  if (files.length === 0) return [];
  const gone = removalsIn(script);
  return files.filter((file) => gone.some((pattern) => covers(pattern, file)));
}

function isUnverified(words: readonly string[]): boolean {
  if (!words.some((word) => word.includes(MARK))) return false;
  const [program = '', ...rest] = words;
  if (program === 'curl') return rest.some((word) => /^(?:-[a-zA-Z]*k[a-zA-Z]*|--insecure|--proxy-insecure)$/.test(word));
  if (program === 'wget') return rest.includes('--no-check-certificate');
  if (program === 'git') return rest.some((word) => /^http\.sslVerify=(?:false|0)$/i.test(word));
  if (/^pip3?$/.test(program)) return rest.includes('--trusted-host');
  if (program === 'helm' || program === 'skopeo')
    return rest.some((word) => /^--(?:insecure-skip-tls-verify|(?:src-|dest-)?tls-verify=false)$/.test(word));
  return false;
}
