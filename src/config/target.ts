import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Target } from '../contracts/index.ts';
import { codeOf, messageOf, TargetError } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';

/** `aws:`, `aws:profile`, `hoop:https://…`; one letter is a Windows drive, not a scheme. */
const SERVICE = /^(?<scheme>[a-z][a-z0-9-]+):(?<address>.*)$/;

/** A password in an address: what stands between the user and the last `@`; a port is none. */
const PASSWORD = /^(?<before>[a-z][a-z0-9+-]*:\/\/[^/?#@:]*):(?!\d{1,5}(?:[/?#]|$)).*@/is;

/** `hoop:https://KEY@HOST`: of a web address all that stands before the host is a login. */
const WEB_LOGIN = /^(?<before>(?:[a-z][a-z0-9-]*:)?https?:\/\/)[^/?#]*@/i;
/** In whose parameters a key may stand, though it is refused there. */
const WEB = /^(?:[a-z][a-z0-9-]*:)?https?:\/\//i;
const KEY_PARAMETER = /(?<before>[?&#][^=&#]*(?:key|token|secret|passw|pwd|auth|credential)[^=&#]*=)[^&#]*/gi;

/** How reports name a target: an address without its password or key. What is left can be typed again. */
export function shownTarget(text: string): string {
  const shown = text.replace(PASSWORD, '$<before>@').replace(WEB_LOGIN, '$<before>');
  return WEB.test(shown) ? shown.replace(KEY_PARAMETER, '$<before>') : shown;
}

/**
 * What the user named, as a target. `schemes` are those of the registered service scanners. Throws `TargetError` when
 * there is no such path or scheme.
 */
export function parseTarget(text: string, directory: string, schemes: readonly string[]): Target {
  const { scheme, address = '' } = SERVICE.exec(text)?.groups ?? {};
  const path = resolve(directory, text);
  try {
    return { kind: 'path', name: text, path, isDirectory: statSync(path).isDirectory() };
  } catch (error) {
    if (scheme !== undefined && schemes.includes(scheme)) return { kind: 'service', name: shownTarget(text), scheme, address };
    if (scheme !== undefined) {
      const meant = nearest(scheme, schemes);
      throw new TargetError(`No scanner reads "${scheme}:" targets`, {
        code: 'TARGET_SCHEME',
        hint: meant === undefined ? knownTargets(schemes) : `Did you mean "${meant}:"?`,
      });
    }
    if (codeOf(error) === 'ENOENT') {
      throw new TargetError(`There is nothing at ${path}`, { code: 'TARGET_MISSING', hint: 'Check the path.', cause: error });
    }
    throw new TargetError(`${path} cannot be read: ${messageOf(error)}`, {
      code: 'TARGET_UNREADABLE',
      hint: 'Check its permissions.',
      cause: error,
    });
  }
}

function knownTargets(schemes: readonly string[]): string {
  return schemes.length === 0 ? 'Name a file or directory.' : `Known: ${schemes.map((scheme) => `${scheme}:`).join(' ')}`;
}
