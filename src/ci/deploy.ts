import { commandsOf } from './script.ts';

/** Commands that change what runs somewhere; the second word or a later one says what they do. */
const COMMANDS: readonly (readonly [tool: RegExp, verb: RegExp])[] = [
  [/^(?:kubectl|oc)$/, /^(?:apply|rollout|set|replace|patch)$/],
  [/^helm$/, /^(?:upgrade|install)$/],
  [/^helmfile$/, /^(?:apply|sync)$/],
  [/^(?:terraform|tofu|terragrunt)$/, /^(?:apply|destroy)$/],
  [/^pulumi$/, /^(?:up|destroy)$/],
  [/^(?:cdk|serverless|sls|sam|eb|copilot|wrangler|amplify|vercel|netlify|firebase|convox|nixops)$/, /^deploy$/],
  [/^(?:flyctl|fly)$/, /^deploy$/],
  [/^gcloud$/, /^deploy$/],
  [
    /^aws$/,
    /^(?:update-service|update-function-code|create-deployment|deploy|update-stack|create-invalidation|execute-change-set)$/,
  ],
  [/^az$/, /^(?:deploy|deployment|up)$/],
  [/^argocd$/, /^sync$/],
  [/^ansible-playbook$/, /.+/],
  [/^cap$/, /^deploy$/],
  [/^eksctl$/, /^(?:create|upgrade)$/],
  [/^heroku$/, /^container:release$/],
];

/** Most scripts name none of them: reading those word by word is not worth it. */
const TOOLS =
  /\b(?:kubectl|oc|helm|helmfile|terraform|tofu|terragrunt|pulumi|cdk|serverless|sls|sam|eb|copilot|wrangler|amplify|vercel|netlify|firebase|convox|nixops|fly|flyctl|gcloud|aws|az|argocd|ansible-playbook|cap|eksctl|heroku)\b/;

/** `terraform apply`, `helm upgrade` …: what a script deploys with, each once. */
export function deployCommands(script: string): string[] {
  const found = new Set<string>();
  if (!TOOLS.test(script)) return [];
  for (const given of commandsOf(script)) {
    const words = /^(?:npx|bunx|uvx)$/.test(given[0] ?? '') ? given.slice(1).filter((word) => !word.startsWith('-')) : given;
    const [tool = '', ...rest] = words;
    if (rest.some((word) => /^--(?:dry-run|check|noop)(?:=(?!none)|$)/.test(word))) continue;
    const known = COMMANDS.find(([pattern]) => pattern.test(tool));
    const verb = known === undefined ? undefined : rest.find((word) => known[1].test(word));
    if (known !== undefined && verb !== undefined) found.add(tool === 'ansible-playbook' ? tool : `${tool} ${verb}`);
  }
  return [...found];
}
