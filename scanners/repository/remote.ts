import { join } from 'node:path';
import type { CrawlContext, Observation, SightingObservation } from '../../src/contracts/index.ts';
import { secretCredentialId } from '../../src/contracts/index.ts';
import { commonDirOf } from '../../src/files/git.ts';
import { LineIndex } from '../../src/files/location.ts';
import { readRegularFile } from '../../src/files/source-file.ts';
import { mask } from '../../src/util/fingerprint.ts';
import { Secret } from '../../src/util/secret.ts';
import type { Checkout, GitConfig } from './checkout.ts';

const CONFIG_PATH = '.git/config';
const MAX_CONFIG_BYTES = 1024 * 1024;

/** `owner/repo` as the remote `origin` (or the only remote) tells; credentials in its URL are left behind. */
export function repositoryName(config: GitConfig): string | undefined {
  const urls = [...config].filter(([key]) => /^remote\..+\.url$/.test(key));
  const url = config.get('remote.origin.url')?.[0] ?? (urls.length === 1 ? urls[0]?.[1][0] : undefined);
  return url === undefined ? undefined : nameInUrl(url);
}

/** `https://host/owner/repo.git`, `ssh://git@host:22/owner/repo`, `git@host:owner/repo.git`; nothing for paths. */
export function nameInUrl(url: string): string | undefined {
  const remote =
    /^(?:https?|ssh|git):\/\/[^/]+\/(?<path>.+)$/i.exec(url) ?? /^(?:[^/@:]+@)?[\w.-]{2,}:(?<path>(?!:|\/\/).+)$/.exec(url);
  const path = remote?.groups?.path
    ?.replace(/[?#].*$/, '')
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '')
    .replace('/_git/', '/');
  // A name is shown, and becomes part of ids: anything odd is no name.
  return path !== undefined && /^[\w.~%-]+(?:\/[\w.~%-]+)*$/.test(path) ? path : undefined;
}

/**
 * Credentials in the repository's own configuration: `https://user:token@host` remotes, headers that a CI checkout left.
 * Nobody commits this file, but it is copied with every image and backup of the checkout.
 */
export function* configSightings(checkout: Checkout, context: CrawlContext): Generator<Observation> {
  const file = join(commonDirOf(checkout.repository.gitDir), 'config');
  let text: string;
  try {
    text = readRegularFile(file, MAX_CONFIG_BYTES).toString('utf8');
  } catch {
    return;
  }
  const at = { ...checkout.at, path: CONFIG_PATH };
  const matches = context.detect(text, { path: CONFIG_PATH });
  for (const match of matches) yield context.sighting(match, at, 'file');
  const lines = new LineIndex(text);
  for (const { password, start } of urlPasswords(text)) {
    const end = start + password.length;
    if (matches.some((match) => match.start < end && start < match.end)) continue;
    yield passwordSighting(password, { ...at, ...lines.at(start) }, context);
  }
}

function passwordSighting(password: string, at: SightingObservation['at'], context: CrawlContext): SightingObservation {
  const fingerprint = context.fingerprint(new Secret(decodePercent(password)));
  return {
    kind: 'sighting',
    credential: secretCredentialId(fingerprint),
    detector: 'git-remote-password',
    provider: 'git',
    type: 'password',
    fingerprint,
    masked: mask(decodePercent(password)),
    confidence: 'medium',
    place: 'file',
    ...(at === undefined ? {} : { at }),
  };
}

function* urlPasswords(text: string): Generator<{ readonly password: string; readonly start: number }> {
  for (const found of text.matchAll(/^\s*(?:push)?url\s*=\s*"?[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:(?<password>[^/\s@]{4,})@/gim)) {
    const password = found.groups?.password;
    if (password !== undefined) yield { password, start: found.index + found[0].length - 1 - password.length };
  }
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
