import { readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CONFIG_FILE, type LoadedConfig, loadConfig, loadConfigText, noConfig } from '../config/load.ts';
import { type GitRepository, gitOutput } from '../files/git.ts';
import { ConfigError } from '../util/errors.ts';
import type { Pull } from './event.ts';

/** The commit that a pull request is proposed to, in the checkout. */
export interface BaseCommit {
  readonly repository: GitRepository;
  /** Top of the checkout. */
  readonly top: string;
  readonly pull: Pick<Pull, 'base' | 'head'>;
  readonly signal: AbortSignal;
}

export interface Judge {
  readonly config: LoadedConfig;
  /** Files that judge the change, and are changed by it: the configuration, its rules, a baseline. Below the top. */
  readonly touched: readonly string[];
}

/**
 * A change must not open its own gate: what leaves out or softens is read from the commit that it is proposed to. What is named and
 * lies outside the repository is nobody's who proposes.
 */
export async function readJudge(
  base: BaseCommit,
  {
    directory,
    named,
    baseline,
  }: { readonly directory: string; readonly named: string | undefined; readonly baseline: string | undefined },
): Promise<Judge> {
  const file = named === undefined ? undefined : resolve(directory, named);
  const inside = file === undefined ? undefined : insideOf(base.top, file);
  const known = baseline === undefined ? [] : (insideOf(base.top, resolve(directory, baseline)) ?? []);
  if (file !== undefined && inside === undefined) {
    return { config: await loadConfig(directory, file), touched: await touchedOf(base, [known].flat()) };
  }
  // As a scan of a change finds it: here, else at the top.
  const here = insideOf(base.top, directory) ?? '';
  const places = inside === undefined ? [...new Set([below(here, CONFIG_FILE), CONFIG_FILE])] : [inside];
  let config: LoadedConfig | undefined;
  for (const place of places) {
    const text = await textBefore(base, place, assertNoLink);
    if (text === undefined) continue;
    config = await loadConfigText(text, join(base.top, place), named !== undefined);
    break;
  }
  if (config === undefined && inside !== undefined) {
    throw new ConfigError(`The configuration ${inside} is not there before this change, which would be judged by its own words`, {
      code: 'CONFIG_UNREADABLE',
      hint: 'It can be named once it is merged. To judge by it now, name a file outside the repository.',
    });
  }
  config ??= noConfig();
  const { detectors, checks, imported, overlay, gitleaksDefault, secretlintrc } = config.rules;
  const rules = [...detectors, ...checks, ...imported, overlay ?? [], gitleaksDefault ?? [], secretlintrc ?? []].flat();
  const paths = [...places, ...rules.flatMap((path) => insideOf(base.top, path) ?? []), ...[known].flat()];
  return { config, touched: await touchedOf(base, paths) };
}

/** What a reviewer is told of files that judge and are changed. `isOwnScan`: the report was made by it, not read from a file. */
export async function touchedNotes(base: BaseCommit, { touched }: Judge, isOwnScan: boolean): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const path of touched) {
    const isConfig = path === CONFIG_FILE || path.endsWith(`/${CONFIG_FILE}`);
    if (!isConfig) notes.push(`This change touches ${path}, which is part of what it was judged by.`);
    else if (isOwnScan)
      notes.push(
        `This change touches ${path}. It was judged by that file as it is before the change; what it says now holds once it is merged.${await aside(base, path)}`,
      );
    else notes.push(`This change touches ${path}, and the scan of this report may have gone by what it says now.`);
  }
  return notes;
}

async function aside({ top }: BaseCommit, path: string): Promise<string> {
  let text: string;
  try {
    text = readFileSync(join(top, path), 'utf8');
  } catch {
    return ' It is not there any more.';
  }
  try {
    await loadConfigText(text, path, true);
    return '';
  } catch {
    return ' It is not valid any more: every scan will refuse it.';
  }
}

/** The text of a file as it is before the change; `undefined` where there is none, or a link, which is no text of its own. */
export async function textBefore(
  { repository, pull, signal }: BaseCommit,
  path: string,
  onLink?: (path: string) => never,
): Promise<string | undefined> {
  const spec = `:(top,literal)${path}`;
  const listed = await gitOutput(repository, ['ls-tree', '-z', '--full-tree', pull.base, '--', spec], { signal });
  const { mode, id } = /^(?<mode>\d{6}) blob (?<id>[0-9a-f]{40,64})\t/.exec(listed.toString('utf8'))?.groups ?? {};
  if (id === undefined) return undefined;
  if (mode === '120000') return onLink?.(path);
  return (await gitOutput(repository, ['cat-file', 'blob', id], { signal })).toString('utf8');
}

function assertNoLink(path: string): never {
  throw new ConfigError(`${path} is a symbolic link before this change`, {
    code: 'CONFIG_UNREADABLE',
    hint: 'What judges a change must stand in a file of its own.',
  });
}

/** Which of these files and folders the change touches. */
async function touchedOf({ repository, pull, signal }: BaseCommit, paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const range = `${pull.base}...${pull.head}`;
  const options = ['--no-ext-diff', '--no-textconv', '--no-renames', '--ignore-submodules=all', '--name-only', '-z'];
  const specs = paths.map((path) => `:(top,literal)${path}`);
  const listed = await gitOutput(repository, ['diff', ...options, range, '--', ...specs], { signal });
  return listed
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '');
}

/** `services/shop` of a path below the top; `''` for the top itself, `undefined` outside. */
export function insideOf(top: string, path: string): string | undefined {
  const inside = relative(top, path);
  return inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? undefined : inside.split(sep).join('/');
}

function below(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}
