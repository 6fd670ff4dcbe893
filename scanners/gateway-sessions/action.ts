import type { UsageObservation } from '../../src/contracts/index.ts';

export type Action = NonNullable<UsageObservation['action']>;

/** Mild to grave: a script is as grave as its gravest statement; one we cannot read outweighs a read. */
const GRAVITY: readonly Action[] = ['connect', 'read', 'unknown', 'write', 'ddl', 'privilege', 'admin'];

export function gravest(actions: Iterable<Action>): Action {
  let worst: Action = 'connect';
  for (const action of actions) if (isGraver(action, worst)) worst = action;
  return worst;
}

export function isGraver(action: Action, than: Action): boolean {
  return GRAVITY.indexOf(action) > GRAVITY.indexOf(than);
}
