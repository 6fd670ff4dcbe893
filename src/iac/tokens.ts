import { identityId, k8sServiceAccountId, type Observation } from '../contracts/index.ts';
import { isoTime } from './aws-iam.ts';
import { factRow } from './fact.ts';
import { attribute, type Resource, type Stack } from './resource.ts';
import { isTrue, known, written } from './value.ts';

const DAY = 86_400_000;

/** Signed addresses, tokens of clusters and clients of sign-in services: what opens something and has no resource for itself. */
export function* issuedTokenRows(resource: Resource, stack: Stack, now: Date): Generator<Observation> {
  const { type } = resource;
  if (/^azurerm_storage_account_(?:blob_container_)?sas$/.test(type)) yield storageSignature(resource, stack, now);
  else if (resource.mode !== 'managed') return;
  else if (/^kubernetes_token_request(?:_v1)?$/.test(type)) yield tokenRequest(resource, stack);
  else if (type === 'okta_app_oauth') yield* oktaClient(resource, stack);
}

/** A data source: made anew in each run, and signed with the key of the account, so that it ends only at its end. */
function storageSignature(resource: Resource, stack: Stack, now: Date): Observation {
  const end = isoTime(known(attribute(resource, 'expiry')));
  const account = written(attribute(resource, 'storage_account_name')) ?? resource.address;
  return factRow(stack, resource, 'service-token', {
    how: 'token',
    detail: {
      service: 'Azure Storage',
      title: account.includes('$') ? resource.address : account,
      scopes: [],
      ...(end === undefined ? {} : { days: Math.round((Date.parse(end) - now.getTime()) / DAY) }),
    },
  });
}

/** https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/resources/token_request_v1: an hour, if nothing is said. */
function tokenRequest(resource: Resource, stack: Stack): Observation {
  const name = known(attribute(resource, 'metadata', 'name'));
  const namespace = known(attribute(resource, 'metadata', 'namespace')) ?? 'default';
  const written = attribute(resource, 'spec', 'expiration_seconds');
  const seconds = written === undefined ? 3600 : Number(known(written) ?? Number.NaN);
  return factRow(stack, resource, 'service-token', {
    ...(name === undefined ? {} : { identity: k8sServiceAccountId(undefined, namespace, name) }),
    how: 'token',
    detail: {
      service: 'Kubernetes',
      title: name === undefined ? resource.address : `${namespace}/${name}`,
      scopes: [],
      ...(Number.isFinite(seconds) ? { days: Math.round(seconds / 86_400) } : {}),
    },
  });
}

/** A client that signs with a key of its own, or is public, has no secret. https://registry.terraform.io/providers/okta/okta/latest/docs/resources/app_oauth */
function* oktaClient(resource: Resource, stack: Stack): Generator<Observation> {
  const method = known(attribute(resource, 'token_endpoint_auth_method')) ?? 'client_secret_basic';
  if (!method.startsWith('client_secret') || isTrue(attribute(resource, 'omit_secret'))) return;
  if (known(attribute(resource, 'type')) === 'browser') return;
  const id = known(attribute(resource, 'client_id'));
  yield factRow(stack, resource, 'service-token', {
    ...(id === undefined ? {} : { identity: identityId('okta', undefined, `app/${id}`) }),
    how: 'static-key',
    detail: {
      service: 'Okta',
      kind: 'client secret',
      title: known(attribute(resource, 'label')) ?? resource.address,
      scopes: [],
      noEnd: true,
      endsNever: true,
    },
  });
}
