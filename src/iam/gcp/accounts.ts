import { gcpServiceAccountId, type IdentityId } from '../../contracts/index.ts';

export const SERVICE_ACCOUNT_NAME =
  /^(?:\/\/iam\.googleapis\.com\/)?projects\/(?<project>[^/]+)\/serviceAccounts\/(?<account>[^/]+)(?:\/keys\/(?<key>[^/]+))?$/;

/**
 * The project of a service account, read off its address; for the accounts that Google makes for a project it takes
 * the project's number.
 */
export function projectOf(email: string, projectIds: ReadonlyMap<string, string>): string | undefined {
  const own = /@(?<project>[a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(email)?.groups?.project;
  const number = /^(?:service-)?(?<number>\d+)(?:-compute)?@/.exec(email)?.groups?.number;
  if (number !== undefined) return projectIds.get(number);
  if (own !== undefined) return own;
  return /^(?<project>[a-z0-9-]+)@appspot\.gserviceaccount\.com$/.exec(email)?.groups?.project;
}

export function accountIdentity(email: string, project: string | undefined, projectIds: ReadonlyMap<string, string>): IdentityId {
  return gcpServiceAccountId(email, project ?? projectOf(email, projectIds) ?? unknownAgentProject(email));
}

/** Made and run by Google for one of its services. https://cloud.google.com/iam/docs/service-agents */
export function isServiceAgent(email: string): boolean {
  return (
    /^service-(?:org-|folder-)?\d+@/.test(email) ||
    /@gcp-sa-[a-z0-9-]+\.iam\.gserviceaccount\.com$/.test(email) ||
    email.endsWith('@cloudservices.gserviceaccount.com')
  );
}

/** Made by Google, but run by whatever the customer deploys without naming another. */
export function isDefaultAccount(email: string): boolean {
  return /^\d+-compute@developer\.gserviceaccount\.com$|@appspot\.gserviceaccount\.com$|^\d+@cloudbuild\.gserviceaccount\.com$/.test(
    email,
  );
}

/** `gcpServiceAccountId` would take the domain of Google's own project for the scope. */
function unknownAgentProject(email: string): string | undefined {
  return isServiceAgent(email) ? '' : undefined;
}

export function isoTime(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

export function namedParts(
  name: string,
): { readonly project: string | undefined; readonly account: string; readonly key: string | undefined } | undefined {
  const groups = SERVICE_ACCOUNT_NAME.exec(name)?.groups;
  if (groups?.account === undefined) return undefined;
  const project = groups.project === '-' ? undefined : groups.project;
  return { project, account: groups.account.replace('%40', '@'), key: groups.key };
}
