import type { ServiceTarget } from '../../src/contracts/index.ts';
import { TargetError } from '../../src/util/errors.ts';

/** What a target names: one project, or all below a folder or organisation. */
export interface Scope {
  readonly level: 'projects' | 'folders' | 'organizations';
  readonly id: string;
  /** `projects/hc-prod`, `organizations/12`. */
  readonly name: string;
}

/** `gcp:hc-prod`, `gcp:projects/hc-prod`, `gcp:folders/12`, `gcp:organizations/34`. Throws `TargetError` for anything else. */
export function scopeOf(target: ServiceTarget): Scope {
  const parts = /^(?:(?<level>projects|folders|organizations)\/)?(?<id>[a-z0-9][a-z0-9.:-]*)$/.exec(target.address)?.groups;
  const { level = 'projects', id } = parts ?? {};
  if (id === undefined || (level !== 'projects' && !/^\d+$/.test(id))) {
    throw new TargetError(`"${target.name}" names no project, folder or organisation`, {
      code: 'TARGET_ADDRESS',
      hint: 'Write gcp:PROJECT, gcp:folders/NUMBER or gcp:organizations/NUMBER.',
    });
  }
  return { level: level as Scope['level'], id, name: `${level}/${id}` };
}
