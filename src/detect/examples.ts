import { createHash } from 'node:crypto';
import { encodeAwsKeyId } from './aws-account.ts';
import { annotatedChecksums, marvin32 } from './checksums/azure.ts';
import { crc32Base36, crc32Base62, crc32Hex, grafanaChecksum } from './checksums/crc.ts';

/**
 * Examples of detectors are written with `{{…}}` parts, so that no text in the package looks like a real token and no
 * push protection fires. They are expanded here, always to the same text for the same detector and example:
 *
 * | part | becomes |
 * |---|---|
 * | `{{alnum:20}}` `{{letters:8}}` `{{upper:16}}` `{{lower:9}}` `{{digits:12}}` | that many characters; also `lowernum`, `uppernum` |
 * | `{{hex:32}}` `{{hexupper:32}}` `{{base32:16}}` `{{base64:40}}` `{{base64url:43}}` | likewise |
 * | `{{uuid}}` | a version 4 UUID |
 * | `{{join:sk-:ant-}}` | its parts, joined: for prefixes that scanners look for |
 * | `{{colon}}` | `:` |
 * | `{{ghcrc:ghp_}}` `{{ghcrc:ghr_:70}}` | a token with GitHub's checksum (npm's is the same), 30 or so many characters of body |
 * | `{{glsa}}` | a Grafana token with its checksum |
 * | `{{crchex:cfut_:40}}` `{{crchexupper:ATBB:24}}` | prefix, so many characters, CRC-32 in hex; `:=` behind it goes before the checksum |
 * | `{{glroute:glpat-}}` | GitLab's routable form, naming an organisation and a user |
 * | `{{cask:ACOG}}` `{{azkey:+ASt}}` | Azure keys with their marks and checksums |
 * | `{{awskey:AKIA}}` | an AWS id that decodes to an account |
 * | `{{bedrock}}` `{{bedrockshort}}` | Bedrock API keys |
 * | `{{jwt:NAME}}` | a JWT: `user`, `k8s`, `gcp`, `anon` |
 * | `{{grafanakey}}` | Grafana's old API key |
 * | `{{json64:prefix}}` | `prefix` and base64url of a JSON object |
 * | `{{discord}}` `{{jirapat}}` `{{cftunnel}}` | their forms |
 * | `{{basic64:NAME:24}}` `{{text64:18}}` | base64 of `NAME:` and so many characters, or of the characters alone |
 * | `{{pem:RSA PRIVATE KEY}}` `{{pemline:PRIVATE KEY}}` | a PEM block over lines, or in one line with `\n`; `:aes256-ctr` behind it is OpenSSH's cipher |
 *
 * Where several parts are made, `{{!…}}` marks the one that is the secret; else it is the longest.
 */
export function expandExample(text: string, seed: string): Expanded {
  const random = generator(seed);
  let longest = '';
  let marked: string | undefined;
  const expanded = text.replace(/\{\{(!?)([a-z0-9]+)((?::[^{}:]*)*)\}\}/g, (whole, mark: string, kind: string, rest: string) => {
    const words = rest === '' ? [] : rest.slice(1).split(':');
    const made = make(kind, words, random);
    if (made === undefined) return whole;
    if (mark !== '') marked = made;
    if (kind !== 'join' && kind !== 'colon' && made.length > longest.length) longest = made;
    return made;
  });
  return { text: expanded, generated: (marked ?? longest).replace(/(?:\\n|\s)+$/, '') };
}

/** The text as a file would hold it: what has characters of one byte beyond ASCII and none above stands for bytes. */
export function bytesOf(text: string): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a key store begins with them
  const isBinary = /[\0-\x08\x80-\x9f\xce\xfe]/.test(text) && !/[^\0-\xff]/.test(text);
  return Buffer.from(text, isBinary ? 'latin1' : 'utf8');
}

export interface Expanded {
  readonly text: string;
  /** The part marked with `!`, else the longest generated one: what a hit must contain. */
  readonly generated: string;
}

type Random = (below: number) => number;

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
const ALPHABETS: { readonly [name: string]: string } = {
  alnum: UPPER + LOWER + DIGITS,
  letters: UPPER + LOWER,
  upper: UPPER,
  lower: LOWER,
  digits: DIGITS,
  lowernum: LOWER + DIGITS,
  uppernum: UPPER + DIGITS,
  hex: '0123456789abcdef',
  hexupper: '0123456789ABCDEF',
  base32: `${UPPER}234567`,
  base64: `${UPPER}${LOWER}${DIGITS}+/`,
  base64url: `${UPPER}${LOWER}${DIGITS}-_`,
};

function make(kind: string, words: readonly string[], random: Random): string | undefined {
  const alphabet = ALPHABETS[kind];
  const [first = '', second = ''] = words;
  if (alphabet !== undefined) return pick(alphabet, Number(first), random);
  switch (kind) {
    case 'uuid': {
      const hex = pick(ALPHABETS.hex ?? '', 32, random);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    }
    case 'join':
      return words.join('');
    case 'colon':
      return ':';
    case 'ghcrc': {
      const body = pick(ALPHABETS.alnum ?? '', Number(second === '' ? 30 : second), random);
      return `${first}${body}${crc32Base62(body)}`;
    }
    case 'glsa': {
      const head = `${['gl', 'sa_'].join('')}${pick(ALPHABETS.alnum ?? '', 32, random)}`;
      return `${head}_${grafanaChecksum(head)}`;
    }
    case 'crchex':
    case 'crchexupper': {
      const head = `${first}${pick(ALPHABETS[words[2] === '=' ? 'base64url' : 'alnum'] ?? '', Number(second), random)}`;
      const sum = crc32Hex(head);
      return `${head}${words[2] ?? ''}${kind === 'crchex' ? sum : sum.toUpperCase()}`;
    }
    case 'glroute': {
      const noise = Buffer.from(Array.from({ length: 16 }, () => random(256)));
      const payload = Buffer.concat([Buffer.from('c:1\no:2s\nu:1f4'), noise, Buffer.from([16])]).toString('base64url');
      const head = `${first}${payload}.01.${payload.length.toString(36).padStart(2, '0')}`;
      return `${head}${crc32Base36(head)}`;
    }
    case 'cask': {
      const key = `${pick(ALPHABETS.alnum ?? '', 52, random)}${['JQ', 'QJ99'].join('')}BK${pick(ALPHABETS.alnum ?? '', 12, random)}AAAB${first}`;
      return `${key}${annotatedChecksums(key)[1].slice(0, 4)}`;
    }
    case 'azkey':
      return makeAzureKey(first, random);
    case 'cftunnel':
      return base64(
        JSON.stringify({
          a: pick(ALPHABETS.hex ?? '', 32, random),
          t: make('uuid', [], random),
          s: base64(pick(ALPHABETS.alnum ?? '', 32, random)),
        }),
      );
    case 'awskey':
      return encodeAwsKeyId(first, `8${pick(DIGITS, 11, random)}`, pick(ALPHABETS.base32 ?? '', 9, random));
    case 'bedrock':
      return (
        ['AB', 'SK'].join('') +
        base64(
          `BedrockAPIKey-${pick(LOWER + DIGITS, 4, random)}-at-8${pick(DIGITS, 11, random)}:${pick(ALPHABETS.alnum ?? '', 44, random)}`,
        )
      );
    case 'bedrockshort':
      return (
        ['bedrock-', 'api-key-'].join('') +
        base64(
          `bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Security-Token=${pick(ALPHABETS.alnum ?? '', 60, random)}`,
        )
      );
    case 'jwt':
      return makeJwt(first, random);
    case 'grafanakey':
      return base64(JSON.stringify({ k: pick(ALPHABETS.alnum ?? '', 32, random), n: 'deploy', id: 1 }));
    case 'json64':
      return (
        first +
        base64url(
          JSON.stringify({
            iat: Number(`17${pick('12345678', 8, random)}`),
            url: 'https://logs.harbour.coffee',
            org: pick(LOWER, 12, random),
          }),
        )
      );
    case 'discord':
      return `${base64url(`9${pick(DIGITS, 17, random)}`)}.${pick(ALPHABETS.alnum ?? '', 6, random)}.${pick(ALPHABETS.alnum ?? '', 38, random)}`;
    case 'jirapat':
      return base64(`8${pick(DIGITS, 11, random)}:${pick(ALPHABETS.alnum ?? '', 20, random)}`);
    case 'basic64':
      return base64(`${first}:${pick(ALPHABETS.alnum ?? '', Number(second), random)}`);
    case 'text64':
      return base64(pick(ALPHABETS.alnum ?? '', Number(first), random));
    case 'pem':
    case 'pemline':
      return makePem(first, kind === 'pem' ? '\n' : '\\n', second === '' ? 'none' : second, random);
    default:
      return undefined;
  }
}

/** How many characters stand before the mark of a service, how many bytes the key has, and what seeds its checksum. */
const AZURE_KEYS: { readonly [mark: string]: readonly [before: number, bytes: number, seed: string] } = {
  '+ASt': [76, 64, 'Default0'],
  ACDb: [76, 64, 'MastRW00'],
  '+ABa': [76, 64, 'AbAcct00'],
  APIM: [76, 64, 'Tenant00'],
  '+AMC': [76, 64, 'Classic0'],
  '+ASb': [33, 32, 'Manage00'],
  '+AEh': [33, 32, 'Manage00'],
  '+ARm': [33, 32, 'Manage00'],
  AIoT: [33, 32, 'IoTHub00'],
  AzCa: [33, 32, 'Access00'],
  AZEG: [33, 32, 'SendRecv'],
  '+ACR': [42, 39, 'ACRDflt0'],
  AzSe: [42, 39, 'PAdmin00'],
  AzFu: [44, 40, 'Master00'],
};

function makeAzureKey(mark: string, random: Random): string | undefined {
  const form = AZURE_KEYS[mark];
  if (form === undefined) return undefined;
  const [before, size, seed] = form;
  for (;;) {
    const text = `${pick(ALPHABETS.alnum ?? '', before, random)}${mark}`.padEnd(Math.ceil(size / 3) * 4, 'A');
    const bytes = Buffer.from(text, 'base64').subarray(0, size);
    bytes.writeUInt32LE(marvin32(bytes.subarray(0, -4), seed), size - 4);
    const key = bytes.toString('base64');
    if (mark === 'AzFu') return key.replaceAll('+', '-').replaceAll('/', '_');
    // Search keys are made until they hold letters and digits alone.
    if (mark !== 'AzSe' || /^[A-Za-z0-9]+$/.test(key)) return key;
  }
}

function makeJwt(kind: string, random: Random): string {
  const issued = Number(`17${pick('12345678', 8, random)}`);
  const claims: { readonly [name: string]: object } = {
    user: { iss: 'https://login.harbour.coffee', sub: `user-${pick(LOWER + DIGITS, 10, random)}`, iat: issued },
    k8s: {
      iss: 'https://kubernetes.default.svc',
      sub: 'system:serviceaccount:shop:checkout',
      jti: pick(LOWER + DIGITS, 12, random),
    },
    gcp: {
      iss: 'https://accounts.google.com',
      sub: `1${pick(DIGITS, 20, random)}`,
      email: 'etl@harbour-prod.iam.gserviceaccount.com',
    },
    anon: { iss: 'supabase', ref: pick(LOWER, 20, random), role: 'anon', iat: issued },
  };
  const head = base64url(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: pick(LOWER + DIGITS, 8, random) }));
  return `${head}.${base64url(JSON.stringify(claims[kind] ?? claims.user))}.${pick(ALPHABETS.base64url ?? '', 86, random)}`;
}

/** Impossible content in the right armour: starts as DER does, goes on as noise. */
function makePem(label: string, lineEnd: string, cipher: string, random: Random): string {
  const isOpenSsh = label.startsWith('OPENSSH');
  const isPgp = label.startsWith('PGP');
  const opened = `openssh-key-v1\0\0\0\0${String.fromCharCode(cipher.length)}${cipher}`;
  const head = isOpenSsh ? opened : isPgp ? '\u0095\u0001' : '0\u0082\u0004\u00a4\u0002\u0001\0';
  const noise = Buffer.from(Array.from({ length: 600 }, () => random(256)));
  const body = Buffer.concat([Buffer.from(head, 'latin1'), noise]).toString('base64');
  const lines = body.match(/.{1,64}/g) ?? [];
  const dashes = '-----';
  const text = [`${dashes}BEGIN ${label}${dashes}`, ...(isPgp ? [''] : []), ...lines, `${dashes}END ${label}${dashes}`].join(
    lineEnd,
  );
  return `${text}${lineEnd}`;
}

function base64(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}

function base64url(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64url');
}

function pick(alphabet: string, count: number, random: Random): string {
  let out = '';
  // No two alike in a row: keeps the text as varied as a real token is.
  while (out.length < count) {
    const next = alphabet.charAt(random(alphabet.length));
    if (next !== out.at(-1) || alphabet.length < 3) out += next;
  }
  return out;
}

/** A small deterministic source: SHA-256 in counter mode. */
function generator(seed: string): Random {
  let [block, at, counter] = [Buffer.alloc(0), 0, 0];
  return (below) => {
    if (at + 4 > block.length) {
      block = createHash('sha256').update(`${seed}\0${counter++}`).digest();
      at = 0;
    }
    at += 4;
    return block.readUInt32LE(at - 4) % below;
  };
}
