import { createHash, createHmac, createPrivateKey, createPublicKey, pbkdf2Sync } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { encodeAwsKeyId } from '../src/util/aws-account.ts';

/**
 * Every credential of the estate, derived from its name: right shape, valid checksum where the provider has one,
 * meaningless content. Nothing here is, or ever was, anybody's key. Deriving them when the estate is built keeps them
 * out of this repository, so that no push protection has a reason to stop it.
 */
const ACCOUNT = '219484930172';
const GCP_PROJECT = 'hc-analytics-prod';

const SEED = 'harbour-coffee';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const DIGITS = '0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const BASE62 = `${DIGITS}${UPPER}${UPPER.toLowerCase()}`;
const BASE64 = `${UPPER}${UPPER.toLowerCase()}${DIGITS}+/`;
const BASE64URL = `${UPPER}${UPPER.toLowerCase()}${DIGITS}-_`;
const HEX = `${DIGITS}abcdef`;

export interface Value {
  readonly text: string;
  /** Kind of credential when the text itself is a secret; absent for ids, numbers and digests. */
  readonly kind?: string;
  /** The public id that belongs to the secret. */
  readonly publicId?: string;
}

/** The value of a template name such as `aws.ml-batch.secret`, or `undefined` when there is no such shape. */
export function lookUp(name: string): Value | undefined {
  const [provider = '', ...rest] = name.split('.');
  const part = rest.pop() ?? '';
  const who = rest.join('.');
  const shape = SHAPES[`${provider}.${part}`];
  return shape === undefined ? undefined : shape(who);
}

const SHAPES: { readonly [name: string]: (who: string) => Value } = {
  'aws.id': (who) => ({ text: awsId('AKIA', who) }),
  'aws.user-id': (who) => ({ text: awsId('AIDA', who) }),
  'aws.role-id': (who) => ({ text: awsId('AROA', who) }),
  'aws.group-id': (who) => ({ text: awsId('AGPA', who) }),
  'aws.policy-id': (who) => ({ text: awsId('ANPA', who) }),
  'aws.secret': (who) => ({ text: draw(`aws.secret/${who}`, BASE64, 40), kind: 'access-key', publicId: awsId('AKIA', who) }),
  'gcp.key-id': (who) => ({ text: draw(`gcp.key-id/${who}`, HEX, 40) }),
  'gcp.unique-id': (who) => ({ text: `1${draw(`gcp.unique-id/${who}`, DIGITS, 20)}` }),
  'gcp.private-key': (who) => ({
    text: privateKey(who),
    kind: 'service-account-key',
    publicId: draw(`gcp.key-id/${who}`, HEX, 40),
  }),
  'gcp.json': (who) => ({
    text: serviceAccountFile(who),
    kind: 'service-account-key',
    publicId: draw(`gcp.key-id/${who}`, HEX, 40),
  }),
  'hoop.key': (who) => ({ text: `${'hp'}k_${draw(`hoop/${who}`, BASE64URL, 43)}`, kind: 'api-key' }),
  // What the gateway's inventory shows of a key: its first eight characters.
  'hoop.masked': (who) => ({ text: `${'hp'}k_${draw(`hoop/${who}`, BASE64URL, 43).slice(0, 4)}` }),
  'postgres.password': (who) => ({ text: draw(`postgres/${who}`, BASE62, 28), kind: 'password' }),
  'postgres.verifier': (who) => ({ text: scramVerifier(who, draw(`postgres/${who}`, BASE62, 28)) }),
  // The same account after its password was changed.
  'postgres.later-verifier': (who) => ({ text: scramVerifier(who, draw(`postgres/later/${who}`, BASE62, 28)) }),
  'ssh.private-key': (who) => ({ text: sshPrivateKey(who), kind: 'ssh-key' }),
  'ssh.public-key': (who) => ({ text: `ssh-ed25519 ${sshPublicBlob(who).toString('base64')}` }),
  'anthropic.key': (who) => ({
    text: `${'sk-'}ant-api03-${draw(`anthropic/${who}`, BASE64URL, 93)}AA`,
    kind: 'api-key',
  }),
  'openai.key': (who) => ({
    text: `${'sk-'}proj-${draw(`openai/1/${who}`, BASE62, 74)}${'T3Blbk'}FJ${draw(`openai/2/${who}`, BASE62, 74)}`,
    kind: 'api-key',
  }),
  'slack.webhook': (who) => ({
    text: `https://hooks.${'slack'}.com/services/T${draw(`slack/t/${who}`, UPPER + DIGITS, 10)}/B${draw(`slack/b/${who}`, UPPER + DIGITS, 10)}/${draw(`slack/s/${who}`, BASE62, 24)}`,
    kind: 'webhook',
  }),
  'github.token': (who) => ({ text: githubToken(who), kind: 'token' }),
  'uuid.id': (who) => ({ text: uuid(who) }),
  'digest.sha1': (who) => ({ text: createHash('sha1').update(`${SEED}/${who}`).digest('hex') }),
  // The two strings that AWS prints in its own documentation: they must never be reported.
  'documentation.aws-id': () => ({ text: `${'AKIA'}IOSFODNN7EXAMPLE` }),
  'documentation.aws-secret': () => ({ text: `${'wJalrXUtnFEMI'}/K7MDENG/bPxRfiCYEXAMPLEKEY` }),
};

/** The account number is inside, as in every id that AWS made since 2019. */
function awsId(prefix: string, who: string): string {
  return encodeAwsKeyId(prefix, ACCOUNT, draw(`aws.${prefix}/${who}`, BASE32, 6));
}

/** The shape of a 2048-bit PKCS#8 key: right header, right length, random body. It opens nothing and signs nothing. */
function privateKey(who: string): string {
  const body = `MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ${draw(`gcp.private-key/${who}`, BASE64, 1564)}`;
  const lines = body.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${'PRIVATE'} KEY-----\n${lines.join('\n')}==\n-----END ${'PRIVATE'} KEY-----\n`;
}

/** The key file that the console downloads. */
function serviceAccountFile(who: string): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: GCP_PROJECT,
    private_key_id: draw(`gcp.key-id/${who}`, HEX, 40),
    private_key: privateKey(who),
    client_email: `${who}@${GCP_PROJECT}.iam.gserviceaccount.com`,
    client_id: `1${draw(`gcp.unique-id/${who}`, DIGITS, 20)}`,
    token_uri: 'https://oauth2.googleapis.com/token',
  });
}

/**
 * What PostgreSQL keeps of a password; its own default of 4,096 rounds.
 * https://www.postgresql.org/docs/current/catalog-pg-authid.html
 */
function scramVerifier(who: string, password: string): string {
  const salt = createHmac('sha256', SEED).update(`postgres/salt/${who}`).digest().subarray(0, 16);
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`;
}

function sshSeed(who: string): Buffer {
  return createHmac('sha256', SEED).update(`ssh/${who}`).digest();
}

function sshPublicBlob(who: string): Buffer {
  // RFC 8410: the 32 bytes of an Ed25519 key stand at the end of both forms.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), sshSeed(who)]);
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return Buffer.concat([sshString('ssh-ed25519'), sshString(key.export({ format: 'der', type: 'spki' }).subarray(-32))]);
}

/** As ssh-keygen writes it, without a passphrase: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key */
function sshPrivateKey(who: string): string {
  const publicBlob = sshPublicBlob(who);
  const check = sshSeed(`check/${who}`).subarray(0, 4);
  const secret = sshString(Buffer.concat([sshSeed(who), publicBlob.subarray(-32)]));
  const inner = Buffer.concat([check, check, publicBlob, secret, sshString(who)]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (inner.length % 8)) % 8));
  const none = sshString('none');
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    sshString(''),
    Buffer.from([0, 0, 0, 1]),
    sshString(publicBlob),
    sshString(Buffer.concat([inner, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  const label = `OPENSSH ${'PRIVATE'} KEY`;
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Length in four bytes, then the bytes. */
function sshString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The last six characters are the CRC-32 of the thirty before them, in base62. */
function githubToken(who: string): string {
  const body = draw(`github/${who}`, BASE62, 30);
  let sum = crc32(body);
  let check = '';
  for (let i = 0; i < 6; i++) {
    check = BASE62.charAt(sum % 62) + check;
    sum = Math.floor(sum / 62);
  }
  return `${'gh'}p_${body}${check}`;
}

function uuid(who: string): string {
  const hex = createHmac('sha256', SEED).update(`uuid/${who}`).digest('hex');
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** `length` characters of `alphabet`, always the same for the same label. */
function draw(label: string, alphabet: string, length: number): string {
  let text = '';
  for (let block = 0; text.length < length; block++) {
    const bytes = createHmac('sha256', SEED).update(`${label}#${block}`).digest();
    const limit = 256 - (256 % alphabet.length);
    for (const byte of bytes) {
      if (byte < limit) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text.slice(0, length);
}
