import { gcpIam } from '../../../scanners/gcp-iam/index.ts';
import type { FileHead, Observation, SourceFile } from '../../../src/contracts/index.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';

export const PROJECT = 'harbour-prod';
export const NUMBER = '123456789012';
export const ETL = `etl@${PROJECT}.iam.gserviceaccount.com`;
export const ETL_ID = `gcp:${PROJECT}:serviceAccount/${ETL}`;
export const KEY_ID = '0123456789abcdef0123456789abcdef01234567';

export function fileOf(text: string, path = 'exports/gcp.json'): SourceFile {
  return { path, bytes: Buffer.from(text), text: () => text, at: { path }, place: 'file' };
}

export function headOf(text: string, path = 'exports/gcp.json'): FileHead {
  return { path, size: Buffer.byteLength(text), head: () => text.slice(0, 4096) };
}

export function scanText(text: string, path?: string): Promise<Observation[]> {
  return collect(gcpIam.scan(fileOf(text, path), testContext()));
}

export function scanJson(value: unknown, path?: string): Promise<Observation[]> {
  return scanText(JSON.stringify(value, null, 2), path);
}

export function account(email = ETL, more: object = {}): object {
  return {
    displayName: 'ETL',
    email,
    etag: 'MDEwMjE5MjA=',
    name: `projects/${PROJECT}/serviceAccounts/${email}`,
    oauth2ClientId: '100000000000000000001',
    projectId: PROJECT,
    uniqueId: '100000000000000000001',
    ...more,
  };
}

export function key(id = KEY_ID, more: object = {}): object {
  return {
    keyAlgorithm: 'KEY_ALG_RSA_2048',
    keyOrigin: 'GOOGLE_PROVIDED',
    keyType: 'USER_MANAGED',
    name: `projects/${PROJECT}/serviceAccounts/${ETL}/keys/${id}`,
    validAfterTime: '2024-01-02T03:04:05Z',
    validBeforeTime: '9999-12-31T23:59:59Z',
    ...more,
  };
}

export function policy(...bindings: object[]): object {
  return { bindings, etag: 'BwYAAAAAAAA=', version: 1 };
}

export function bind(role: string, members: string | readonly string[], condition?: object): object {
  return { role, members: typeof members === 'string' ? [members] : members, ...(condition === undefined ? {} : { condition }) };
}

/** An item of `asset search-all-iam-policies`. */
export function found(resource: string, ...bindings: object[]): object {
  return {
    resource,
    assetType: 'cloudresourcemanager.googleapis.com/Project',
    project: `projects/${NUMBER}`,
    folders: ['folders/1'],
    organization: 'organizations/2',
    policy: { bindings },
  };
}

export const PROJECT_RESOURCE = `//cloudresourcemanager.googleapis.com/projects/${PROJECT}`;
export const ACCOUNT_RESOURCE = `//iam.googleapis.com/projects/${PROJECT}/serviceAccounts/${ETL}`;
