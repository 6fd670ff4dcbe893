import { defineServiceScanner, type Observation } from '../../src/contracts/index.ts';

export const awsIamLive = defineServiceScanner({
  id: 'aws-iam',
  title: 'AWS IAM (live)',
  emits: ['identity', 'credential', 'grant', 'trust', 'coverage'],
  surfaces: ['aws'],
  version: 1,
  scheme: 'aws',
  scan: scanAccount,
});

async function* scanAccount(): AsyncIterable<Observation> {}
