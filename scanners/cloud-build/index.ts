import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** Google Cloud Build. https://cloud.google.com/build/docs/build-config-file-schema */
export const cloudBuild = defineFileScanner({
  id: 'cloud-build',
  title: 'Google Cloud Build',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  content: 'shared',
  recognises,
  async *scan(file, context) {
    const { scanCloudBuild } = await import('./read.ts');
    yield* scanCloudBuild(file, context);
  },
});

function recognises(file: FileHead): boolean {
  if (!/\.(?:ya?ml|json)$/i.test(file.path)) return false;
  if (!/(?:^|[/._-])cloud-?build[^/]*\.(?:ya?ml|json)$|(?:^|\/)\.?cloud-?build\/[^/]+$/i.test(file.path)) return false;
  return /^[ \t]*["']?steps["']?[ \t]*:/m.test(file.head()) && /["']?(?:name|id)["']?[ \t]*:/.test(file.head());
}
