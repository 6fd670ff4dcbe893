import { join, resolve } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { AcceptanceUse, Report } from '../contracts/index.ts';
import { readRegularFile } from '../files/source-file.ts';
import { EXCEPTIONS_FILE } from '../run/acceptors.ts';
import { parseExceptions } from '../suppress/exceptions.ts';
import { type BaseCommit, insideOf, textBefore } from './base.ts';

const LARGEST = 64 * 1024 * 1024;

interface Place {
  /** Where the exceptions lie that are found. */
  readonly home: string;
  readonly directory: string;
  /** `--exceptions`. */
  readonly named: string | false | undefined;
  readonly config: LoadedConfig;
}

/**
 * What accepts something here and does not stand in the commit that the change is proposed to: the change speaks for itself. What
 * cannot be held against that commit counts as new.
 */
export async function ownAcceptances(report: Report, base: BaseCommit, place: Place): Promise<readonly AcceptanceUse[]> {
  const used = report.acceptances.filter(({ state }) => state === 'used');
  const own: AcceptanceUse[] = [];
  for (const use of used) if (await isOwn(use, base, place)) own.push(use);
  return own;
}

async function isOwn(use: AcceptanceUse, base: BaseCommit, place: Place): Promise<boolean> {
  if (use.source === 'exception') return await isOwnException(use, base, place);
  const at = /^(?<path>.+):(?<line>\d+)$/s.exec(use.place ?? '')?.groups;
  // A comment that names no check stands beside the secret, which is what the change brings; on which line of the two is not told.
  if (at?.path === undefined || (use.source === 'comment' && !use.entry.includes('ignore['))) return use.source === 'comment';
  if (use.source === 'secrets-baseline' || use.source === 'gitleaks-report') return false;
  const line = textOf(join(base.top, at.path))?.split('\n')?.[Number(at.line) - 1]?.trim();
  // A commit in between may have had it there, where there is another line now.
  if (line === undefined || line === '' || (use.source === 'comment' && !line.includes('ignore['))) return true;
  const before = await textBefore(base, at.path);
  return !(before ?? '').split('\n').some((text) => text.trim() === line);
}

async function isOwnException({ place: shown }: AcceptanceUse, base: BaseCommit, place: Place): Promise<boolean> {
  const named = typeof place.named === 'string' ? resolve(place.directory, place.named) : place.config.accept.exceptions;
  const file = named ?? join(place.home, EXCEPTIONS_FILE);
  const path = insideOf(base.top, file);
  // Nobody who proposes a change has a say in what lies outside.
  if (path === undefined) return false;
  const index = Number(/exceptions\[(\d+)\]$/.exec(shown ?? '')?.[1]);
  const now = entriesIn(textOf(file) ?? '', file);
  const entry = now[index];
  return entry === undefined || !entriesIn((await textBefore(base, path)) ?? '', path).includes(entry);
}

/** Each entry as a text that is the same wherever it stands. */
function entriesIn(text: string, file: string): readonly string[] {
  try {
    return parseExceptions(text, file).map((entry) => JSON.stringify(entry));
  } catch {
    return [];
  }
}

function textOf(file: string): string | undefined {
  try {
    return readRegularFile(file, LARGEST).toString('utf8');
  } catch {
    return undefined;
  }
}
