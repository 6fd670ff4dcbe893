import type { Entry } from './entry.ts';
import { EXISTING_PASSROLE } from './existing-passrole.ts';
import { NEW_PASSROLE } from './new-passrole.ts';
import { ARM, FREE, MAKE, TAKE_OVER } from './principal-access.ts';
import { SELF_ESCALATION } from './self-escalation.ts';

export type * from './entry.ts';
export { resourceShape } from './resources.ts';
export { ARM, EXISTING_PASSROLE, FREE, MAKE, NEW_PASSROLE, SELF_ESCALATION, TAKE_OVER };

export const CATALOGUE: readonly Entry[] = [
  ...SELF_ESCALATION,
  ...TAKE_OVER,
  ...ARM.flatMap((entry) => [...Object.values(entry.with ?? {}).map((id) => ({ ...entry, id })), entry]),
  ...FREE,
  ...MAKE,
  ...NEW_PASSROLE,
  ...EXISTING_PASSROLE,
];
