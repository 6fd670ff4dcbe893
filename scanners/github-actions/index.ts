import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** GitHub Actions workflows and composite actions, and the configuration of Dependabot; what reads YAML loads with the first. https://docs.github.com/en/actions/reference/workflows-and-actions */
export const githubActions = defineFileScanner({
  id: 'github-actions',
  title: 'GitHub Actions',
  emits: ['identity', 'consumer', 'grant', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 2,
  content: 'shared',
  recognises,
  async *scan(file, context) {
    if (DEPENDABOT.test(file.path)) {
      const { scanDependabot } = await import('./dependabot.ts');
      yield* scanDependabot(file, context);
      return;
    }
    const { scanGithubActions } = await import('./read.ts');
    yield* scanGithubActions(file, context);
  },
});

const DEPENDABOT = /(?:^|\/)\.github\/dependabot\.ya?ml$/i;

function recognises(file: FileHead): boolean {
  if (!/\.ya?ml$/i.test(file.path)) return false;
  if (/(?:^|\/)\.github\/workflows\/[^/]+$/i.test(file.path) || DEPENDABOT.test(file.path)) return true;
  if (/(?:^|\/)action\.ya?ml$/i.test(file.path)) return /^runs[ \t]*:/m.test(file.head());
  if (file.path.includes('/')) return false;
  // A workflow named by itself, or the workflows directory named as the target.
  const head = file.head();
  return /^(?:on|"on"|'on')[ \t]*:/m.test(head) && /^jobs[ \t]*:/m.test(head);
}
