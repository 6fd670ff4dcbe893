import type { Entry } from './entry.ts';
import { EXISTING_PASSROLE } from './existing-passrole.ts';
import { NEW_PASSROLE } from './new-passrole.ts';
import { ARM, MAKE, TAKE_OVER } from './principal-access.ts';
import { SELF_ESCALATION } from './self-escalation.ts';

export type * from './entry.ts';
export { resourceShape } from './resources.ts';
export { ARM, EXISTING_PASSROLE, MAKE, NEW_PASSROLE, SELF_ESCALATION, TAKE_OVER };

export const CATALOGUE: readonly Entry[] = [
  ...SELF_ESCALATION,
  ...TAKE_OVER,
  ...ARM,
  ...MAKE,
  ...NEW_PASSROLE,
  ...EXISTING_PASSROLE,
];
