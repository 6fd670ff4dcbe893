import type { FileHead } from '../../src/contracts/index.ts';

/** What a file is, by its path and head. */
export type FileKind = 'manifest' | 'kustomization' | 'values' | 'kubeconfig' | 'pod-identity';

const OTHERS = /^(?:tekton\.dev|triggers\.tekton\.dev|argoproj\.io|backstage\.io|skaffold|helm\.toolkit\.sh|jenkins\.io)(?:\/|$)/;

/** API groups whose documents another scanner reads. A Rollout of Argo is a Deployment by another name. */
export function isOthers(apiVersion: string | undefined, kind?: string): boolean {
  return apiVersion !== undefined && OTHERS.test(apiVersion) && !(kind === 'Rollout' && apiVersion.startsWith('argoproj.io/'));
}

const YAML_VERSION = /^(?:- |[ \t]{2,4})?["']?apiVersion["']?[ \t]*:[ \t]*["']?([A-Za-z0-9][\w./-]*|\{\{)/gm;
const YAML_KIND = /^(?:- |[ \t]{2,4})?["']?kind["']?[ \t]*:[ \t]*["']?[A-Z]/m;
const ROLLOUT = /^(?:- |[ \t]{2,4})?["']?kind["']?[ \t]*:[ \t]*["']?Rollout\b/m;

/** Keys in the first column: what stands deeper in a long file may be any text. */
const TOP_VERSION = /^["']?apiVersion["']?[ \t]*:[ \t]*["']?([A-Za-z0-9][\w./-]*|\{\{)/gm;
const TOP_KIND = /^["']?kind["']?[ \t]*:[ \t]*["']?[A-Z]/m;

export function recognise(file: FileHead): FileKind | undefined {
  const { path } = file;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const isYaml = /\.ya?ml(?:\.(?:j2|tpl|tmpl|gotmpl|dist|example|sample))?$/i.test(name);
  if (isYaml && /^kustomization\.ya?ml$/i.test(name)) return 'kustomization';
  if (name === 'Kustomization') return 'kustomization';
  if (/^values(?:[-._][\w.-]+)?\.ya?ml$/i.test(name)) return isManifest(file.head()) ? 'manifest' : 'values';
  if (
    /(?:^|\/)\.kube\/[^/]+$|(?:^|[-._])kubeconfig(?:[-._][\w-]+)*(?:\.ya?ml|\.json|\.conf)?$|\.kubeconfig$/i.test(path) ||
    /^(?:admin|kubelet|scheduler|controller-manager)\.conf$/.test(name)
  )
    return isKubeconfig(file.head()) || isKubeconfig(wholeOf(file)) ? 'kubeconfig' : undefined;
  if (!isYaml && !/\.json$/i.test(name)) return undefined;
  const head = file.head();
  if (isYaml && isKubeconfig(head)) return 'kubeconfig';
  if (!isYaml && /"association(?:s)?"\s*:/.test(head) && /"serviceAccount"\s*:/.test(head)) return 'pod-identity';
  if (isManifest(head)) return 'manifest';
  if (!isYaml || isJson(head)) return undefined;
  // Comments, data or documents of others may fill the head.
  const whole = wholeOf(file);
  if (isKubeconfig(whole)) return 'kubeconfig';
  return TOP_KIND.test(whole) && hasVersion(whole, TOP_VERSION) ? 'manifest' : undefined;
}

/** Empty where the head is all. */
function wholeOf(file: FileHead): string {
  return file.size <= 4096 ? '' : (file.whole?.() ?? '');
}

function isManifest(head: string): boolean {
  if (isJson(head)) return isJsonManifest(head);
  if (!YAML_KIND.test(head)) return false;
  return hasVersion(head, YAML_VERSION) || (ROLLOUT.test(head) && /\bargoproj\.io\//.test(head));
}

function isJson(head: string): boolean {
  return /^\s*[{[]/.test(head) && !/^\s*\{\{/.test(head);
}

function hasVersion(text: string, pattern: RegExp): boolean {
  for (const [, version] of text.matchAll(pattern)) if (!isOthers(version)) return true;
  return false;
}

/** `kubectl` writes the version first; the kind of a long list stands after its items. */
function isJsonManifest(head: string): boolean {
  const versions = [...head.matchAll(/"apiVersion"\s*:\s*"([\w./-]+)"/g)];
  if (versions.length === 0) return false;
  if (!/"kind"\s*:\s*"[A-Z]\w*"/.test(head) && !/"items"\s*:\s*\[/.test(head)) return false;
  return versions.some(([, version]) => !isOthers(version));
}

function isKubeconfig(head: string): boolean {
  if (/^\s*\{/.test(head)) return /"kind"\s*:\s*"Config"/.test(head) && /"clusters"\s*:/.test(head);
  return (
    /^kind[ \t]*:[ \t]*["']?Config\b/m.test(head) && /^(?:clusters|users|contexts|current-context|preferences)[ \t]*:/m.test(head)
  );
}
