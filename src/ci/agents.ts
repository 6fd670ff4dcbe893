import { commandsOf } from './script.ts';

/** A coding agent that a script starts without a person at the keyboard. */
export interface AgentCommand {
  readonly agent: string;
  /** Options that take its brakes off: `--dangerously-skip-permissions`. */
  readonly unrestrained: readonly string[];
}

// https://code.claude.com/docs/en/cli-reference · https://developers.openai.com/codex/cli/reference · https://geminicli.com/docs/cli/headless/
// https://docs.github.com/en/copilot/reference/cli-command-reference · https://cursor.com/docs/cli/headless
const AGENTS: readonly (readonly [tool: RegExp, agent: string, headless: RegExp])[] = [
  [/^(?:@anthropic-ai\/)?claude(?:-code)?$/, 'Claude Code', /^(?:-p|--print|--dangerously-skip-permissions)$/],
  [/^(?:@openai\/)?codex$/, 'Codex', /^(?:exec|e)$/],
  [/^(?:@google\/)?gemini(?:-cli)?$/, 'Gemini CLI', /^(?:-p|--prompt|--yolo|-y)$/],
  [/^(?:@github\/)?copilot$/, 'Copilot CLI', /^(?:-p|--prompt)$/],
  [/^cursor-agent$/, 'Cursor', /^(?:-p|--print)$/],
  [/^opencode(?:-ai)?$/, 'opencode', /^run$/],
  [/^goose$/, 'goose', /^run$/],
  [/^aider$/, 'aider', /^(?:-m|--message|--message-file|--yes-always)$/],
  [/^amp$/, 'Amp', /^(?:-x|--execute)$/],
];

const UNRESTRAINED =
  /^(?:--dangerously-[\w-]+|--yolo|--allow-all-tools|--allow-all|--full-auto|--approval-mode=yolo|--permission-mode=bypassPermissions|--sandbox=danger-full-access|--force)$/;

/** Agents of a script; options given as two words count too. */
export function agentCommands(script: string): AgentCommand[] {
  const found = new Map<string, Set<string>>();
  if (!/claude|codex|gemini|copilot|cursor|opencode|goose|aider|\bamp\b/.test(script)) return [];
  for (const given of commandsOf(script)) {
    const words = /^(?:npx|bunx|pnpx)$/.test(given[0] ?? '')
      ? given.slice(1).filter((word) => !/^(?:-y|--yes|-q)$/.test(word))
      : given;
    const tool = (words[0] ?? '').replace(/(?<=.)@[\w.^~-]+$/, '');
    const known = AGENTS.find(([pattern]) => pattern.test(tool));
    if (known === undefined || !words.some((word) => known[2].test(word))) continue;
    const options = found.get(known[1]) ?? new Set<string>();
    found.set(known[1], options);
    for (const option of unrestrainedOptions(words)) options.add(option);
  }
  return [...found].map(([agent, options]) => ({ agent, unrestrained: [...options] }));
}

/** Of a command's words: those that take the brakes off. */
export function unrestrainedOptions(words: readonly string[]): string[] {
  const found: string[] = [];
  for (const [index, word] of words.entries()) {
    const next = words[index + 1] ?? '';
    if (UNRESTRAINED.test(word)) found.push(word);
    else if (UNRESTRAINED.test(`${word}=${next}`)) found.push(`${word} ${next}`);
  }
  return found;
}
