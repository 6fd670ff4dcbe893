import { TargetError } from '../../src/util/errors.ts';
import type { Endpoint } from './endpoints.ts';

/** `github:ORG` or `github:OWNER/REPO`. */
export interface Address {
  readonly org: string;
  readonly repository?: string;
}

const ADDRESS = /^(?:https?:\/\/[^/]+\/)?(?<org>[A-Za-z0-9][A-Za-z0-9_-]{0,98})(?:\/(?<repo>[\w.-]{1,100}?)(?:\.git)?)?\/?$/;

export function parseAddress(text: string): Address {
  const { org, repo } = ADDRESS.exec(text.trim())?.groups ?? {};
  if (org === undefined) {
    throw new TargetError(`"github:${text}" names no organisation`, {
      code: 'TARGET_ADDRESS',
      hint: 'Write github:ORG, or github:OWNER/REPO for one repository.',
    });
  }
  return { org, ...(repo === undefined ? {} : { repository: `${org}/${repo}` }) };
}

/** The path of a call with its names filled in. */
export function fillIn(
  endpoint: Endpoint,
  names: { readonly org: string; readonly repository?: string; readonly environment?: string; readonly entry?: string },
): string {
  const [owner = names.org, repo = ''] = (names.repository ?? '').split('/');
  const values: { readonly [name: string]: string } = {
    org: names.org,
    owner,
    repo,
    environment_name: names.environment ?? '',
  };
  return endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent((name === endpoint.entryOf?.field ? names.entry : values[name]) ?? ''),
  );
}
