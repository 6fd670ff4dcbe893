import type { Platform } from '../contracts/check.ts';
import type { Location } from '../contracts/index.ts';
import type { MapValue, Value, Where } from './value.ts';
import { entryAt, locationOf } from './value.ts';

/** Something that code, a plan or a state declares, under the type names of Terraform's providers. */
export interface Resource {
  readonly mode: 'managed' | 'data' | 'ephemeral' | 'provider';
  /** `aws_iam_role` */
  readonly type: string;
  /** `aws_iam_role.deploy`, `module.ci.aws_iam_role.deploy["a"]`, as the tool writes it. */
  readonly address: string;
  readonly body: MapValue;
  /** Its head. */
  readonly where: Where;
  /** AWS account of its provider, where the code says it. */
  readonly account?: string;
  /** Made only if a setting says so that is not known. */
  readonly isConditional?: true;
}

/** What is declared together: a module's directory, a state, a template. */
export interface Stack {
  readonly platform: Extract<Platform, 'terraform' | 'cloudformation' | 'pulumi'>;
  /** Where it is: `harbour/shop/infra`; names what has no name of its own. */
  readonly home: string;
  /** Code says what is to be; state what is; a plan what is about to be. */
  readonly origin: 'source' | 'plan' | 'state';
  readonly resources: readonly Resource[];
  /** What a reference leads to, by its address without index. */
  find(address: string): readonly Resource[];
}

export function attribute(resource: Resource, ...path: readonly string[]): Value | undefined {
  return entryAt(resource.body, ...path);
}

/** Where an attribute stands; the resource's head where it has none. */
export function placeOf(resource: Resource, value?: Value): Location {
  return { ...locationOf(value?.where ?? resource.where), pointer: value?.where.pointer ?? resource.address };
}

/** Stands for the name of a resource that has none in the code; braces are in no name that a cloud allows. */
export function standIn(address: string): string {
  return `{${address.replaceAll('/', '|')}}`;
}

const STAND_IN = /^\{(?<address>[^{}]+)\}$/;

/**
 * The name for an identity id: as it is; for one that only its address names, `harbour/shop/infra#aws_iam_role.deploy`,
 * which is the same in each scan and in no other stack.
 */
export function localName(name: string, home: string): { readonly name: string; readonly isSymbolic: boolean } {
  const address = STAND_IN.exec(name)?.groups?.address;
  if (address === undefined) return { name, isSymbolic: false };
  return { name: `${home}#${address.replaceAll('|', '/')}`, isSymbolic: true };
}
