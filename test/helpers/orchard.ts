import { Framework } from '../../src/contracts/framework.ts';

/** The smallest catalogue that has a control of each kind: judged by checks, and by people. */
export const ORCHARD = Framework.parse({
  id: 'orchard',
  title: 'Orchard rules',
  version: '1',
  source: 'here',
  licence: 'free',
  controls: [
    { id: 'apple', title: 'Apples are ripe' },
    { id: 'pear', title: 'Pears are counted', assessment: 'manual' },
  ],
});
