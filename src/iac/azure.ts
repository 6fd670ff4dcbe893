import { entraAppId, entraObjectId, type IdentityId, type Observation } from '../contracts/index.ts';
import { isoTime } from './aws-iam.ts';
import { factRow } from './fact.ts';
import { attribute, localName, placeOf, type Resource, type Stack, standIn } from './resource.ts';
import { items, known, type Value, written } from './value.ts';

const APPLICATION = /^azuread_(?:application|application_registration|service_principal)$/;

/** Applications, managed identities, their secrets, who may become them, and roles at Azure's scopes. */
export function* azureRows(resource: Resource, stack: Stack, now: Date): Generator<Observation> {
  if (resource.mode !== 'managed') return;
  const { type } = resource;
  if (APPLICATION.test(type) && type !== 'azuread_service_principal') yield identityRow(resource, stack, 'app');
  else if (type === 'azurerm_user_assigned_identity') yield identityRow(resource, stack, 'managed-identity');
  // A state knows both ids of a service principal, and roles name it by the other one.
  else if (type === 'azuread_service_principal' && guidIn(resource, 'object_id') !== undefined)
    yield identityRow(resource, stack, 'service-principal');
  else if (/^azuread_(?:application|service_principal)_(?:password|certificate)$/.test(type))
    yield secretRow(resource, stack, now);
  else if (
    type === 'azuread_application_federated_identity_credential' ||
    type === 'azuread_application_flexible_federated_identity_credential'
  ) {
    yield federationRow(resource, stack, ['application_id', 'application_object_id']);
  } else if (type === 'azurerm_federated_identity_credential')
    yield federationRow(resource, stack, ['parent_id', 'user_assigned_identity_id']);
  else if (type === 'azurerm_role_assignment') yield* roleRows(resource, stack);
  else if (type === 'azurerm_container_registry') {
    const enabled = known(attribute(resource, 'admin_enabled')) === 'true';
    if (enabled)
      yield factRow(stack, resource, 'admin-account', {
        how: 'password',
        at: placeOf(resource, attribute(resource, 'admin_enabled')),
      });
  } else if (type === 'azuredevops_serviceendpoint_azurerm') {
    const scheme = known(attribute(resource, 'service_endpoint_authentication_scheme')) ?? 'ServicePrincipal';
    const name = written(attribute(resource, 'service_endpoint_name'));
    yield factRow(stack, resource, 'service-connection', {
      secretName: name,
      how: scheme === 'ServicePrincipal' ? 'static-key' : 'oidc',
      detail: { scheme },
    });
  }
}

function identityRow(resource: Resource, stack: Stack, kind: 'app' | 'service-principal' | 'managed-identity'): Observation {
  const objectId = guidIn(resource, 'object_id') ?? guidIn(resource, 'principal_id');
  const name = known(attribute(resource, 'display_name')) ?? known(attribute(resource, 'name')) ?? resource.address;
  return {
    kind: 'identity',
    id: ownId(resource, stack),
    provider: 'entra',
    type: kind,
    name,
    at: placeOf(resource),
    detail: {
      platform: stack.platform,
      address: resource.address,
      ...(known(attribute(resource, 'client_id')) === undefined ? { symbolic: true } : {}),
      ...(objectId === undefined ? {} : { objectId }),
    },
  };
}

/** Code knows no client id; a state does. Applications and managed identities have ids of one form. */
function ownId(resource: Resource, stack: Stack): IdentityId {
  const clientId = guidIn(resource, 'client_id') ?? guidIn(resource, 'application_id');
  return entraAppId(undefined, clientId ?? localName(standIn(resource.address), stack.home).name);
}

function guidIn(resource: Resource, name: string): string | undefined {
  const text = known(attribute(resource, name));
  return text !== undefined && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined;
}

/** The application or identity that a reference leads to. */
function idIn(value: Value | undefined, stack: Stack): IdentityId | undefined {
  const text = known(value);
  const references =
    value?.kind === 'unknown' ? value.references : text?.startsWith('{') === true ? [text.slice(1, -1).replaceAll('|', '/')] : [];
  for (const one of references.flatMap((reference) => stack.find(reference))) {
    if (one.type === 'azuread_service_principal') {
      const application = idIn(attribute(one, 'client_id') ?? attribute(one, 'application_id'), stack);
      return application ?? ownId(one, stack);
    }
    if (APPLICATION.test(one.type)) return ownId(one, stack);
    if (one.type === 'azurerm_user_assigned_identity') return ownId(one, stack);
  }
  const guid = /[0-9a-f]{8}-[0-9a-f-]{27}$/i.exec(text ?? '')?.[0];
  // Which of its ids it is, an inventory tells: the client id and the object id both lead to the application there.
  return guid === undefined ? undefined : entraObjectId(undefined, guid);
}

/** Days that a secret lives, where the code says it; Entra's own default is two years. */
function secretRow(resource: Resource, stack: Stack, now: Date): Observation {
  const identity = idIn(
    attribute(resource, 'application_id') ??
      attribute(resource, 'application_object_id') ??
      attribute(resource, 'service_principal_id'),
    stack,
  );
  const end = attribute(resource, 'end_date');
  const relative = known(attribute(resource, 'end_date_relative'));
  const until = isoTime(known(end));
  const hours = /^(?<hours>\d+)h/.exec(relative ?? '')?.groups?.hours;
  const days =
    hours !== undefined
      ? Math.round(Number(hours) / 24)
      : until === undefined
        ? undefined
        : Math.round((Date.parse(until) - now.getTime()) / 86_400_000);
  const isCertificate = resource.type.endsWith('_certificate');
  const isRotated = items(attribute(resource, 'rotate_when_changed')).length > 0;
  return factRow(stack, resource, 'declared-key', {
    identity,
    how: 'static-key',
    detail: {
      cloud: 'azure',
      keyType: isCertificate ? 'certificate' : 'client-secret',
      ...(days === undefined ? {} : { days }),
      ...(end === undefined && relative === undefined ? { noEnd: true } : {}),
      ...(end?.kind === 'unknown' ? { endUnknown: true } : {}),
      ...(isRotated ? { rotated: true } : {}),
    },
  });
}

function federationRow(resource: Resource, stack: Stack, parents: readonly string[]): Observation {
  const parent = parents.map((name) => attribute(resource, name)).find((value) => value !== undefined);
  const issuer = written(attribute(resource, 'issuer'))
    ?.replace(/^https:\/\//, '')
    .replace(/\/$/, '');
  const subject = written(attribute(resource, 'subject')) ?? written(attribute(resource, 'claims_matching_expression'));
  const audience = items(attribute(resource, 'audiences') ?? attribute(resource, 'audience')).flatMap(
    (one) => written(one) ?? [],
  );
  const value = attribute(resource, 'subject') ?? attribute(resource, 'claims_matching_expression');
  return {
    kind: 'trust',
    identity: idIn(parent, stack) ?? entraAppId(undefined, localName(standIn(resource.address), stack.home).name),
    effect: 'allow',
    principal: issuer ?? 'unknown',
    principalType: 'oidc',
    ...(issuer === undefined ? {} : { issuer }),
    ...(subject === undefined ? {} : { subject }),
    ...(audience.length === 0 ? {} : { audience: audience.join(',') }),
    at: { ...placeOf(resource, value), pointer: resource.address },
    detail: { platform: stack.platform, address: resource.address },
  };
}

/** https://learn.microsoft.com/en-us/azure/role-based-access-control/built-in-roles */
const CAPABILITIES: { readonly [role: string]: readonly string[] } = {
  Owner: ['admin', 'manages-identities', 'reads-data', 'writes-data'],
  Contributor: ['admin', 'reads-data', 'writes-data'],
  'User Access Administrator': ['escalates'],
  'Role Based Access Control Administrator': ['escalates'],
  'Managed Identity Operator': ['impersonates'],
  'Key Vault Administrator': ['reads-secrets'],
  'Key Vault Secrets Officer': ['reads-secrets'],
  'Key Vault Secrets User': ['reads-secrets'],
  'Storage Blob Data Owner': ['reads-data', 'writes-data'],
  'Storage Blob Data Contributor': ['reads-data', 'writes-data'],
  'Storage Blob Data Reader': ['reads-data'],
};

function* roleRows(resource: Resource, stack: Stack): Generator<Observation> {
  const identity = idIn(attribute(resource, 'principal_id'), stack);
  const role = known(attribute(resource, 'role_definition_name'));
  if (identity === undefined || role === undefined) return;
  const scopeValue = attribute(resource, 'scope');
  const scope = scopeText(scopeValue);
  const isWide = /^\/subscriptions\/[^/]+$|managementGroups\/[^/]+$|^\/$/.test(scope);
  const at = placeOf(resource);
  const row = {
    kind: 'grant',
    identity,
    effect: 'allow',
    permission: role,
    resource: scope,
    via: role,
    viaKind: 'binding',
    at,
  } as const;
  yield row;
  for (const capability of CAPABILITIES[role] ?? []) {
    // At a resource group or below, Owner rules only that.
    if (!isWide && (capability === 'admin' || capability === 'escalates')) continue;
    yield { ...row, capability, confidence: 'high', detail: { path: `${role} on ${scope}` } };
  }
}

function scopeText(value: Value | undefined): string {
  const text = written(value) ?? '-';
  if (value?.kind !== 'unknown') return text;
  const [reference = ''] = value.references;
  if (/azurerm_subscription\./.test(reference)) return '/subscriptions/-';
  return /azurerm_management_group\./.test(reference) ? '/providers/Microsoft.Management/managementGroups/-' : text;
}
