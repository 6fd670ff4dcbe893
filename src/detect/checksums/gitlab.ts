import { crc32Base36 } from './crc.ts';
import { type CheckInput, INVALID, type Verdict } from './types.ts';

/** Random bytes in a routable token, and the byte that counts them. */
const RANDOM = 16;
const FIELDS = /^[cgoptu]:[0-9a-z]{1,32}(?:\n[cgoptu]:[0-9a-z]{1,32}){0,7}$/;

/**
 * `PREFIX PAYLOAD . VERSION . LENGTH CRC`: the checksum is over all that stands before it, and the payload names the
 * organisation (`o`) and the user, project or group in base36.
 * https://handbook.gitlab.com/handbook/engineering/architecture/design-documents/cells/routable_tokens/
 */
export function judgeGitlabRoutable({ secret }: CheckInput): Verdict {
  if (crc32Base36(secret.slice(0, -7)) !== secret.slice(-7)) return INVALID;
  const fields = routingFields(secret);
  const org = fields.get('o');
  const local = (
    [
      ['u', 'user'],
      ['p', 'project'],
      ['g', 'group'],
    ] as const
  ).flatMap(([key, kind]) => (fields.has(key) ? [`${kind}/${fields.get(key)}`] : []))[0];
  return {
    valid: true,
    groups: { ...(org === undefined ? {} : { org }), ...(local === undefined ? {} : { local }) },
  };
}

/** What the payload says, numbers as people write them. Empty when it cannot be read. */
function routingFields(token: string): ReadonlyMap<string, string> {
  const payload = /^[a-z]+-(?:t\d_)?(?<payload>[A-Za-z0-9_-]+)\./.exec(token)?.groups?.payload ?? '';
  const bytes = Buffer.from(payload, 'base64url');
  // Its order has changed once: the random bytes stood behind the fields, and stand before them.
  const places = [bytes.subarray(0, -RANDOM - 1), bytes.subarray(RANDOM + 1), bytes.subarray(RANDOM), bytes.subarray(RANDOM, -1)];
  const text = places.map((place) => place.toString('latin1')).find((place) => FIELDS.test(place));
  const pairs = (text ?? '').split('\n').flatMap((line): [string, string][] => {
    const number = parseBase36(line.slice(2));
    return line[1] === ':' && number !== undefined ? [[line.charAt(0), number]] : [];
  });
  return new Map(pairs);
}

function parseBase36(digits: string): string | undefined {
  const value = Number.parseInt(digits, 36);
  return Number.isSafeInteger(value) ? String(value) : undefined;
}
