import { findExpressions, secretsIn } from './expression.ts';

/** What a script does with a secret, as far as its text tells. */
export interface SecretHandling {
  readonly used: boolean;
  /** Written to the job's log or summary, also when it is transformed first; `set -x` counts. */
  readonly echoed: boolean;
  /** Written to `GITHUB_ENV` or `GITHUB_OUTPUT`: later steps and jobs see it. */
  readonly exported: boolean;
  /** Given on a command line, where process lists and build histories keep it. */
  readonly argument: boolean;
}

/** Stands for the secret while a script is read. */
const MARK = '\u0001';

/** Follows one secret through a `run` script; `variables` are the environment variables that hold it. */
export function followSecret(script: string, name: string, variables: readonly string[]): SecretHandling {
  const marked = markSecret(script, name, variables);
  if (!marked.includes(MARK)) return { used: false, echoed: false, exported: false, argument: false };
  let echoed = false;
  let exported = false;
  let argument = false;
  let traced = false;
  for (const pipeline of splitPipelines(marked)) {
    const stages = pipeline.map((stage) => stage.trim());
    const [first = ''] = stages;
    if (/^set\s+(?:-\w+\s+)*-\w*x/.test(first) || /^set\s+-o\s+xtrace/.test(first)) traced = true;
    if (/^set\s+\+\w*x/.test(first)) traced = false;
    if (!pipeline.some((stage) => stage.includes(MARK))) continue;
    const output = outputOf(stages);
    echoed ||= traced || output === 'log';
    exported ||= output === 'workflow';
    argument ||= stages.some((stage) => !PRINTS.test(stage) && takesArgument(stage));
  }
  return { used: true, echoed, exported, argument };
}

function markSecret(script: string, name: string, variables: readonly string[]): string {
  let marked = '';
  let from = 0;
  for (const { start, end, body } of findExpressions(script)) {
    const holds = secretsIn(body).some((reference) => reference.name === name);
    const variable = /^\s*env\.(?<variable>\w+)\s*$/.exec(body)?.groups?.variable;
    const isSecret = holds || (variable !== undefined && variables.includes(variable));
    marked += script.slice(from, start) + (isSecret ? MARK : script.slice(start, end));
    from = end;
  }
  marked += script.slice(from);
  for (const variable of variables) {
    if (!/^\w+$/.test(variable)) continue;
    marked = marked.replace(
      new RegExp(`\\$(?:env:)?${variable}\\b|\\$\\{${variable}(?![A-Za-z0-9_])[^}]{0,200}\\}|%${variable}%`, 'g'),
      MARK,
    );
  }
  return marked;
}

const PRINTS = /^(?:sudo\s+)?(?:echo|printf|print|Write-Host|Write-Output|tee|cat\s*<<<)\b/i;
const PASSES_ON = /^(?:tee|base64|rev|sed|tr|xxd|od|cat|fold|cut|head|tail|awk|grep|jq|nl)\b/;

/** Where the output of a pipeline that prints the secret ends up. */
function outputOf(stages: readonly string[]): 'log' | 'workflow' | 'elsewhere' {
  const [first = ''] = stages;
  const last = stages.at(-1) ?? '';
  if (!PRINTS.test(first) || first.includes('::add-mask::')) return 'elsewhere';
  if (stages.length > 1 && !PASSES_ON.test(last)) return 'elsewhere';
  const target = /(?<!\d)>{1,2}\s*(?<target>[^\s&|;]+)/.exec(withoutQuotes(last))?.groups?.target;
  if (/GITHUB_(?:ENV|OUTPUT)/.test(last) && (target !== undefined || /^tee\b/.test(last))) return 'workflow';
  if (target === undefined || /GITHUB_STEP_SUMMARY/.test(last) || target.startsWith('/dev/std')) return 'log';
  return 'elsewhere';
}

const ARGUMENT_FLAG = new RegExp(
  `(?:^|\\s)(?:-p|-u|-W|--password|--passphrase|--token|--build-arg|--secret-key|--api-key|--from-literal|-d|--data|-H|--header)(?:[=\\s]|(?=["'${MARK}]))[^\\n]{0,500}?${MARK}`,
);

function takesArgument(stage: string): boolean {
  return ARGUMENT_FLAG.test(stage) || new RegExp(`://[^\\s/]{0,200}${MARK}[^\\s/]{0,200}@`).test(stage);
}

/** Quoted text is blanked but for variables that name a file. */
function withoutQuotes(stage: string): string {
  return stage.replace(/(["'])(.*?)\1/gs, (_, quote: string, body: string) => (/^\$\w+$/.test(body) ? body : quote + quote));
}

/** Commands of a script, each as the stages of its pipeline; quotes and continued lines are honoured. */
export function splitPipelines(script: string): string[][] {
  const pipelines: string[][] = [];
  let stages: string[] = [];
  let from = 0;
  let quote = '';
  const endStage = (to: number) => stages.push(script.slice(from, to));
  const endPipeline = (to: number) => {
    endStage(to);
    if (stages.some((stage) => stage.trim() !== '')) pipelines.push(stages);
    stages = [];
  };
  for (let i = 0; i < script.length; i += 1) {
    const char = script[i];
    if (char === '\\' && quote !== "'") {
      i += 1;
      continue;
    }
    if (quote !== '') {
      if (char === quote) quote = '';
      continue;
    }
    if (char === '"' || char === "'") quote = char;
    else if (
      char === '\n' ||
      char === ';' ||
      (char === '&' && script[i + 1] === '&') ||
      (char === '|' && script[i + 1] === '|')
    ) {
      endPipeline(i);
      if (char === '&' || char === '|') i += 1;
      from = i + 1;
    } else if (char === '|') {
      endStage(i);
      from = i + 1;
    }
  }
  endPipeline(script.length);
  return pipelines;
}
