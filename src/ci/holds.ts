import type { JsonObject } from '../contracts/index.ts';
import { publishVariable } from './publish.ts';
import type { SecretUse } from './uses.ts';

/** What a secret holds, as its name and what takes it tell. */
export function holdsOf({ name, how, cloud, variables }: SecretUse): JsonObject {
  if (how === 'oidc' || how === 'impersonation') return {};
  if (how === 'static-key') return { holds: 'cloud-key', holdsBy: cloud === undefined ? 'name' : 'use' };
  const names = [name, ...variables].map((one) => one.toUpperCase().replace(/[.-]/g, '_'));
  const any = (pattern: RegExp) => names.some((one) => pattern.test(one));
  if (any(/(?:^|_)(?:SSH|DEPLOY)_?(?:PRIVATE_?)?KEY(?:_|$)|^SSH_?KEY/)) return { holds: 'ssh-key', holdsBy: 'name' };
  if (names.some((one) => publishVariable(one) !== undefined)) return { holds: 'package-token', holdsBy: 'name' };
  if (any(/(?:^|_)(?:GH|GITHUB)_(?:\w+_)?(?:TOKEN|PAT)(?:_|$)|(?:^|_)(?:PAT|PERSONAL_ACCESS_TOKEN)(?:_|$)/))
    return { holds: 'github-token', holdsBy: 'name' };
  return {};
}
