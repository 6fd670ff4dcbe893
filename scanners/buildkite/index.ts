import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** Buildkite pipelines. https://buildkite.com/docs/pipelines/configure */
export const buildkite = defineFileScanner({
  id: 'buildkite',
  title: 'Buildkite',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  content: 'shared',
  recognises,
  async *scan(file, context) {
    const { scanBuildkite } = await import('./read.ts');
    yield* scanBuildkite(file, context);
  },
});

function recognises(file: FileHead): boolean {
  if (!/\.ya?ml$/i.test(file.path)) return false;
  if (/(?:^|\/)\.?buildkite\.ya?ml$/i.test(file.path)) return /^steps[ \t]*:/m.test(file.head());
  // Beside pipelines lie configurations of tools.
  return (
    /(?:^|\/)\.buildkite\/.+$/i.test(file.path) &&
    /^(?:steps[ \t]*:|-[ \t]+(?:label|name|command|commands|block|wait|trigger|group|key)\b)/m.test(file.head())
  );
}
