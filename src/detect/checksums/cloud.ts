import { awsAccountOf } from '../../util/aws-account.ts';
import { nearestId } from './near.ts';
import { type CheckInput, decodeBase64, INVALID, VALID, type Verdict, when } from './types.ts';

/** https://docs.cloud.google.com/iam/docs/keys-create-delete: the file names the account and the project. */
export function judgeServiceAccountFile({ around }: CheckInput): Verdict {
  const text = around(4096, 4096);
  const email = /client_email\\*"\s*:\s*\\*"(?<email>[a-z0-9.-]{1,80}@[a-z0-9.:-]{1,120}\.gserviceaccount\.com)/.exec(text);
  const project = /project_id\\*"\s*:\s*\\*"(?<project>[a-z0-9.:-]{4,64})\\*"/.exec(text)?.groups?.project;
  const address = email?.groups?.email;
  const fromAddress = /@(?<project>[a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(address ?? '')?.groups?.project;
  const place = fromAddress ?? project;
  const groups = {
    ...(address === undefined ? {} : { email: address }),
    ...(place === undefined ? {} : { project: place }),
  };
  return { valid: true, groups };
}

/** `ABSK` and base64 of `USER-at-ACCOUNT:…`, where the user is one that was made for the key (`BedrockAPIKey-…`). */
export function judgeBedrockKey({ secret }: CheckInput): Verdict {
  const text = decodeBase64(secret.slice(4));
  if (!text.startsWith('BedrockAPIKey')) return INVALID;
  const owner = /^(?<user>[\w+=,.@-]{1,64})-at-(?<account>\d{12})(?:\+\d{1,4})?:/.exec(text)?.groups;
  return owner === undefined ? VALID : { valid: true, groups: { user: owner.user ?? '', account: owner.account ?? '' } };
}

const GUID = '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}';
const TENANT = new RegExp(`tenant(?:_?id)?\\\\*["'\\])]{0,3}\\s{0,4}[:=,]\\s{0,4}\\\\*["']?(?<id>${GUID})`, 'gi');
const CLIENT = new RegExp(`(?:client|app|application)_?id\\\\*["'\\])]{0,3}\\s{0,4}[:=,]\\s{0,4}\\\\*["']?(?<id>${GUID})`, 'gi');

/** The application an Entra secret belongs to stands beside it, as a rule. */
export function judgeClientSecret(input: CheckInput): Verdict {
  const tenant = nearestId(input, TENANT, 600)?.toLowerCase();
  const client = nearestId(input, CLIENT, 600)?.toLowerCase();
  // A client id is one application in any tenant: it names the application where the tenant does not stand there.
  return { valid: true, groups: client === undefined ? {} : { tenant: tenant ?? '', client } };
}

const GOOGLE_CLIENT = /(?<![\w-])(?<id>\d{6,21}(?:-[a-z0-9]{10,40})?\.apps\.googleusercontent\.com)(?![\w-])/g;

/** The id of an OAuth client begins with the number of its project. */
export function judgeGoogleClient(input: CheckInput): Verdict {
  const client = nearestId(input, GOOGLE_CLIENT, 800);
  if (client === undefined) return VALID;
  return { valid: true, publicId: client, groups: { client, project: client.split(/[-.]/)[0] ?? '' } };
}

/**
 * The account of an access key stands in its id, since about 2019: in ids whose fifth character is Q or later in the
 * alphabet of base32. In older ids the bits say something else.
 */
export function judgeAwsKeyId({ groups }: CheckInput): Verdict {
  const key = groups.publicId ?? '';
  const account = /^[Q-Z2-7]$/.test(key.charAt(4)) ? awsAccountOf(key) : undefined;
  return account === undefined ? VALID : { valid: true, groups: { account, key } };
}

/** `SECRET_KEY` is what many call theirs: one of AWS where an access key id stands in the same file. */
export function judgeAwsSecretApart({ secret, around }: CheckInput): Verdict {
  const isMixed = /[A-Z]/.test(secret) && /[a-z]/.test(secret) && /\d/.test(secret);
  return when(isMixed && /(?<![A-Za-z0-9+-])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9/+=])/.test(around(8192, 8192)));
}
