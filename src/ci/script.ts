/** What a script does with a secret, as far as its text tells. */
export interface SecretHandling {
  readonly used: boolean;
  /** Written to the job's log or summary, also when it is transformed first; `set -x` counts. */
  readonly echoed: boolean;
  /** Lines of the script, from 0, where that is; of a trace those that switch it on, too. */
  readonly printedAt: readonly number[];
  /** Handed to later steps or jobs: `GITHUB_ENV`, `GITHUB_OUTPUT`, `BASH_ENV`, a dotenv file of the CI system. */
  readonly exported: boolean;
  /** Of what is exported: as the output of a step, which other jobs may read. */
  readonly output: boolean;
  /** Given on a command line, where process lists and build histories keep it. */
  readonly argument: boolean;
  /** Lines of the script, from 0, where that is. */
  readonly argumentAt: readonly number[];
  /** In the address of a repository: git keeps it in `.git/config`. */
  readonly gitUrl: boolean;
  /** Given to the build of an image as an argument, which the image's history keeps. */
  readonly buildArguments: readonly BuildArgument[];
  /** Files it is written to, as the script names them. */
  readonly files: readonly string[];
}

export interface BuildArgument {
  /** Without one: by the name of the variable itself, `--build-arg NAME`. */
  readonly name?: string;
  /** Line of the script, from 0. */
  readonly line: number;
}

const NOTHING: SecretHandling = {
  used: false,
  echoed: false,
  printedAt: [],
  exported: false,
  output: false,
  argument: false,
  argumentAt: [],
  gitUrl: false,
  buildArguments: [],
  files: [],
};

/** Stands for the secret while a script is read. */
export const MARK = '\u0001';

/** Puts the mark in place of shell variables (`$NAME`, `${NAME…}`, `$env:NAME`, `%NAME%`, `--build-arg NAME`) that hold the secret. */
export function markVariables(script: string, variables: readonly string[]): string {
  let marked = script;
  for (const variable of variables) {
    if (!/^\w+$/.test(variable)) continue;
    marked = marked.replace(
      new RegExp(
        `\\$(?:env:)?${variable}\\b|\\$\\{${variable}(?![A-Za-z0-9_]|:?\\+)[^}]{0,200}\\}|%${variable}%|(?<=--build-arg[=\\s]{1,3})${variable}(?=\\s|$)`,
        'gi',
      ),
      (text) => (isOf(text, variable) ? MARK : text),
    );
  }
  return marked;
}

/** Shells tell cases apart; PowerShell and cmd do not. */
function isOf(text: string, variable: string): boolean {
  return text.includes(variable) || /^(?:%|\$env:)/i.test(text);
}

const DERIVED = new RegExp(
  `(?:^|[\\s;&])(?:(?:export|local|readonly)\\s+)?(?<name>[A-Za-z_]\\w*)=["']?(?:\\$\\(\\s*(?:echo|printf|cat\\s*<<<)\\s*(?:-\\w+\\s+)*(?:["']%s(?:\\\\n)?["']\\s+)?["']?${MARK}["']?\\s*(?<filters>(?:\\|[^|()\\n]{1,200}){1,5})\\)|${MARK})["']?(?=\\s|;|$)`,
  'g',
);
/** Let all of it through, or the part of a key file that is secret; `cut` and `head` rather show that there is one. */
const KEEPS = /^\|\s*(?:base64|rev|tr|sed|xxd|fold|jq\s[^|]*(?:private_?key|secret|password|token))/i;

/** Other variables of a script that come to hold the secret: `X=$SECRET`, `X=$(echo "$SECRET" | base64 -d)`. */
export function derivedVariables(marked: string): string[] {
  const names: string[] = [];
  for (const { groups } of marked.matchAll(DERIVED)) {
    const filters = groups?.filters?.split(/(?=\|)/) ?? [];
    if (groups?.name !== undefined && filters.every((filter) => KEEPS.test(filter))) names.push(groups.name);
  }
  return names;
}

/** A derived one may be put into another. */
const MAX_ROUNDS = 3;

function markDerived(script: string): string {
  let marked = script;
  const known = new Set<string>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const names = derivedVariables(marked).filter((name) => !known.has(name));
    if (names.length === 0) break;
    for (const name of names) known.add(name);
    marked = markVariables(marked, names);
  }
  return marked;
}

/** Whoever prints a secret more often than this has them all to mend. */
const MAX_PLACES = 50;

function lineAt(text: string, offset: number): number {
  let line = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

function linesAt(text: string, offsets: ReadonlySet<number>): number[] {
  return [...new Set([...offsets].slice(0, MAX_PLACES).map((offset) => lineAt(text, offset)))];
}

/** Follows a secret through a script in which every mention of it is the mark. */
export function followMark(script: string): SecretHandling {
  if (!script.includes(MARK)) return NOTHING;
  const marked = markDerived(script);
  let echoed = false;
  let exported = false;
  let output = false;
  let gitUrl = false;
  /** Where the trace was switched on. */
  let traced: number | undefined;
  const files = new Set<string>();
  const buildArguments = new Map<string, BuildArgument>();
  const printed = new Set<number>();
  /** Where a command takes it as an argument. */
  const taken = new Set<number>();
  for (const { stages: pipeline, start } of pipelinesOf(marked)) {
    const stages = pipeline.map((stage) => stage.trim());
    const [first = ''] = stages;
    if (/^set\s+(?:-\w+\s+)*-\w*x/.test(first) || /^set\s+-o\s+xtrace/.test(first)) traced = marked.indexOf(first, start);
    if (/^set\s+\+\w*x/.test(first)) traced = undefined;
    if (!pipeline.some((stage) => stage.includes(MARK))) continue;
    const target = outputOf(stages);
    if (traced !== undefined || target === 'log') {
      echoed = true;
      if (traced !== undefined) printed.add(traced);
      printed.add(marked.indexOf(MARK, start));
    }
    exported ||= target === 'variables' || target === 'outputs';
    output ||= target === 'outputs';
    for (const { index, groups } of pipeline.join('|').matchAll(BUILD_ARGUMENT)) {
      const line = lineAt(marked, start + index);
      if (buildArguments.size < MAX_PLACES)
        buildArguments.set(`${line} ${groups?.name}`, { line, ...(groups?.name === undefined ? {} : { name: groups.name }) });
    }
    let offset = start;
    for (const [index, stage] of stages.entries()) {
      const written = pipeline[index] ?? '';
      const mark = offset + Math.max(0, written.indexOf(MARK));
      offset += written.length + 1;
      if (PRINTS.test(stage)) continue;
      if (isGitUrl(stage)) gitUrl = true;
      else if (takesArgument(stage)) taken.add(mark);
    }
    const file = fileOf(stages);
    if (file !== undefined) files.add(file);
  }
  return {
    used: true,
    echoed,
    printedAt: linesAt(marked, printed),
    exported,
    output,
    argument: taken.size > 0,
    argumentAt: linesAt(marked, taken),
    gitUrl,
    buildArguments: [...buildArguments.values()],
    files: [...files],
  };
}

/** A variable may also be a path: of GitLab's file variables and of files that hold the secret. */
const PRINTS = new RegExp(
  `^(?:[({@]\\s*|(?:sudo|then|do|else)\\s+)*(?:(?:echo|printf|print|Write-Host|Write-Output|tee|cat\\s*<<<)\\b|cat\\s+["']?${MARK}["']?\\s*(?:$|>))`,
  'i',
);
const PASSES_ON = /^(?:sudo\s+)?(?:tee|base64|rev|sed|tr|xxd|od|cat|fold|cut|head|tail|awk|grep|jq|nl)\b/;

/** What a later step or job reads. GitHub's files, CircleCI's BASH_ENV. */
const VARIABLES = /GITHUB_ENV|BASH_ENV/;
const OUTPUTS = /GITHUB_OUTPUT|set-output/;

/** Where the output of a pipeline that prints the secret ends up. */
function outputOf(stages: readonly string[]): 'log' | 'variables' | 'outputs' | 'elsewhere' {
  const [first = ''] = stages;
  const last = stages.at(-1) ?? '';
  if (!PRINTS.test(first) || /::add-mask::|##vso\[/.test(first)) return 'elsewhere';
  if (/^echo\s+["']?::set-output\b/.test(first)) return 'outputs';
  if (stages.length > 1 && !PASSES_ON.test(last)) return 'elsewhere';
  const target = targetOf(last);
  const isWritten = target !== undefined || /^tee\b/.test(last);
  if (isWritten && OUTPUTS.test(last)) return 'outputs';
  if (isWritten && VARIABLES.test(last)) return 'variables';
  if (target === undefined || /GITHUB_STEP_SUMMARY/.test(last) || target.startsWith('/dev/std')) return 'log';
  return 'elsewhere';
}

function targetOf(stage: string): string | undefined {
  return /(?<!\d)>{1,2}\s*(?<target>[^\s&|;]+)/.exec(withoutQuotes(stage))?.groups?.target;
}

/** The file that the secret, or what it is decoded to, is written to. */
function fileOf(stages: readonly string[]): string | undefined {
  const last = stages.at(-1) ?? '';
  const raw =
    /(?<!\d)>{1,2}\s*(?<target>"[^"\n]{1,200}"|'[^'\n]{1,200}'|[^\s&|;"']+)/.exec(last)?.groups?.target ??
    /^(?:sudo\s+)?tee\s+(?:-\w+\s+)*(?<target>[^\s&|;]+)/.exec(last)?.groups?.target;
  const target = raw?.replace(/^["']|["']$/g, '');
  if (target === undefined || target.includes(MARK) || /GITHUB_|BASH_ENV|^\/dev\/|^&/.test(target)) return undefined;
  return target.slice(0, 200);
}

const ARGUMENT_FLAG = new RegExp(
  `(?:^|\\s)(?:-p|-u|-W|--password|--passphrase|--token|--secret-key|--api-key|--from-literal|-d|--data|-H|--header)(?:[=\\s]|(?=["'${MARK}]))[^\\n]{0,500}?${MARK}`,
);
const BUILD_ARGUMENT = new RegExp(`--build-arg[=\\s]+["']?(?:(?<name>[A-Za-z_]\\w*)=)?[^\\s]{0,500}?${MARK}`, 'g');
const IN_URL = new RegExp(`://[^\\s/]{0,200}${MARK}[^\\s/]{0,200}@`);

/** What follows `<<<` is standard input: `base64 -d <<<"$KEY"`. */
const HERE_STRING = /<<<\s*(?:"[^"]*"|'[^']*'|\S+)/g;

function takesArgument(stage: string): boolean {
  return ARGUMENT_FLAG.test(stage.replace(HERE_STRING, '')) || IN_URL.test(stage);
}

function isGitUrl(stage: string): boolean {
  return /^(?:sudo\s+)?git\s+(?:-\S+\s+(?:[^\s-]\S*\s+)?)*(?:clone|remote|config|submodule)\b/.test(stage) && IN_URL.test(stage);
}

/** Quoted text is blanked but for variables that name a file. */
function withoutQuotes(stage: string): string {
  return stage.replace(/(["'])(.*?)\1/gs, (_, quote: string, body: string) => (/^\$\w+$/.test(body) ? body : quote + quote));
}

/** Commands of a script, each as the stages of its pipeline; quotes, comments and continued lines are honoured. */
export function splitPipelines(script: string): string[][] {
  return pipelinesOf(script).map(({ stages }) => stages);
}

export interface PlacedPipeline {
  readonly stages: string[];
  /** Where its text begins, blanks before the first word included. */
  readonly start: number;
}

export function pipelinesOf(script: string): PlacedPipeline[] {
  const pipelines: PlacedPipeline[] = [];
  let stages: string[] = [];
  let start = 0;
  let from = 0;
  let quote = '';
  const endStage = (to: number) => stages.push(script.slice(from, to));
  const endPipeline = (to: number, next: number) => {
    endStage(to);
    if (stages.some((stage) => stage.trim() !== '')) pipelines.push({ stages, start });
    stages = [];
    start = next;
    from = next;
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
    else if (char === '#' && (i === 0 || /\s/.test(script[i - 1] ?? ''))) {
      // An apostrophe in a comment opens no string.
      const end = script.indexOf('\n', i);
      const next = end < 0 ? script.length : end;
      endPipeline(i, next + 1);
      i = next;
    } else if (
      char === '\n' ||
      char === ';' ||
      (char === '&' && script[i + 1] === '&') ||
      (char === '|' && script[i + 1] === '|')
    ) {
      const last = char === '&' || char === '|' ? i + 1 : i;
      endPipeline(i, last + 1);
      i = last;
    } else if (char === '|') {
      endStage(i);
      from = i + 1;
    }
  }
  if (from <= script.length) endPipeline(script.length, script.length);
  return pipelines;
}

/** The words of a command, quotes taken off; enough to see options and names, no shell. */
export function wordsOf(stage: string): string[] {
  const words: string[] = [];
  for (const match of stage.matchAll(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs)) {
    words.push(match[0].replace(/\\\n\s*/g, '').replace(/^(["'])(.*)\1$/s, '$2'));
  }
  return words;
}

const LEADS = /^(?:sudo|time|exec|command|env|then|do|else|if|while|until|!|\{|\(|\w+=.*)$/s;

/** Every command of a script in words, without `sudo`, `time`, variables set before it and the like. */
export function commandsOf(script: string): string[][] {
  const commands: string[][] = [];
  for (const stage of splitPipelines(script).flat()) {
    const words = wordsOf(stage.trim());
    const first = words.findIndex((word) => !LEADS.test(word));
    if (first >= 0) commands.push(words.slice(first));
  }
  return commands;
}
