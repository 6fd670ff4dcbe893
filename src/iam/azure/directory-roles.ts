import type { KnownRight } from './catalogue.ts';

/** https://learn.microsoft.com/en-us/entra/identity/role-based-access-control/custom-available-permissions */
const KEEPS_APPLICATIONS =
  /^microsoft\.directory\/(?:applications|servicePrincipals)(?:\.myOrganization)?\/(?:(?:credentials|owners|allProperties)\/update|allProperties\/allTasks)$/i;

/**
 * Consent on behalf of everybody, as far as the policy that the operation ends with goes: that of administrators of the company
 * knows no bounds. https://learn.microsoft.com/en-us/entra/identity/role-based-access-control/custom-consent-permissions
 */
const CONSENTS = /^microsoft\.directory\/servicePrincipals\/managePermissionGrantsForAll\.(?<policy>.+)$/i;

/** What a role of the directory amounts to, by the operations that it lists: of roles that an organisation made itself. */
export function judgeDirectoryRole(id: string, name: string | undefined, actions: readonly string[]): KnownRight {
  const role = { id, name: name ?? id };
  const policies = actions.flatMap((action) => CONSENTS.exec(action)?.groups?.policy?.toLowerCase() ?? []);
  const keeps = actions.some((action) => KEEPS_APPLICATIONS.test(action));
  if (policies.includes('microsoft-company-admin')) {
    return {
      ...role,
      tier: 0,
      ...(keeps ? { reach: 'applications' } : {}),
      gives: ['escalates', 'manages-identities'],
      how: 'consents to any permission of any application',
    };
  }
  if (keeps) {
    return {
      ...role,
      tier: 0,
      reach: 'applications',
      gives: ['manages-identities'],
      how: 'adds a secret to any application and acts as it',
    };
  }
  if (policies.length === 0) return { ...role, gives: [] };
  return { ...role, gives: ['manages-identities'], how: 'consents to permissions of applications' };
}
