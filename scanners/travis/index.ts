import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** Travis CI configuration. https://docs.travis-ci.com/user/customizing-the-build */
export const travis = defineFileScanner({
  id: 'travis',
  title: 'Travis CI',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  // What is encrypted for the CI system is no secret as it stands.
  content: 'own',
  recognises,
  async *scan(file, context) {
    const { scanTravis } = await import('./read.ts');
    yield* scanTravis(file, context);
  },
});

function recognises(file: FileHead): boolean {
  return /(?:^|\/)\.travis\.ya?ml$/i.test(file.path);
}
