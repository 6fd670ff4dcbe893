import type { Framework } from '../contracts/framework.ts';

/** `framework:control` of what a catalogue's `supports` or `partial` names: bare ids are those of the catalogue it is mapped from. */
export function refIn({ id, mapping }: Pick<Framework, 'id' | 'mapping'>, named: string): string {
  const from = mapping?.from ?? id;
  // `NHI2:2025` has a colon of its own; catalogues' ids are in lower case, controls' are not.
  return /^[a-z][a-z0-9.-]*:/.test(named) ? named : `${from}:${named}`;
}
