import type { Script } from 'node:vm';
import { codeOf } from '../../util/errors.ts';

let script: Script | undefined;
let room: { work?: () => void } | undefined;

/**
 * Runs `work` for so many milliseconds at most; false when it was ended. A regex that backtracks for ever cannot be ended
 * from JavaScript otherwise: what runs below a script with a time limit can.
 */
export function runFor(milliseconds: number, work: () => void): boolean {
  // Not loaded by the many runs that have no such rules.
  const vm = process.getBuiltinModule('node:vm');
  script ??= new vm.Script('work()');
  room ??= vm.createContext({}) as { work?: () => void };
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
