import type { Observation } from '../../src/contracts/index.ts';
import { accountRows, agentRows } from './accounts.ts';
import type { Answers } from './answers.ts';
import { appRows, grantRows } from './apps.ts';
import { secretRows } from './credentials.ts';
import { usageRows } from './log.ts';
import type { Telling } from './telling.ts';
import { tokenRows } from './tokens.ts';
import { userRows } from './users.ts';

/** The observations of some answers; `telling.world` may know more than they do. */
export function* rowsOf(answers: Answers, telling: Telling): Generator<Observation> {
  yield* tokenRows(answers, telling);
  yield* appRows(answers, telling);
  yield* secretRows(answers, telling);
  yield* grantRows(answers, telling);
  yield* userRows(answers, telling);
  yield* accountRows(answers, telling);
  yield* agentRows(answers, telling);
  yield* usageRows(answers, telling);
}
