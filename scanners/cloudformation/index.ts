import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** CloudFormation and SAM templates, written or synthesised by the CDK, and the Serverless framework's. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html */
export const cloudformation = defineFileScanner({
  id: 'cloudformation',
  title: 'CloudFormation and SAM',
  emits: ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting', 'coverage'],
  surfaces: ['iac'],
  version: 4,
  usesClock: true,
  content: 'shared',
  recognises,
  // Templates that nest it.
  looksAt: (path) => /\.(?:ya?ml|json|template|cfn)$/i.test(path),
  async *scan(file, context) {
    const { scanCloudformation } = await import('./scan.ts');
    yield* scanCloudformation(file, context);
  },
});

function recognises(file: FileHead): boolean {
  if (!/\.(?:ya?ml|json|template|cfn)$/i.test(file.path)) return false;
  const head = file.head();
  if (/^[{\s]*["']?(?:AWSTemplateFormatVersion|Transform)["']?\s*:/m.test(head) && !/^\s*kind\s*:/m.test(head)) return true;
  // A template without its version, or with long parameters first: its resources say whose they are.
  if (/^[{\s]*["']?Resources["']?\s*:/m.test(head) && /["']?Type["']?\s*:\s*["']?(?:AWS|Custom|Alexa)::/.test(head)) return true;
  if (/\.template\.json$/i.test(file.path)) return /"(?:Resources|Parameters)"\s*:/.test(head);
  return /(?:^|\/)serverless\.ya?ml$/i.test(file.path) && /^provider\s*:/m.test(head);
}
