import { nearestId } from './near.ts';
import { type CheckInput, decodeBase64, INVALID, VALID, type Verdict, when } from './types.ts';

const LANGFUSE_PUBLIC = /(?<![\w-])(?<id>pk-lf-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?![\w-])/g;
const AMAZON_CLIENT = /(?<![\w.-])(?<id>amzn1\.application-oa2-client\.[0-9a-f]{32})(?![0-9a-f])/g;

/** The public key of a Langfuse project names the pair. */
export function judgeLangfuse(input: CheckInput): Verdict {
  const id = nearestId(input, LANGFUSE_PUBLIC, 400);
  return id === undefined ? VALID : { valid: true, publicId: id };
}

export function judgeAmazonClient(input: CheckInput): Verdict {
  const client = nearestId(input, AMAZON_CLIENT, 600);
  return client === undefined ? VALID : { valid: true, publicId: client, groups: { client } };
}

/** `application_secret` says little where nothing near it says whose. */
export function judgeOvh({ around }: CheckInput): Verdict {
  return when(/ovh/i.test(around(500, 500)));
}

/** A tunnel's token is base64 of its account (`a`), its id (`t`) and its secret (`s`). */
export function judgeCloudflareTunnel({ secret }: CheckInput): Verdict {
  const text = decodeBase64(secret);
  const account = /"a":"(?<id>[0-9a-f]{32})"/.exec(text)?.groups?.id;
  const tunnel = /"t":"(?<id>[0-9a-f-]{36})"/.exec(text)?.groups?.id;
  if (account === undefined || tunnel === undefined || !text.includes('"s":"')) return INVALID;
  return { valid: true, publicId: tunnel, groups: { account, tunnel } };
}
