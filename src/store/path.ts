import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, StoreError } from '../util/errors.ts';

/** Says what is wrong with the path of a store before anything is made there. Throws `StoreError`. */
export function checkStorePath(file: string, mode: 'write' | 'read'): void {
  if (mode === 'read' && !existsSync(file)) {
    throw new StoreError(`There is no store at ${file}`, {
      code: 'STORE_MISSING',
      hint: 'Make one first: nhi-audit scan --store FILE',
    });
  }
  if (existsSync(file) && !statSync(file).isFile()) {
    throw new StoreError(`${file} is not a file`, { code: 'STORE_PATH', hint: 'Give --store the path of a file.' });
  }
  if (mode === 'write' && !existsSync(dirname(file))) {
    throw new StoreError(`The directory of the store does not exist: ${dirname(file)}`, {
      code: 'STORE_PATH',
      hint: 'Make the directory, or name another file with --store.',
    });
  }
  if (mode === 'write') assertWritable(file);
}

function assertWritable(file: string): void {
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    throw new StoreError(`The store ${file} cannot be written: ${messageOf(error)}`, {
      code: 'STORE_PATH',
      hint: 'Check the permissions, or name another file with --store.',
      cause: error,
    });
  }
}
