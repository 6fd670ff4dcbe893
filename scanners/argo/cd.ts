import type { CiFact } from '../../src/ci/model.ts';
import { identityId } from '../../src/contracts/index.ts';
import { get, itemsOf, type Mapping, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';

/** Roles of a project, and the tokens that were made for them. https://argo-cd.readthedocs.io/en/stable/user-guide/projects/ */
export function projectFacts(tree: Mapping, project: string): CiFact[] {
  const spec = get(tree, 'spec');
  const status = get(get(tree, 'status'), 'jwtTokensByRole');
  return itemsOf(get(spec, 'roles')).flatMap((role): CiFact[] => {
    const name = textOf(get(role, 'name')) ?? 'role';
    const policies = textsOf(get(role, 'policies'));
    const tokens = [...itemsOf(get(role, 'jwtTokens')), ...itemsOf(get(get(status, name), 'items'))];
    return tokens.map((token): CiFact => {
      const expires = textOf(get(token, 'exp'));
      return {
        fact: 'project-token',
        place: token,
        identity: identityId('argocd', undefined, `role/${project}/${name}`),
        how: 'token',
        detail: {
          project,
          role: name,
          expires: expires !== undefined && expires !== '' && expires !== '0',
          writes: policies.some(mayWrite),
        },
      };
    });
  });
}

/** `p, proj:x:deploy, applications, sync, x/*, allow` */
function mayWrite(policy: string): boolean {
  const [, , , action = '', , effect = ''] = policy.split(',').map((part) => part.trim());
  return effect !== 'deny' && action !== 'get';
}

/** The roles of everybody who logs in. https://argo-cd.readthedocs.io/en/stable/operator-manual/rbac/ */
export function rbacFacts(tree: Mapping): CiFact[] {
  const data = get(tree, 'data');
  const fallback: Tree | undefined = get(data, 'policy.default');
  const role = textOf(fallback);
  if (fallback === undefined || role === undefined || role === '') return [];
  return [
    {
      fact: 'default-role',
      place: fallback,
      identity: identityId('argocd', undefined, `role/${role}`),
      how: 'token',
      detail: { role },
    },
  ];
}
