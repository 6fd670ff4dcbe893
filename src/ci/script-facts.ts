import type { CiFact } from './model.ts';
import { imageLogins, imageRegistry, publishCommands, publishVariable } from './publish.ts';
import type { SecretUse, StepScript } from './uses.ts';

/** `env`, `printenv`, `export -p`, `Get-ChildItem env:`: everything at once; a filter behind it lets some through only. */
const DUMPS =
  /^(?:sudo\s+)?(?:env|printenv|export(?:\s+-p)?|declare\s+-x|(?:Get-ChildItem|gci|dir|ls)\s+env:\*?)\s*(?:>{1,2}\s*(?<target>\S+)|$)/i;
const SHOWS_ALL = /^(?:sort|tee|cat|base64|nl|less|more|uniq|head|tail|grep\s+-v|sed)\b/;
const ROOT = /(?:^|\s)(?:ssh|scp|rsync)\b[^\n]{0,500}?(?:\s|=)["']?root@(?!localhost\b|127\.|\[?::1)/;

/** What scripts do with everything they have at hand. */
export function scriptFacts(text: string, uses: readonly SecretUse[], scripts: readonly StepScript[]): CiFact[] {
  const facts: CiFact[] = [];
  if (uses.length > 0) facts.push(...publishing(uses, scripts), ...storeLogins(uses, scripts));
  const keys = uses.filter(({ name, jobToken }) => !jobToken && /SSH|PRIVATE_?KEY|DEPLOY_?KEY|RSA|PEM/i.test(name));
  for (const { scalar, script } of scripts) {
    for (const command of script.commands) {
      const stages = command.stages.map((stage) => stage.trim());
      const [first = '', ...rest] = stages;
      const dumped = DUMPS.exec(first);
      if (uses.length > 0 && dumped !== null && rest.every((stage) => SHOWS_ALL.test(stage))) {
        const target = dumped.groups?.target ?? />{1,2}\s*(?<to>\S+)/.exec(stages.at(-1) ?? '')?.groups?.to;
        if (target?.startsWith('/dev/null')) continue;
        const place = placeOf(text, scalar, first);
        facts.push({
          fact: 'environment-dump',
          place,
          secretName: '*',
          detail: {
            target: target === undefined ? 'log' : 'file',
            secrets: uses
              .filter((use) => !use.jobToken)
              .map(({ name }) => name)
              .slice(0, 50),
          },
        });
      }
      const [key] = keys;
      if (stages.some((stage) => ROOT.test(` ${stage}`))) {
        facts.push({ fact: 'root-login', place: placeOf(text, scalar, first), secretName: key?.name ?? '*' });
      }
    }
  }
  return facts;
}

/** Where a command begins in the file. */
export function placeOf(text: string, scalar: StepScript['scalar'], command: string) {
  const head = command.split('\n', 1)[0]?.trim() ?? '';
  const from = head === '' ? -1 : text.indexOf(head, scalar.start);
  return from < 0 || from >= scalar.end ? scalar : { start: from, end: scalar.end, pointer: scalar.pointer };
}

/** Tokens of package registries where a command publishes there, and passwords of the registries of clouds. */
function publishing(uses: readonly SecretUse[], scripts: readonly StepScript[]): CiFact[] {
  const facts: CiFact[] = [];
  const told = new Set<string>();
  for (const { scalar, script, step } of scripts) {
    const published = publishCommands(script.text);
    const hosts = imageLogins(script.text).map((host) => host.replace(/\$\{?\w+\}?/g, 'x'));
    if (published.size === 0 && hosts.length === 0) continue;
    for (const use of uses) {
      if (use.jobToken || use.how === 'oidc' || use.how === 'impersonation') continue;
      const registry = [use.name, ...use.variables].map(publishVariable).find((one) => one !== undefined);
      if (registry !== undefined && published.has(registry) && !told.has(`${use.name} ${registry}`)) {
        told.add(`${use.name} ${registry}`);
        facts.push({
          fact: 'publish-token',
          place: use.place,
          secretName: use.name,
          ...(use.identity === undefined ? {} : { identity: use.identity }),
          detail: { registry, step: step.name },
        });
      }
      if (
        hosts.length === 0 ||
        !script.commands.some(
          ({ stages, reads }) => /\blogin\b/.test(stages.join('|')) && [...use.variables].some((name) => reads.has(name)),
        )
      )
        continue;
      if (/USER(?:_?NAME)?$|_LOGIN$|REGISTRY$|_URL$|_HOST$/i.test(use.name)) continue;
      for (const host of hosts) {
        const kind = imageRegistry(host);
        if (host === 'x' || !/^(?:ecr|acr|artifact-registry)$/.test(kind) || told.has(`${use.name} ${kind}`)) continue;
        told.add(`${use.name} ${kind}`);
        facts.push({
          fact: 'registry-login',
          place: placeIn(scalar, use),
          secretName: use.name,
          ...(use.identity === undefined ? {} : { identity: use.identity }),
          detail: { registry: kind, host: host.slice(0, 120), staticKey: use.how === 'static-key' },
        });
      }
    }
  }
  return facts;
}

function placeIn(scalar: StepScript['scalar'], use: SecretUse) {
  return use.place.start >= scalar.start && use.place.start < scalar.end ? use.place : scalar;
}

/** Stores that take the job's own word, opened with a lasting secret. */
const STORES: readonly (readonly [store: string, method: string, variable: RegExp, command: RegExp])[] = [
  [
    'Vault',
    'token',
    /^(?:\w+_)?VAULT_(?:\w+_)?TOKEN$/,
    /\bvault\s+(?:kv|read|write|login|list|token)\b|VAULT_ADDR|X-Vault-Token/,
  ],
  ['Vault', 'approle', /^(?:\w+_)?(?:VAULT_(?:\w+_)?)?SECRET_ID$/, /auth\/approle\/login/],
  ['Doppler', 'service token', /^DOPPLER_(?:SERVICE_)?TOKEN$/, /\bdoppler\s/],
  ['1Password', 'service account token', /^OP_SERVICE_ACCOUNT_TOKEN$/, /\bop\s+(?:read|run|inject|item)\b/],
  ['Infisical', 'token', /^INFISICAL_(?:TOKEN|CLIENT_SECRET)$/, /\binfisical\s/],
];

function storeLogins(uses: readonly SecretUse[], scripts: readonly StepScript[]): CiFact[] {
  const text = scripts.map(({ script }) => script.text).join('\n');
  return STORES.flatMap(([store, method, variable, command]): CiFact[] => {
    if (!command.test(text)) return [];
    const found = uses.filter((use) => [use.name, ...use.variables].some((name) => variable.test(name)));
    const [first] = found;
    return first === undefined
      ? []
      : [
          {
            fact: 'secret-store-login',
            place: first.place,
            secretName: first.name,
            ...(first.identity === undefined ? {} : { identity: first.identity }),
            detail: { store, method, names: found.map(({ name }) => name) },
          },
        ];
  });
}
