import assert from 'node:assert/strict';
import { isSecretName } from '../../../src/ci/secret-name.ts';

const SECRETS = [
  'DEPLOY_TOKEN',
  'deployToken',
  'DB_PASSWORD',
  'SECRET_KEY_BASE',
  'SSH_PRIVATE_KEY',
  'KUBECONFIG',
  'TOKEN_PROD',
  'NPM_TOKEN',
  'AWS_ACCESS_KEY_ID',
  'GCLOUD_SERVICE_KEY',
  'db-password',
  'MY_PAT',
  'VAULT_SECRET_ID',
];
const OTHERS = [
  'PWD',
  'TOKEN_URL',
  'SECRET_NAME',
  'PUBLIC_KEY',
  'SSH_PUBLIC_KEY',
  'CACHE_KEY',
  'PASSED',
  'PATH',
  'PATTERN',
  'TOKENIZER',
  'KEY',
  'VAULT_ID_TOKEN',
  'OIDC_TOKEN',
  'PASSWORD_FILE',
  'MONKEY',
  'USE_PASSWORD',
  'SSH_AUTH_SOCK',
];

describe('names of secrets', () => {
  for (const name of SECRETS) it(`takes ${name} for one`, () => assert.ok(isSecretName(name)));

  for (const name of OTHERS) it(`does not take ${name} for one`, () => assert.ok(!isSecretName(name)));
});
