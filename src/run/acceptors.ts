import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PathTarget, Target } from '../contracts/index.ts';
import type { Pack } from '../detect/pack.ts';
import type { Acceptors } from '../suppress/accept.ts';
import type { IgnoreEntry } from '../suppress/ignore-file.ts';
import { shownPath } from '../util/shown-path.ts';
import type { ScanRequest } from './request.ts';

/** Read where the command runs, like the configuration. */
export const EXCEPTIONS_FILE = 'nhi-audit.exceptions.yml';

/**
 * Reads whatever may accept a finding of this run: ignore files at the top of each repository, a foreign baseline, and the
 * exceptions. Throws `ConfigError` for one that is broken: an exception that is not understood must not pass in silence.
 */
export async function readAcceptors(
  request: ScanRequest,
  targets: readonly Target[],
  key: Uint8Array,
  pack: Pack,
  isKeyKept: boolean,
): Promise<Omit<Acceptors, 'mask'>> {
  const { config, crawl, runtime } = request;
  const directory = request.home ?? request.directory;
  const isOff = request.exceptions === false;
  const ignored = new Map<string, readonly IgnoreEntry[]>();
  let ignoredIn: Acceptors['ignoredIn'];
  if (!isOff && config.accept.ignoreFiles) {
    const { readIgnoreFiles } = await import('../suppress/ignore-file.ts');
    const read = (directory: string, below: string): readonly IgnoreEntry[] => {
      const { entries, malformed } = readIgnoreFiles(directory, below);
      if (malformed.length > 0) {
        runtime.log.warn(
          'Lines of an ignore file are not understood (file:rule:line or commit:file:rule:line): they accept nothing',
          {
            lines: malformed.slice(0, 10).join(', '),
          },
        );
      }
      return entries;
    };
    const directories = targets.filter((target): target is PathTarget => target.kind === 'path' && target.isDirectory);
    for (const { name, path } of directories) {
      const entries = read(path, '');
      if (entries.length > 0) ignored.set(name, entries);
    }
    ignoredIn = (name, below) => {
      const target = directories.find((directory) => directory.name === name);
      return target === undefined ? [] : read(join(target.path, below), below);
    };
  }
  const foreign = request.baseline?.foreign;
  const known = foreign === undefined ? [] : (await import('../suppress/known.ts')).readKnown(foreign.value, foreign.file, key);
  return {
    comments: !isOff && config.accept.comments,
    ignored,
    ...(ignoredIn === undefined ? {} : { ignoredIn }),
    known: known ?? [],
    exceptions: isOff ? [] : await exceptionsOf(request, directory),
    isKeyKept,
    detectors: new Set(pack.detectors.map((detector) => detector.id)),
    isWholeLook:
      request.stdin === undefined &&
      !crawl.staged &&
      crawl.diff === undefined &&
      crawl.history &&
      crawl.since === undefined &&
      request.only.length === 0,
  };
}

async function exceptionsOf(request: ScanRequest, directory: string): Promise<Acceptors['exceptions']> {
  const named = typeof request.exceptions === 'string' ? request.exceptions : request.config.accept.exceptions;
  const file = named ?? join(directory, EXCEPTIONS_FILE);
  if (named === undefined && !existsSync(file)) return [];
  const { readExceptions } = await import('../suppress/exceptions.ts');
  return readExceptions(file, request.runtime.clock(), named !== undefined, shownPath(file, directory));
}
