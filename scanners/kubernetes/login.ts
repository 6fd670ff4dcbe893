import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { ScanContext } from '../../src/contracts/index.ts';
import { codeOf, TargetError } from '../../src/util/errors.ts';
import { Secret } from '../../src/util/secret.ts';
import { ExecCredential, KubeconfigFile } from './schema.ts';

/** How to reach one cluster as one user. */
export interface Login {
  readonly context: string;
  /** As canonical ids name it. */
  readonly cluster: string;
  readonly server: URL;
  readonly namespace: string | undefined;
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly serverName: string | undefined;
  readonly certificate: string | undefined;
  readonly key: Secret | undefined;
  /** The header that says who we are. */
  readonly authorization: Secret | undefined;
}

/** Set to `1`, or to the name of the program: a kubeconfig may say which program to run for a token. */
export const EXEC_VARIABLE = 'NHI_AUDIT_KUBE_EXEC';

interface Placed<T> {
  readonly directory: string;
  readonly part: T | null | undefined;
}

/**
 * The login of a context, by the kubeconfig of the user: `$KUBECONFIG`, else `~/.kube/config`; never one that lies in what
 * is scanned. Throws `TargetError` when there is none, or it cannot be used.
 */
export async function openLogin(wanted: string, context: Pick<ScanContext, 'env' | 'signal' | 'log'>): Promise<Login> {
  const files = readFiles(context.env);
  const find = <K extends 'clusters' | 'contexts' | 'users'>(list: K, name: string) => {
    for (const { directory, config } of files) {
      const found = (config[list] ?? []).find((one) => one.name === name);
      if (found !== undefined) return { directory, found: found as NonNullable<KubeconfigFile[K]>[number] };
    }
    return undefined;
  };
  const name =
    wanted === '' ? files.map(({ config }) => config['current-context']).find((one) => one != null && one !== '') : wanted;
  if (name == null) {
    throw new TargetError('The kubeconfig names no current context', {
      code: 'K8S_CONTEXT',
      hint: 'Name one: k8s:CONTEXT. `kubectl config get-contexts` lists them.',
    });
  }
  const place = find('contexts', name)?.found.context;
  if (place == null) {
    throw new TargetError(`The kubeconfig has no context "${name}"`, {
      code: 'K8S_CONTEXT',
      hint: '`kubectl config get-contexts` lists them.',
    });
  }
  const cluster = find('clusters', place.cluster ?? '');
  const user = find('users', place.user ?? '');
  const server = serverOf(cluster?.found.cluster?.server, name);
  const { directory, found } = cluster ?? { directory: '.', found: undefined };
  const proxy = found?.cluster?.['proxy-url'];
  if (proxy != null && proxy !== '') {
    throw new TargetError(`The context "${name}" goes through a proxy (proxy-url), which is not supported`, {
      code: 'K8S_PROXY',
      hint: 'Export instead: kubectl get serviceaccounts,pods,roles,rolebindings,clusterroles,clusterrolebindings -A -o json',
    });
  }
  const auth = await authOf({ directory: user?.directory ?? '.', part: user?.found.user }, name, context);
  if (server.protocol === 'http:' && auth.authorization !== undefined && !isLoopback(server.hostname)) {
    throw new TargetError(`The server of "${name}" is reached without TLS: no credential is sent to it`, {
      code: 'K8S_PLAINTEXT',
      hint: 'Use an https:// address in the kubeconfig.',
    });
  }
  return {
    context: name,
    cluster: clusterName(place.cluster ?? name, server),
    server,
    namespace: place.namespace ?? undefined,
    ca: dataOrFile(found?.cluster?.['certificate-authority-data'], found?.cluster?.['certificate-authority'], directory),
    insecure: found?.cluster?.['insecure-skip-tls-verify'] === true,
    serverName: found?.cluster?.['tls-server-name'] ?? undefined,
    ...auth,
  };
}

function readFiles(env: ScanContext['env']): { readonly directory: string; readonly config: KubeconfigFile }[] {
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  const paths = named.length > 0 ? named : [join(env.HOME ?? homedir(), '.kube', 'config')];
  const files: { readonly directory: string; readonly config: KubeconfigFile }[] = [];
  for (const path of paths) {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      // Of several files kubectl passes over those that are not there.
      if (codeOf(error) === 'ENOENT' && paths.length > 1) continue;
      throw new TargetError(`The kubeconfig ${path} cannot be read (${codeOf(error) ?? 'unknown'})`, {
        code: 'K8S_CONFIG',
        hint: 'Set KUBECONFIG, or write ~/.kube/config.',
        cause: error,
      });
    }
    const config = KubeconfigFile.safeParse(parseText(text, path));
    if (!config.success) {
      // The file holds secrets: what is wrong with it is named by path alone.
      const at = config.error.issues[0]?.path.join('.') ?? '';
      throw new TargetError(`The kubeconfig ${path} is not one (${at === '' ? 'not a mapping' : `at ${at}`})`, {
        code: 'K8S_CONFIG',
      });
    }
    files.push({ directory: dirname(resolve(path)), config: config.data });
  }
  return files;
}

function parseText(text: string, path: string): unknown {
  try {
    return parse(text, { logLevel: 'silent', maxAliasCount: 100 });
  } catch {
    throw new TargetError(`The kubeconfig ${path} is not valid YAML`, { code: 'K8S_CONFIG' });
  }
}

function serverOf(text: string | null | undefined, name: string): URL {
  try {
    const server = new URL(text ?? '');
    if (server.protocol === 'https:' || server.protocol === 'http:') return server;
  } catch {
    // Told below.
  }
  throw new TargetError(`The context "${name}" has no server that could be asked`, {
    code: 'K8S_CONFIG',
    hint: '`kubectl config view` shows it.',
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\./.test(host);
}

/** Installers name every cluster alike; then its address tells it. Clouds write long names: `arn:aws:eks:…:cluster/prod`. */
function clusterName(written: string, server: URL): string {
  const eks = /^arn:aws[\w-]*:eks:[^:]*:[^:]*:cluster\/(?<name>.+)$/.exec(written)?.groups?.name;
  if (eks !== undefined) return eks;
  return /^(?:kubernetes|default|cluster|local)?$/i.test(written) ? server.hostname : written;
}

function dataOrFile(data: string | null | undefined, file: string | null | undefined, directory: string): string | undefined {
  if (data != null && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  if (file == null || file === '') return undefined;
  return readNamed(file, directory);
}

function readNamed(file: string, directory: string): string {
  try {
    return readFileSync(resolve(directory, file), 'utf8');
  } catch (error) {
    throw new TargetError(`A file that the kubeconfig names cannot be read: ${file} (${codeOf(error) ?? 'unknown'})`, {
      code: 'K8S_CONFIG',
      cause: error,
    });
  }
}

type Auth = Pick<Login, 'certificate' | 'key' | 'authorization'>;

async function authOf(
  { directory, part }: Placed<NonNullable<NonNullable<KubeconfigFile['users']>[number]['user']>>,
  name: string,
  context: Pick<ScanContext, 'env' | 'signal' | 'log'>,
): Promise<Auth> {
  const certificate = dataOrFile(part?.['client-certificate-data'], part?.['client-certificate'], directory);
  const key = dataOrFile(part?.['client-key-data'], part?.['client-key'], directory);
  const pair = { certificate, key: key === undefined ? undefined : new Secret(key) };
  const token = part?.token ?? (part?.tokenFile == null ? undefined : readNamed(part.tokenFile, directory).trim());
  if (token != null && token !== '') return { ...pair, authorization: new Secret(`Bearer ${token}`) };
  if (part?.username != null && part.password != null) {
    const login = Buffer.from(`${part.username}:${part.password}`).toString('base64');
    return { ...pair, authorization: new Secret(`Basic ${login}`) };
  }
  if (part?.exec != null) return await runPlugin(part.exec, directory, name, context);
  if (part?.['auth-provider'] !== undefined) {
    throw new TargetError(`The context "${name}" logs in by an auth-provider, which Kubernetes has dropped`, {
      code: 'K8S_AUTH',
      hint: 'Renew the kubeconfig with the tool of the cloud.',
    });
  }
  return { ...pair, authorization: undefined };
}

/** Runs the program that the user's kubeconfig names, when the user has said that it may be run. */
async function runPlugin(
  exec: { command: string; args?: string[] | null | undefined; env?: { name: string; value: string }[] | null | undefined },
  directory: string,
  name: string,
  { env, signal, log }: Pick<ScanContext, 'env' | 'signal' | 'log'>,
): Promise<Auth> {
  const allowed = env[EXEC_VARIABLE];
  if (allowed !== '1' && allowed !== exec.command) {
    throw new TargetError(`The context "${name}" logs in by running the program "${exec.command}"`, {
      code: 'K8S_EXEC',
      hint: `To allow it, set ${EXEC_VARIABLE}=1. Or use a kubeconfig with a token (kubectl create token ACCOUNT).`,
    });
  }
  log.info(`Running ${exec.command} for a token, as the kubeconfig says`);
  // With a slash it is relative to the kubeconfig, else looked up in the path: as kubectl does it.
  const command = exec.command.includes('/') ? resolve(directory, exec.command) : exec.command;
  const own = Object.fromEntries((exec.env ?? []).map((one) => [one.name, one.value]));
  const info = JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false },
  });
  const printed = await new Promise<string>((done, fail) => {
    const options = { env: { ...env, ...own, KUBERNETES_EXEC_INFO: info }, signal, timeout: 60_000, maxBuffer: 1024 * 1024 };
    execFile(command, exec.args ?? [], options, (error, stdout) => {
      // What it printed may be a token: neither that nor the command line is repeated.
      if (error === null) done(stdout);
      else
        fail(
          new TargetError(`The program "${exec.command}" gave no token (${codeOf(error) ?? 'it failed'})`, { code: 'K8S_EXEC' }),
        );
    });
  });
  const credential = ExecCredential.safeParse(parseJson(printed));
  const status = credential.success ? credential.data.status : undefined;
  if (status == null)
    throw new TargetError(`What the program "${exec.command}" printed is no ExecCredential`, { code: 'K8S_EXEC' });
  return {
    certificate: status.clientCertificateData ?? undefined,
    key: status.clientKeyData == null ? undefined : new Secret(status.clientKeyData),
    authorization: status.token == null ? undefined : new Secret(`Bearer ${status.token}`),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
