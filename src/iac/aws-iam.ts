import type { Location } from '../contracts/index.ts';
import {
  type DeclaredDocument,
  type DeclaredEstate,
  type DeclaredManagedPolicy,
  type DeclaredPrincipal,
  OWN_ACCOUNT,
} from '../iam/declared.ts';
import { computed } from './computed.ts';
import { attribute, localName, placeOf, type Resource, type Stack, standIn } from './resource.ts';
import { blocks, entry, items, known, plainOf, type Value } from './value.ts';

export interface AwsIam {
  readonly estate: DeclaredEstate;
  /** Files that have a part in a principal: what it is, what it is given, what that says. */
  readonly files: ReadonlyMap<DeclaredPrincipal, ReadonlySet<string>>;
}

interface Holder {
  readonly type: 'role' | 'user' | 'group';
  readonly name: string;
  readonly account?: string;
  readonly resource: Resource;
  isDeclared: boolean;
  readonly inline: (DeclaredDocument & { readonly name: string })[];
  readonly attached: { readonly arn: string; readonly at: Location }[];
  readonly groups: string[];
  boundary?: string;
  onInstances?: boolean;
  readonly files: Set<string>;
}

/** Users, roles, groups and policies of a stack, joined as the provider will join them. */
export function readAwsIam(stack: Stack): AwsIam | undefined {
  const holders = new Map<string, Holder>();
  const managed = new Map<string, DeclaredManagedPolicy & { readonly file: string }>();
  const resources = stack.resources.filter(({ type, mode }) => type.startsWith('aws_iam_') && mode !== 'ephemeral');
  if (resources.length === 0) return undefined;
  for (const resource of resources) {
    const type = /^aws_iam_(?<type>role|user|group)$/.exec(resource.type)?.groups?.type as Holder['type'] | undefined;
    if (type !== undefined && resource.mode === 'managed') addHolder(holders, type, resource, stack);
    if (resource.type === 'aws_iam_policy') addManaged(managed, resource);
  }
  for (const resource of resources) if (resource.mode === 'managed') attach(resource, holders, stack);

  const files = new Map<DeclaredPrincipal, ReadonlySet<string>>();
  const principals: DeclaredPrincipal[] = [];
  for (const holder of holders.values()) {
    if (holder.type === 'group') continue;
    const principal = principalOf(holder);
    principals.push(principal);
    for (const { arn } of holder.attached) {
      const policy = managed.get(arn);
      if (policy !== undefined) holder.files.add(policy.file);
    }
    files.set(principal, holder.files);
  }
  const groups = [...holders.values()].filter((holder) => holder.type === 'group');
  return {
    estate: {
      principals,
      groups,
      managed: [...managed.values()],
      localName: (name) => localName(name, stack.home),
      platform: stack.platform,
    },
    files,
  };
}

function addHolder(holders: Map<string, Holder>, type: Holder['type'], resource: Resource, stack: Stack): void {
  const holder = holderNamed(holders, type, nameOf(resource), resource);
  holder.isDeclared = true;
  holder.files.add(resource.where.source.path);
  const boundary = arnIn(attribute(resource, 'permissions_boundary'), stack);
  if (boundary !== undefined) holder.boundary = boundary;
  for (const value of items(attribute(resource, 'managed_policy_arns')))
    add(holder, arnIn(value, stack), placeOf(resource, value));
  for (const block of blocks(attribute(resource, 'inline_policy'))) {
    const document = documentOf(entry(block, 'policy'), resource);
    if (document !== undefined)
      holder.inline.push({ name: known(plainName(entry(block, 'name'))) ?? 'inline_policy', ...document });
  }
}

function holderNamed(holders: Map<string, Holder>, type: Holder['type'], name: string, resource: Resource): Holder {
  const key = `${type} ${resource.account ?? ''} ${name}`;
  let holder = holders.get(key);
  if (holder === undefined) {
    const account = resource.account === undefined ? {} : { account: resource.account };
    holder = { type, name, ...account, resource, isDeclared: false, inline: [], attached: [], groups: [], files: new Set() };
    holders.set(key, holder);
  }
  return holder;
}

function addManaged(managed: Map<string, DeclaredManagedPolicy & { readonly file: string }>, resource: Resource): void {
  const arn = known(attribute(resource, 'arn')) ?? computed(resource, 'arn', (name) => plainName(attribute(resource, name)));
  const document = documentOf(attribute(resource, 'policy'), resource);
  if (arn === undefined || document === undefined) return;
  managed.set(arn, { arn, ...document, file: resource.where.source.path });
}

/** Attachments and inline policies, by whom they name. */
function attach(resource: Resource, holders: Map<string, Holder>, stack: Stack): void {
  const kind =
    /^aws_iam_(?<holder>role|user|group)_(?<what>policy|policies|policy_attachment|policy_attachments_exclusive|policies_exclusive)$/.exec(
      resource.type,
    )?.groups;
  const give = (type: Holder['type'], value: Value | undefined, then: (holder: Holder) => void) => {
    for (const one of items(value)) {
      const name = nameIn(one, type, stack);
      if (name === undefined) continue;
      const holder = holderNamed(holders, type, name, resource);
      holder.files.add(resource.where.source.path);
      then(holder);
    }
  };
  if (kind !== undefined) {
    const type = kind.holder as Holder['type'];
    const holderValue = attribute(resource, type) ?? attribute(resource, `${type}_name`);
    give(type, holderValue, (holder) => {
      if (kind.what === 'policy') {
        const document = documentOf(attribute(resource, 'policy'), resource);
        if (document !== undefined)
          holder.inline.push({ name: known(plainName(attribute(resource, 'name'))) ?? resource.address, ...document });
      } else {
        for (const value of [...items(attribute(resource, 'policy_arn')), ...items(attribute(resource, 'policy_arns'))])
          add(holder, arnIn(value, stack), placeOf(resource, value));
      }
    });
  } else if (resource.type === 'aws_iam_policy_attachment') {
    const arn = arnIn(attribute(resource, 'policy_arn'), stack);
    for (const type of ['role', 'user', 'group'] as const)
      give(type, attribute(resource, `${type}s`), (holder) => add(holder, arn, placeOf(resource)));
  } else if (resource.type === 'aws_iam_user_group_membership' || resource.type === 'aws_iam_group_membership') {
    const plural = resource.type === 'aws_iam_group_membership';
    const groups = items(attribute(resource, plural ? 'group' : 'groups')).flatMap((one) => nameIn(one, 'group', stack) ?? []);
    give('user', attribute(resource, plural ? 'users' : 'user'), (holder) => holder.groups.push(...groups));
  } else if (resource.type === 'aws_iam_instance_profile') {
    give('role', attribute(resource, 'role'), (holder) => {
      holder.onInstances = true;
    });
  }
}

function add(holder: Holder, arn: string | undefined, at: Location): void {
  if (arn !== undefined && !holder.attached.some((one) => one.arn === arn)) holder.attached.push({ arn, at });
}

function principalOf(holder: Holder): DeclaredPrincipal {
  const { resource, type, isDeclared } = holder;
  const trust = isDeclared && type === 'role' ? documentOf(attribute(resource, 'assume_role_policy'), resource) : undefined;
  const own = (name: string) => (isDeclared ? known(attribute(resource, name)) : undefined);
  const createdAt = isoTime(own('create_date'));
  const uniqueId = own('unique_id');
  return {
    type: type === 'user' ? 'user' : 'role',
    name: holder.name,
    ...(holder.account === undefined ? {} : { account: holder.account }),
    tags: isDeclared ? tagsOfResource(resource) : {},
    inline: holder.inline,
    attached: holder.attached,
    groups: holder.groups,
    ...(holder.boundary === undefined ? {} : { boundary: holder.boundary }),
    ...(trust === undefined ? {} : { trust }),
    ...(holder.onInstances === true ? { onInstances: true } : {}),
    isDeclared,
    address: resource.address,
    at: placeOf(resource),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(uniqueId === undefined ? {} : { uniqueId }),
  };
}

/** Those of the provider, and its own before them. */
function tagsOfResource(resource: Resource): { readonly [key: string]: string } {
  const own = tagsOf(attribute(resource, 'tags_all')) ?? tagsOf(attribute(resource, 'tags'));
  return { ...tagsOf(attribute(resource, '@tags')), ...own };
}

function tagsOf(value: Value | undefined): { readonly [key: string]: string } | undefined {
  if (value?.kind !== 'map') return undefined;
  return Object.fromEntries(value.entries.flatMap(({ key, value: inner }) => (inner.kind === 'text' ? [[key, inner.text]] : [])));
}

/** The name of a role or user; a stand-in where the code leaves it open. */
export function nameOf(resource: Resource): string {
  return known(plainName(attribute(resource, 'name'))) ?? standIn(resource.address);
}

/** A name that is put together of what is not known names nothing. */
function plainName(value: Value | undefined): Value | undefined {
  return value?.kind === 'text' && value.isSymbolic !== true && value.text !== '' ? value : undefined;
}

/** The name that a reference to a holder means: a name, an ARN, or the resource that it leads to. */
export function nameIn(value: Value | undefined, type: string, stack: Stack): string | undefined {
  const text = known(value);
  if (text !== undefined) return text.startsWith('arn:') ? text.split('/').at(-1) : text === '' ? undefined : text;
  return value?.kind === 'unknown' ? resourceIn(value.references, `aws_iam_${type}`, stack) : undefined;
}

function resourceIn(references: readonly string[], type: string, stack: Stack): string | undefined {
  for (const reference of references) {
    const [first] = stack.find(reference);
    if (first?.type === type) return nameOf(first);
  }
  return undefined;
}

function arnIn(value: Value | undefined, stack: Stack): string | undefined {
  const text = known(value);
  if (text !== undefined) return text === '' ? undefined : text;
  if (value?.kind !== 'unknown') return undefined;
  for (const reference of value.references) {
    const [first] = stack.find(reference);
    if (first?.type === 'aws_iam_policy') return computed(first, 'arn', (name) => plainName(attribute(first, name)));
  }
  return value.text;
}

/** A policy as its JSON, with the places of its statements. */
export function documentOf(value: Value | undefined, resource: Resource): DeclaredDocument | undefined {
  if (value === undefined) return undefined;
  const here = placeOf(resource, value);
  if (value.kind === 'text' || value.kind === 'unknown') {
    if (!value.text.trimStart().startsWith('{')) return undefined;
    return { document: settled(parsed(value.text)), place: () => here };
  }
  const statements = items(entry(value, 'Statement'));
  const place = (number: number): Location => {
    const statement = statements[number - 1];
    return statement === undefined ? here : { ...placeOf(resource, statement), pointer: resource.address };
  };
  return { document: settled(plainOf(value)), place };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const PROVIDER = /^arn:|^(?:cognito-identity\.amazonaws\.com|accounts\.google\.com|graph\.facebook\.com|www\.amazon\.com)$/;

/**
 * What is known of a document: statements whose effect or actions hang on a variable say nothing yet. A provider that
 * another module makes has no ARN here; the claims that are tested say which issuer it is.
 */
function settled(document: unknown): unknown {
  if (!isRecord(document)) return document;
  const { Statement: raw } = document;
  const statements = (Array.isArray(raw) ? raw.flat() : raw === undefined ? [] : [raw]).filter(isSettled);
  for (const statement of statements) {
    if (!isRecord(statement.Principal)) continue;
    const { Federated: federated } = statement.Principal;
    const all = Array.isArray(federated) ? federated : federated === undefined ? [] : [federated];
    if (all.every((one) => typeof one === 'string' && PROVIDER.test(one))) continue;
    const issuer = issuerIn(statement.Condition);
    if (issuer === undefined) continue;
    statement.Principal.Federated = all.map((one) =>
      typeof one === 'string' && PROVIDER.test(one) ? one : `arn:aws:iam::${OWN_ACCOUNT}:oidc-provider/${issuer}`,
    );
  }
  return { ...document, Statement: statements };
}

const LISTS = ['Action', 'NotAction', 'Resource', 'NotResource'] as const;

function isSettled(statement: unknown): statement is { [key: string]: unknown } {
  if (!isRecord(statement) || (statement.Effect !== 'Allow' && statement.Effect !== 'Deny')) return false;
  for (const key of LISTS) {
    const value = statement[key];
    if (Array.isArray(value)) statement[key] = value.flat(3).filter((one) => typeof one === 'string');
  }
  if (typeof statement.Sid !== 'string') delete statement.Sid;
  const { Condition: condition } = statement;
  if (condition !== undefined && !isRecord(condition)) return false;
  return statement.Principal === undefined || typeof statement.Principal === 'string' || isRecord(statement.Principal);
}

function issuerIn(condition: unknown): string | undefined {
  if (!isRecord(condition)) return undefined;
  for (const tests of Object.values(condition)) {
    for (const key of isRecord(tests) ? Object.keys(tests) : []) {
      const issuer = /^(?<issuer>.+):(?:sub|aud)$/s.exec(key)?.groups?.issuer;
      if (issuer !== undefined) return issuer;
    }
  }
  return undefined;
}

function isRecord(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isoTime(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
