import { ENDPOINTS, type Endpoint } from './endpoints.ts';

/** What the name of an export says: its call, and of which organisation, repository and environment. */
export interface Named {
  readonly endpoint?: Endpoint;
  readonly org?: string;
  /** `owner/repo` */
  readonly repository?: string;
  readonly environment?: string;
}

const EXTENSION = /\.(?:json|jsonl|ndjson|csv|txt|out)$/i;
const LOGIN = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?$/;
const REPOSITORY = /^[\w.-]{1,100}$/;

/** Longest first: `environments/{environment_name}/secrets` before what it ends in. */
const PATTERNS = ENDPOINTS.filter(({ level }) => level !== 'entry')
  .map((endpoint) => ({ endpoint, parts: endpoint.path.slice(1).split('/') }))
  .sort((a, b) => b.parts.length - a.parts.length);

/**
 * The path of a call with `/` written as `__`, or as directories: `orgs__harbour__installations.json`,
 * `repos/harbour/shop/keys.json`; without its first word in a file's name alone: `harbour__shop__keys.json`.
 */
export function readFileName(path: string): Named {
  if (!EXTENSION.test(path)) return {};
  const parts = path.replace(EXTENSION, '').split(/\/|__/);
  const name = (path.split('/').at(-1) ?? '').replace(EXTENSION, '').split('__');
  for (const { endpoint, parts: pattern } of PATTERNS) {
    const whole = match(pattern, parts.slice(-pattern.length));
    if (whole !== undefined) return { endpoint, ...whole };
  }
  for (const { endpoint, parts: pattern } of PATTERNS) {
    // A single name is no name of a call: `keys.json` may be anybody's.
    const short = pattern.length > 2 ? match(pattern.slice(1), name) : undefined;
    if (short !== undefined) return { endpoint, ...short };
  }
  return {};
}

function match(pattern: readonly string[], parts: readonly string[]): Omit<Named, 'endpoint'> | undefined {
  if (parts.length !== pattern.length) return undefined;
  const found: { [name: string]: string } = {};
  for (const [index, wanted] of pattern.entries()) {
    const part = decoded(parts[index] ?? '');
    if (!wanted.startsWith('{')) {
      if (part !== wanted) return undefined;
    } else if (isNameOf(wanted, part)) found[wanted.slice(1, -1)] = part;
    else return undefined;
  }
  const { org, owner, repo, environment_name: environment } = found;
  return {
    ...(org === undefined ? (owner === undefined ? {} : { org: owner }) : { org }),
    ...(owner === undefined || repo === undefined ? {} : { repository: `${owner}/${repo}` }),
    ...(environment === undefined ? {} : { environment }),
  };
}

function isNameOf(wanted: string, part: string): boolean {
  if (wanted === '{environment_name}') return part !== '';
  return wanted === '{repo}' ? REPOSITORY.test(part) : LOGIN.test(part);
}

/** Names of environments may hold a `/`: in a path it is `%2F`. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
