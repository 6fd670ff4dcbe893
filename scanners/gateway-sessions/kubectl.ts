import { type Action, gravest } from './action.ts';

// https://kubernetes.io/docs/reference/kubectl/generated/

/** Flags that take the word after them, unless it is joined by `=`. */
const VALUED = new Set(
  `-n --namespace --context --cluster --user --kubeconfig -s --server --token --as --as-group --as-uid --certificate-authority
  --client-certificate --client-key --request-timeout --tls-server-name --cache-dir --password --username --profile --profile-output -v --v
  --vmodule -f --filename -k --kustomize -l --selector --field-selector -o --output -p --patch --patch-file --type -c --container --sort-by
  --template --replicas --image --timeout --grace-period --for --since --since-time --tail --raw --subresource --field-manager --from-literal
  --from-file --from-env-file --overrides --port --env --labels --annotations --dry-run --cascade --chunk-size --min --max --cpu-percent`
    .trim()
    .split(/\s+/),
);
const READ =
  /^(?:get|describe|logs?|top|explain|version|api-resources|api-versions|cluster-info|diff|wait|events|options|help|completion|kustomize)$/;
const WRITE =
  /^(?:create|apply|delete|patch|edit|replace|scale|set|label|annotate|cordon|uncordon|drain|run|expose|autoscale|taint|rollout)$/;
const RIGHTS = /^(?:cluster)?role(?:binding)?s?(?:[./]|$)|^(?:certificatesigningrequests?|csr)(?:[./]|$)/i;

/** What a script of commands does; a command that is no kubectl may do anything. */
export function classifyKubectl(script: string): Action {
  const said: Action[] = [];
  // A line may go on in the next.
  for (const line of script.replace(/\\\r?\n/g, ' ').split(/\n|&&|\|\||;|\||&/)) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    const words = line
      .trim()
      .split(/\s+/)
      .map((word) => word.replace(/^(?:\$\(|[`"'(])+|[`"')]+$/g, ''));
    const at = words.findIndex((word) => /^(?:\S*\/)?kubectl(?:\.exe)?$/.test(word));
    // Others may stand around it: what `xargs` or a shell makes of it is not known.
    if (at < 0 || words.slice(0, at).some((word) => !/^(?:\w+=\S*|sudo|env|time)$/.test(word))) said.push('unknown');
    if (at >= 0) said.push(kubectlAction(words.slice(at + 1)));
    if (/\$\(|`/.test(line)) said.push('unknown');
  }
  return said.length === 0 ? 'unknown' : gravest(said);
}

function kubectlAction(given: readonly string[]): Action {
  const [verb = '', ...rest] = named(given);
  const [what = ''] = rest;
  if (verb === 'rollout' && (what === 'status' || what === 'history')) return 'read';
  if (verb === 'auth') return what === 'reconcile' ? 'privilege' : 'read';
  if (verb === 'certificate') return 'privilege';
  if (verb === 'config') return /^(?:view|current-context|get-\w+)$/.test(what) ? 'read' : 'unknown';
  if (READ.test(verb)) return 'read';
  if (!WRITE.test(verb)) return 'unknown';
  // A token for a service account, and whom a binding names.
  if ((verb === 'create' && what === 'token') || (verb === 'set' && what === 'subject')) return 'privilege';
  return rest.some((word) => word.split(',').some((one) => RIGHTS.test(one))) ? 'privilege' : 'write';
}

/** Words that are neither flags nor their values. */
function named(words: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') break;
    if (VALUED.has(word)) at++;
    else if (!word.startsWith('-') && word !== '') kept.push(word);
  }
  return kept;
}
