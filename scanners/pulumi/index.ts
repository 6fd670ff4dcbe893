import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** Pulumi: settings of stacks, programs in YAML, and exported state. https://www.pulumi.com/docs/iac/concepts/ */
export const pulumi = defineFileScanner({
  id: 'pulumi',
  title: 'Pulumi',
  emits: ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting', 'coverage'],
  surfaces: ['iac'],
  version: 3,
  usesClock: true,
  content: 'shared',
  recognises,
  async *scan(file, context) {
    const { scanPulumi } = await import('./scan.ts');
    yield* scanPulumi(file, context);
  },
});

function recognises(file: FileHead): boolean {
  if (/(?:^|\/)Pulumi(?:\.[^/]+)?\.ya?ml$/.test(file.path)) return true;
  if (!/\.json$/i.test(file.path)) return false;
  if (/(?:^|\/)\.pulumi\/stacks\/.+\.json$/.test(file.path)) return true;
  const head = file.head();
  return /^\s*\{\s*"version"\s*:\s*3,\s*"(?:deployment|checkpoint)"\s*:/.test(head) && /"(?:manifest|latest|stack)"/.test(head);
}
