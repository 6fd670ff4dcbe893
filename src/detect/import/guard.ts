import { createContext, Script } from 'node:vm';
import { codeOf } from '../../util/errors.ts';

const script = new Script('work()');
let room: { work?: () => void } | undefined;

/**
 * Runs `work` for so many milliseconds at most; false when it was ended. A regex that backtracks for ever cannot be ended
 * from JavaScript otherwise: what runs below a script with a time limit can.
 */
export function runFor(milliseconds: number, work: () => void): boolean {
  room ??= createContext({}) as { work?: () => void };
  room.work = work;
  try {
    script.runInContext(room, { timeout: Math.max(1, Math.ceil(milliseconds)) });
    return true;
  } catch (error) {
    if (codeOf(error) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  } finally {
    delete room.work;
  }
}
