import { commandsOf } from './script.ts';

/** Registries that take the CI job's own OIDC token ("trusted publishing") instead of a token somebody made. */
export const PACKAGE_REGISTRIES = ['npm', 'PyPI', 'crates.io', 'RubyGems', 'NuGet'] as const;
export type PackageRegistry = (typeof PACKAGE_REGISTRIES)[number];

/** Variables that the publishing tools take their token from. */
const VARIABLES: readonly (readonly [RegExp, PackageRegistry])[] = [
  [/^(?:NODE_AUTH_TOKEN|(?:\w+_)?NPM(?:JS)?_(?:\w+_)?TOKEN|NPM_CONFIG_\w*AUTH\w*|YARN_NPM_AUTH_TOKEN)$/, 'npm'],
  [
    /^(?:TWINE_PASSWORD|UV_PUBLISH_(?:TOKEN|PASSWORD)|POETRY_PYPI_TOKEN_\w+|POETRY_HTTP_BASIC_PYPI_PASSWORD|FLIT_PASSWORD|HATCH_INDEX_AUTH|MATURIN_(?:PYPI_TOKEN|PASSWORD)|PDM_PUBLISH_PASSWORD|(?:\w+_)?PYPI_(?:\w+_)?(?:TOKEN|PASSWORD))$/,
    'PyPI',
  ],
  [/^(?:CARGO_REGISTRY_TOKEN|CARGO_REGISTRIES_\w+_TOKEN|CRATES_(?:IO_)?(?:API_)?TOKEN|CARGO_(?:API_)?TOKEN)$/, 'crates.io'],
  [/^(?:GEM_HOST_API_KEY|RUBYGEMS?_(?:API_KEY|AUTH_TOKEN|TOKEN)|RUBYGEMS_ORG_API_KEY)$/, 'RubyGems'],
  [/^(?:NUGET_(?:\w+_)?(?:API_?KEY|TOKEN|KEY)|NUGETAPIKEY)$/, 'NuGet'],
];

/** Which registry's token a variable or secret of this name is. */
export function publishVariable(name: string): PackageRegistry | undefined {
  const upper = name.toUpperCase();
  return VARIABLES.find(([pattern]) => pattern.test(upper))?.[1];
}

/** Registries that the commands of a script publish to. */
export function publishCommands(script: string): ReadonlySet<PackageRegistry> {
  const found = new Set<PackageRegistry>();
  if (!/publish|upload|push|release/.test(script)) return found;
  for (const words of commandsOf(script)) {
    const registry = publishes(words);
    if (registry !== undefined) found.add(registry);
  }
  return found;
}

function publishes(given: readonly string[]): PackageRegistry | undefined {
  const [tool = '', ...rest] = withoutRunner(given);
  const dryRun = rest.some((word) => /^--dry-run(?:=true)?$/.test(word));
  if (dryRun) return undefined;
  const has = (word: string) => rest.includes(word);
  // A host in the command is somebody's own registry, with its own login.
  const elsewhere = rest.some(
    (word) => /^(?:--(?:registry|repository-url|index|source|host|publish-url)=)?https?:\/\//.test(word) && !PUBLIC.test(word),
  );
  if (elsewhere) return undefined;
  if (/^(?:npm|pnpm|yarn|bun|lerna|changeset)$/.test(tool) && has('publish')) return 'npm';
  if (tool === 'semantic-release') return 'npm';
  if (/^(?:poetry|uv|flit|hatch|maturin|pdm)$/.test(tool) && (has('publish') || (tool === 'maturin' && has('upload'))))
    return 'PyPI';
  if (tool === 'twine' && has('upload')) return 'PyPI';
  if (tool === 'cargo' && (has('publish') || has('release') || has('workspaces')))
    return has('publish') || has('release') ? 'crates.io' : undefined;
  if (tool === 'gem' && has('push')) return 'RubyGems';
  if ((tool === 'dotnet' || tool === 'nuget') && has('push')) return 'NuGet';
  return undefined;
}

const PUBLIC = /(?:^|[/.@=])(?:npmjs\.(?:org|com)|yarnpkg\.com|pypi\.org|crates\.io|rubygems\.org|nuget\.org)\b/;

/** `npx semantic-release`, `python -m twine`, `uv run twine`, `bundle exec gem`, `poetry run twine`. */
function withoutRunner(words: readonly string[]): readonly string[] {
  const [first = '', second = ''] = words;
  if (/^(?:npx|bunx|pnpx|uvx|pipx)$/.test(first)) return afterOptions(words.slice(first === 'pipx' ? 2 : 1));
  if (/^python(?:3(?:\.\d+)?)?$/.test(first) && second === '-m') return words.slice(2);
  if (/^(?:uv|poetry|hatch|pdm|pipenv|rye)$/.test(first) && second === 'run') return afterOptions(words.slice(2));
  if (/^(?:pnpm|yarn|npm|bundle|bun)$/.test(first) && /^(?:exec|dlx|x)$/.test(second)) return afterOptions(words.slice(2));
  if (/^(?:pnpm|yarn)$/.test(first) && /^(?:changeset|lerna|semantic-release)$/.test(second)) return words.slice(1);
  return words;
}

function afterOptions(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => !word.startsWith('-'));
  return at < 0
    ? []
    : words
        .slice(at)
        .map((word, index) => (index === 0 ? word.replace(/^@?[\w.-]+\/cli(?=@|$)|(?<=.)@[\w.^~-]+$/g, '') || word : word));
}

export type ImageRegistry = 'ecr' | 'acr' | 'artifact-registry' | 'ghcr' | 'gitlab' | 'docker-hub' | 'other';

/** Whose container registry a host is; the first four give logins of minutes to a job that proves itself. */
export function imageRegistry(host: string): ImageRegistry {
  const name =
    host
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .split('/', 1)[0] ?? '';
  if (/\.dkr[.-]ecr(?:-fips)?\.[\w-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$|^public\.ecr\.aws$/.test(name)) return 'ecr';
  if (/\.azurecr\.(?:io|cn|us)$/.test(name)) return 'acr';
  if (/(?:^|\.)gcr\.io$|-docker\.pkg\.dev$/.test(name)) return 'artifact-registry';
  if (name === 'ghcr.io' || /^(?:docker|npm|nuget|maven|rubygems)\.pkg\.github\.com$/.test(name)) return 'ghcr';
  if (name === 'registry.gitlab.com') return 'gitlab';
  if (name === '' || name === 'docker.io' || name === 'index.docker.io' || name === 'registry-1.docker.io') return 'docker-hub';
  return 'other';
}

/** Hosts of the `docker login`-like commands of a script. */
export function imageLogins(script: string): string[] {
  const hosts: string[] = [];
  if (!script.includes('login')) return hosts;
  for (const words of commandsOf(script)) {
    const [tool = ''] = words;
    if (!/^(?:docker|podman|buildah|skopeo|oras|crane|helm|regctl|nerdctl)$/.test(tool)) continue;
    const at = words.indexOf('login');
    if (at < 0) continue;
    // Options with a value, then the host; a host that is a variable is not known.
    let host = '';
    for (let i = at + 1; i < words.length; i += 1) {
      const word = words[i] ?? '';
      if (/^(?:-u|-p|--username|--password|--authfile)$/.test(word)) i += 1;
      else if (!word.startsWith('-') && !/^[<>|&\d]/.test(word)) {
        host = word;
        break;
      }
    }
    hosts.push(host);
  }
  return hosts;
}
