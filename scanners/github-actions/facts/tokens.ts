import { imageLogins, imageRegistry, type PackageRegistry, publishCommands, publishVariable } from '../../../src/ci/publish.ts';
import { get, textOf } from '../../../src/formats/tree.ts';
import type { Step } from '../workflow.ts';
import { type Fact, type Given, givenTo, inputOf, isMadeSecret, type JobView, nameOf } from './view.ts';

/** Actions that publish, and the input that takes a token. */
const PUBLISHERS: ReadonlyMap<string, { readonly registry: PackageRegistry; readonly inputs: readonly string[] }> = new Map([
  ['pypa/gh-action-pypi-publish', { registry: 'PyPI', inputs: ['password'] }],
  ['js-devtools/npm-publish', { registry: 'npm', inputs: ['token'] }],
  ['changesets/action', { registry: 'npm', inputs: [] }],
  ['cycjimmy/semantic-release-action', { registry: 'npm', inputs: [] }],
  ['katyo/publish-crates', { registry: 'crates.io', inputs: ['registry-token'] }],
  ['release-plz/action', { registry: 'crates.io', inputs: [] }],
  ['marcoieni/release-plz-action', { registry: 'crates.io', inputs: [] }],
  ['rubygems/release-gem', { registry: 'RubyGems', inputs: [] }],
  ['dawidd6/action-publish-gem', { registry: 'RubyGems', inputs: ['api_key'] }],
]);

/** Tokens made by hand for a package registry that would take the job's own word. */
export function* publishFacts(view: JobView): Generator<Fact> {
  const told = new Set<string>();
  for (const step of view.job.steps) {
    const action = step.uses?.action === undefined ? undefined : PUBLISHERS.get(step.uses.action);
    const commands = publishCommands(step.run ?? '');
    if (action === undefined && commands.size === 0) continue;
    if (!isPublicRegistry(view, step)) continue;
    for (const given of givenTo(view, step)) {
      if (!isMadeSecret(given.use)) continue;
      const registry = action?.inputs.includes(given.key)
        ? action.registry
        : (publishVariable(given.key) ?? byNameInScript(given));
      if (registry === undefined || (registry !== action?.registry && !commands.has(registry))) continue;
      const key = `${given.use.name} ${registry}`;
      if (told.has(key)) continue;
      told.add(key);
      yield fact('publish-token', given, step, { registry });
    }
  }
}

/** `cargo publish --token ${{ secrets.CRATES_IO_TOKEN }}`: only the secret's own name tells. */
function byNameInScript({ key, use }: Given): PackageRegistry | undefined {
  return key === 'run' ? publishVariable(use.name) : undefined;
}

/** A registry of one's own has logins of its own. */
function isPublicRegistry({ job }: JobView, step: Step): boolean {
  const own = inputOf(step, 'repository-url') ?? inputOf(step, 'registry') ?? inputOf(step, 'registry-url');
  const setup = job.steps.flatMap((one) =>
    one.uses?.action === 'actions/setup-node' ? [textOf(get(one.with, 'registry-url')) ?? ''] : [],
  );
  return [own ?? '', ...setup].every(
    (url) => url === '' || /(?:npmjs\.(?:org|com)|pypi\.org|crates\.io|rubygems\.org|nuget\.org)/.test(url),
  );
}

/** Logins to registries of images that give a job a login of its own. */
export function* registryFacts(view: JobView): Generator<Fact> {
  const told = new Set<string>();
  for (const step of view.job.steps) {
    const hosts = loginHosts(step);
    if (hosts.length === 0) continue;
    const given = givenTo(view, step);
    const keys =
      step.uses === undefined
        ? given.filter(({ key, use }) => key === 'run' || use.steps.has(step))
        : given.filter(({ key }) => key === 'password' || key === 'registry_password');
    for (const host of hosts) {
      const registry = imageRegistry(host);
      if (registry === 'docker-hub' || registry === 'other' || registry === 'gitlab') continue;
      for (const one of keys) {
        if (!isMadeSecret(one.use) || isUserName(one) || told.has(`${one.use.name} ${registry}`)) continue;
        told.add(`${one.use.name} ${registry}`);
        yield fact('registry-login', one, step, { registry, host: host.slice(0, 120), staticKey: one.use.how === 'static-key' });
      }
    }
  }
}

function loginHosts(step: Step): string[] {
  const action = step.uses?.action;
  if (action === 'docker/login-action') return hostOf(inputOf(step, 'registry') ?? '');
  if (action === 'azure/docker-login') return hostOf(inputOf(step, 'login-server') ?? '');
  if (action === 'redhat-actions/podman-login') return hostOf(inputOf(step, 'registry') ?? '');
  return step.run === undefined ? [] : imageLogins(step.run).flatMap(hostOf);
}

/** A host that is worked out at run time may be any; what stands around the expression may still tell. */
function hostOf(text: string): string[] {
  const host = text.replace(/\$\{\{.*?\}\}|\$\{?\w+\}?/g, 'x');
  return host === 'x' ? [] : [host];
}

function isUserName({ key, use }: Given): boolean {
  return (
    /(?:^|_)USER(?:_?NAME)?$|_(?:USERNAME|USER|LOGIN)$/i.test(key === 'run' ? use.name : key) ||
    /(?:USERNAME|_USER|_LOGIN|REGISTRY|_URL|_HOST)$/.test(use.name)
  );
}

/** Stores of secrets that are opened with a lasting secret, though they take the job's own word. */
export function* storeFacts(view: JobView): Generator<Fact> {
  for (const step of view.job.steps) {
    const login = storeLogin(step);
    if (login === undefined) continue;
    const given = givenTo(view, step).filter(({ key, use }) => isMadeSecret(use) && login.keys.test(key));
    const [first] = given;
    if (first === undefined) continue;
    const names = [...new Set(given.map(({ use }) => use.name))];
    yield fact('secret-store-login', first, step, { store: login.store, method: login.method, names });
  }
}

interface StoreLogin {
  readonly store: string;
  readonly method: string;
  readonly keys: RegExp;
}

/**
 * https://github.com/hashicorp/vault-action#authentication-methods · https://github.com/jfrog/setup-jfrog-cli ·
 * https://github.com/pulumi/auth-actions · https://github.com/Infisical/secrets-action · https://docs.doppler.com/docs/service-account-identities
 */
function storeLogin(step: Step): StoreLogin | undefined {
  const action = step.uses?.action;
  if (action === 'hashicorp/vault-action') {
    const method = inputOf(step, 'method') ?? 'token';
    if (method.includes('${{')) return undefined;
    return /^(?:jwt|kubernetes)$/.test(method)
      ? undefined
      : { store: 'Vault', method, keys: /^(?:token|roleId|secretId|githubToken|password)$/ };
  }
  if (action === 'jfrog/setup-jfrog-cli') {
    return inputOf(step, 'oidc-provider-name') === undefined
      ? { store: 'JFrog', method: 'token', keys: /^JF_(?:ACCESS_TOKEN|PASSWORD|ENV_\w+)$/ }
      : undefined;
  }
  if (action === 'pulumi/actions') return { store: 'Pulumi Cloud', method: 'token', keys: /^PULUMI_ACCESS_TOKEN$/ };
  if (action === 'infisical/secrets-action') {
    return inputOf(step, 'method') === 'oidc'
      ? undefined
      : { store: 'Infisical', method: 'client secret', keys: /^client-secret$/ };
  }
  if (action === 'dopplerhq/secrets-fetch-action') {
    return inputOf(step, 'auth-method') === 'oidc' ? undefined : { store: 'Doppler', method: 'token', keys: /^doppler-token$/ };
  }
  return undefined;
}

/** Keys for SSH: of a repository's deploy key where git takes it, else of a server. */
export function* sshFacts(view: JobView): Generator<Fact> {
  const told = new Set<string>();
  for (const step of view.job.steps) {
    const action = step.uses?.action;
    const kind = action === undefined ? undefined : SSH_ACTIONS.get(action);
    for (const given of givenTo(view, step)) {
      if (!isMadeSecret(given.use) || told.has(given.use.name)) continue;
      const isInput =
        kind !== undefined && /^(?:ssh-private-key|ssh[_-]key|key|private-key|ssh_private_key|deploy_key)$/.test(given.key);
      const isNamed = /(?:^|_)(?:SSH|DEPLOY)_?(?:PRIVATE_?)?KEY(?:_|$)|(?:^|_)SSH_PRIVATE(?:_|$)/.test(given.use.name);
      if (!isInput && !isNamed) continue;
      if (/HOST|PUBLIC|KNOWN/.test(given.use.name)) continue;
      told.add(given.use.name);
      const forGit = kind === 'git' || given.key === 'ssh-key' || /DEPLOY_?KEY/.test(given.use.name);
      yield fact('ssh-key', given, step, { for: forGit ? 'git' : 'server', owner: view.repository ?? '' });
    }
  }
}

const SSH_ACTIONS: ReadonlyMap<string, 'git' | 'server'> = new Map([
  ['webfactory/ssh-agent', 'git'],
  ['actions/checkout', 'git'],
  ['shimataro/ssh-key-action', 'server'],
  ['appleboy/ssh-action', 'server'],
  ['appleboy/scp-action', 'server'],
  ['cpina/github-action-push-to-another-repository', 'git'],
  ['peaceiris/actions-gh-pages', 'git'],
  ['jamesives/github-pages-deploy-action', 'git'],
]);

function fact(
  name: string,
  { use, scalar, offset, key }: Given,
  step: Step,
  detail: { readonly [key: string]: string | boolean | readonly string[] },
): Fact {
  return {
    fact: name,
    secretName: use.name,
    offset,
    pointer: scalar.pointer,
    detail: { step: nameOf(step), ...(step.uses === undefined ? {} : { uses: step.uses.uses }), key, ...detail },
  };
}
