import { spire } from '../../../scanners/spire/index.ts';
import type { FileHead, Observation, SourceFile } from '../../../src/contracts/index.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';

export function fileOf(text: string, path = 'exports/spire-entries.json'): SourceFile {
  return { path, bytes: Buffer.from(text), text: () => text, at: { path }, place: 'file' };
}

export function headOf(text: string, path = 'exports/spire-entries.json'): FileHead {
  return { path, size: Buffer.byteLength(text), head: () => text.slice(0, 4096) };
}

export function scanText(text: string, path?: string): Promise<Observation[]> {
  return collect(spire.scan(fileOf(text, path), testContext()));
}

export function scanJson(value: unknown): Promise<Observation[]> {
  return scanText(JSON.stringify(value, null, 2));
}

export const AGENT_PATH = '/spire/agent/k8s_psat/prod-eu/5f1c';

/** An entry as `spire-server entry show -output json` prints it. */
export function entry(more: object = {}): object {
  return {
    id: '00000000-0000-4000-8000-000000000001',
    spiffe_id: { trust_domain: 'harbour.example', path: '/ns/shop/sa/api' },
    parent_id: { trust_domain: 'harbour.example', path: AGENT_PATH },
    selectors: [
      { type: 'k8s', value: 'ns:shop' },
      { type: 'k8s', value: 'sa:api' },
    ],
    x509_svid_ttl: 0,
    federates_with: [],
    admin: false,
    downstream: false,
    expires_at: '0',
    dns_names: [],
    revision_number: '0',
    store_svid: false,
    jwt_svid_ttl: 0,
    hint: '',
    created_at: '1735689600',
    ...more,
  };
}

export function page(...entries: object[]): object {
  return { entries, next_page_token: '' };
}

export function agent(more: object = {}): object {
  return {
    id: { trust_domain: 'harbour.example', path: AGENT_PATH },
    attestation_type: 'k8s_psat',
    x509svid_serial_number: '277185212',
    x509svid_expires_at: '1780185600',
    selectors: [
      { type: 'k8s_psat', value: 'cluster:prod-eu' },
      { type: 'k8s_psat', value: 'agent_ns:spire' },
      { type: 'k8s_psat', value: 'agent_sa:spire-agent' },
    ],
    banned: false,
    can_reattest: true,
    ...more,
  };
}

export const FEDERATION = {
  trust_domain: 'partner.example',
  bundle_endpoint_url: 'https://spire.partner.example:8443',
  https_spiffe: { endpoint_spiffe_id: 'spiffe://partner.example/spire/server' },
};
