import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** CircleCI configuration. https://circleci.com/docs/reference/configuration-reference/ */
export const circleci = defineFileScanner({
  id: 'circleci',
  title: 'CircleCI',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  content: 'shared',
  recognises,
  async *scan(file, context) {
    const { scanCircleci } = await import('./read.ts');
    yield* scanCircleci(file, context);
  },
});

function recognises(file: FileHead): boolean {
  if (!/(?:^|\/)\.circleci\/.+\.ya?ml$/i.test(file.path)) return false;
  // Beside the configuration lie pieces that a script puts together, and lists of anything.
  return (
    /(?:^|\/)config\.ya?ml$/i.test(file.path) || /^(?:jobs|workflows|orbs|commands|version|executors)[ \t]*:/m.test(file.head())
  );
}
