import type { ObservationKind } from '../contracts/observation.ts';

/** Where observations of each kind are: the table of that name in the schema `obs` has every row, the view the current run's, merged. */
export const TABLE_OF: { readonly [kind in ObservationKind]: string } = {
  identity: 'identities',
  credential: 'credentials',
  sighting: 'sightings',
  grant: 'grants',
  trust: 'trusts',
  consumer: 'consumers',
  usage: 'usages',
  person: 'people',
  policy: 'policies',
  coverage: 'coverage',
};
