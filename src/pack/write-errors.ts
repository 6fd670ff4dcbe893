import { ConfigError, codeOf, messageOf, OutputError } from '../util/errors.ts';

/** What could not be written, in words; what is no fault of a disk or a path is thrown on as it is. */
export function notWritten(file: string, error: unknown): unknown {
  if (['ENOSPC', 'EDQUOT', 'EIO', 'EFBIG'].includes(codeOf(error) ?? '')) {
    return new OutputError(`The pack ${file} could not be written: ${messageOf(error)}`, {
      code: 'OUTPUT_FAILED',
      hint: 'Free some space and run again; what stood there before is unchanged.',
      cause: error,
    });
  }
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  return new OutputError(`The pack ${file} cannot be written: ${messageOf(error)}`, {
    code: 'OUTPUT_PATH',
    hint: 'Check the path given with -o; what stood there before is unchanged.',
    cause: error,
  });
}

export function taken(file: string, why: string): ConfigError {
  return new ConfigError(`${file} is not written: ${why}`, {
    code: 'OUTPUT_TAKEN',
    hint: 'Name another place with -o. Evidence is not written over.',
  });
}
