import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** AWS CodeBuild. https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html */
export const codebuild = defineFileScanner({
  id: 'codebuild',
  title: 'AWS CodeBuild',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  content: 'shared',
  recognises,
  async *scan(file, context) {
    const { scanCodebuild } = await import('./read.ts');
    yield* scanCodebuild(file, context);
  },
});

function recognises(file: FileHead): boolean {
  if (!/\.ya?ml$/i.test(file.path)) return false;
  if (!/build-?spec[^/]*\.ya?ml$|(?:^|\/)\.?(?:codebuild|buildspecs?)\/[^/]+$/i.test(file.path)) return false;
  return /^["']?(?:phases|batch|env)["']?[ \t]*:/m.test(file.head());
}
