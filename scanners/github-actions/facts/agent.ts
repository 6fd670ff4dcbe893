import { agentCommands, unrestrainedOptions } from '../../../src/ci/agents.ts';
import { wordsOf } from '../../../src/ci/script.ts';
import { scalarsOf } from '../../../src/formats/tree.ts';
import { holdsOf } from '../holds.ts';
import type { Step } from '../workflow.ts';
import { type Fact, inputOf, isMadeSecret, type JobView, nameOf } from './view.ts';

/** Actions that run a coding agent. */
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['anthropics/claude-code-action', 'Claude Code'],
  ['anthropics/claude-code-base-action', 'Claude Code'],
  ['openai/codex-action', 'Codex'],
  ['google-github-actions/run-gemini-cli', 'Gemini CLI'],
  ['google-gemini/gemini-cli-action', 'Gemini CLI'],
  ['sst/opencode', 'opencode'],
  ['anomalyco/opencode', 'opencode'],
  ['warpdotdev/oz-agent-action', 'Oz'],
]);

/** Keys of the agents' own models: without one it does nothing. */
const OWN_KEY =
  /ANTHROPIC|CLAUDE|OPENAI|CODEX|GEMINI|GOOGLE_API_KEY|OPENROUTER|CURSOR_API|COPILOT|MODEL|OPENCODE|AMP_API|WARP_API|LLM|MISTRAL|DEEPSEEK|GROQ|XAI/;

/** What somebody who steers the agent would have: a row for each step that runs one. */
export function* agentFacts(view: JobView): Generator<Fact> {
  for (const [index, step] of view.job.steps.entries()) {
    for (const { agent, unrestrained } of agentsOf(step)) {
      const reached = view.uses.filter((use) => isMadeSecret(use) && use.reaches.has(step));
      const before = view.job.steps.slice(0, index);
      yield {
        fact: 'ai-agent',
        identity: view.jobToken,
        how: 'token',
        offset: step.tree.start,
        pointer: step.tree.pointer,
        detail: {
          agent,
          step: nameOf(step),
          ...(step.uses === undefined ? {} : { uses: step.uses.uses }),
          unrestrained,
          openTo: openTo(step),
          ownKeys: reached.filter(({ name }) => OWN_KEY.test(name)).map(({ name }) => name),
          reaches: reached.filter(({ name }) => !OWN_KEY.test(name)).map(({ name }) => name),
          reachesKinds: [
            ...new Set(reached.filter(({ name }) => !OWN_KEY.test(name)).map((use) => holdsOf(use)?.kind ?? 'secret')),
          ],
          // What an earlier step stored on the runner.
          earlier: [
            ...new Set(
              view.uses
                .filter(
                  (use) => isMadeSecret(use) && !use.reaches.has(step) && [...use.reaches].some((one) => before.includes(one)),
                )
                .map(({ name }) => name),
            ),
          ],
        },
      };
    }
  }
}

function agentsOf(step: Step): { readonly agent: string; readonly unrestrained: readonly string[] }[] {
  const action = step.uses?.action;
  const agent = action === undefined ? undefined : ACTIONS.get(action);
  if (agent === undefined) return step.run === undefined ? [] : agentCommands(step.run);
  const options = new Set<string>();
  for (const { key, scalar } of scalarsOf(step.with)) {
    if (/args|settings|flags/i.test(key)) for (const option of unrestrainedOptions(wordsOf(scalar.value))) options.add(option);
    if (/bypassPermissions|"defaultMode"\s*:\s*"bypass/.test(scalar.value)) options.add('bypassPermissions');
    if (key === 'sandbox' && scalar.value === 'danger-full-access') options.add('sandbox: danger-full-access');
    if (key === 'safety-strategy' && scalar.value === 'unsafe') options.add('safety-strategy: unsafe');
  }
  return [{ agent, unrestrained: [...options] }];
}

/** Inputs by which strangers may give it orders: `allowed_non_write_users: "*"`. */
function openTo(step: Step): string[] {
  return ['allowed_non_write_users', 'allowed_bots', 'allow-users', 'allow-bots'].flatMap((input) => {
    const value = inputOf(step, input);
    const isOpen = value !== undefined && (value === '*' || (/non_write/.test(input) && value !== ''));
    return isOpen ? [`${input}: ${value.slice(0, 60)}`] : [];
  });
}
