import { type CheckInput, decodeBase64, type Verdict, when } from './types.ts';

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

/** `ABSK` and base64 of `BedrockAPIKey-…:…`. */
export function judgeBedrockKey({ secret }: CheckInput): Verdict {
  return when(decodeBase64(secret.slice(4)).startsWith('BedrockAPIKey'));
}

const GUID = '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}';
const TENANT = new RegExp(`tenant_?id\\\\*["'\\])]{0,3}\\s{0,4}[:=]\\s{0,4}\\\\*["']?(?<id>${GUID})`, 'i');
const CLIENT = new RegExp(`(?:client|app|application)_?id\\\\*["'\\])]{0,3}\\s{0,4}[:=]\\s{0,4}\\\\*["']?(?<id>${GUID})`, 'i');

/** The application an Entra secret belongs to stands beside it, as a rule. */
export function judgeClientSecret({ around }: CheckInput): Verdict {
  const text = around(600, 600);
  const tenant = TENANT.exec(text)?.groups?.id?.toLowerCase();
  const client = CLIENT.exec(text)?.groups?.id?.toLowerCase();
  return { valid: true, groups: { ...(tenant === undefined ? {} : { tenant }), ...(client === undefined ? {} : { client }) } };
}
