import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../util/package-root.ts';
import { compilePattern, matches } from './pattern.ts';

/** As the service authorization reference classifies them. */
export type AccessLevel = 'List' | 'Read' | 'Write' | 'Permissions management' | 'Tagging';

const LEVELS = ['List', 'Read', 'Write', 'Permissions management', 'Tagging'] as const;
const Catalogue = z.object({ services: z.record(z.string(), z.partialRecord(z.enum(LEVELS), z.string())) });

export interface Action {
  /** `s3:GetObject` */
  readonly name: string;
  readonly level: AccessLevel;
}

/** What the action does, as AWS says; `undefined`: there is no such action. */
export function accessLevelOf(action: string): AccessLevel | undefined {
  const lower = action.toLowerCase();
  return actionsOf(serviceOf(lower)).get(lower)?.level;
}

/** Actions that a pattern of a policy stands for: `s3:Get*`, `*`. */
export function actionsMatching(pattern: string): readonly Action[] {
  const lower = pattern.toLowerCase();
  let found = expanded.get(lower);
  if (found === undefined) {
    found = expand(lower);
    expanded.set(lower, found);
  }
  return found;
}

const expanded = new Map<string, readonly Action[]>();

/** Does AWS have the action, or any that the pattern stands for? Of services that are not in the catalogue nobody knows. */
export function isKnownAction(pattern: string): boolean | undefined {
  const service = serviceOf(pattern.toLowerCase());
  if (!/[*?]/.test(service) && catalogue().services[service] === undefined) return undefined;
  return actionsMatching(pattern).length > 0;
}

function expand(pattern: string): Action[] {
  const service = serviceOf(pattern);
  const compiled = compilePattern(pattern);
  const names = /[*?]/.test(service) ? Object.keys(catalogue().services) : [service];
  return names.flatMap((name) => [...actionsOf(name)].filter(([lower]) => matches(compiled, lower)).map(([, action]) => action));
}

function serviceOf(action: string): string {
  return action.split(':', 1)[0] ?? action;
}

let loaded: z.infer<typeof Catalogue> | undefined;

/** 500 KB: read when first asked, and each service when it is. */
function catalogue(): z.infer<typeof Catalogue> {
  loaded ??= Catalogue.parse(JSON.parse(readFileSync(join(packageRoot(), 'rules', 'catalogs', 'aws-actions.json'), 'utf8')));
  return loaded;
}

const services = new Map<string, ReadonlyMap<string, Action>>();

function actionsOf(service: string): ReadonlyMap<string, Action> {
  let actions = services.get(service);
  if (actions === undefined) {
    const levels = Object.hasOwn(catalogue().services, service) ? catalogue().services[service] : undefined;
    actions = new Map(
      LEVELS.flatMap((level) => {
        const names = levels?.[level]?.split(' ') ?? [];
        return names.map((name) => [`${service}:${name.toLowerCase()}`, { name: `${service}:${name}`, level }] as const);
      }),
    );
    services.set(service, actions);
  }
  return actions;
}
