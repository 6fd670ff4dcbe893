import { createHash, createHmac } from 'node:crypto';
import type { Answer, Asking, Values, Verdict } from './ask.ts';

/** GetCallerIdentity needs no permission at all: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const HOST = 'sts.us-east-1.amazonaws.com';
const BODY = 'Action=GetCallerIdentity&Version=2011-06-15';

const AWS_URL = `https://${HOST}/`;

/** Signs as https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html says. */
export function askAws({ secret, publicId }: Values, now: Date): Asking {
  if (publicId === undefined) throw new RangeError('the key id is not known');
  // Without it AWS answers as if the key did not exist.
  if (publicId.startsWith('ASIA')) throw new RangeError('a temporary key needs its session token');
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/us-east-1/sts/aws4_request`;
  const type = 'application/x-www-form-urlencoded; charset=utf-8';
  const canonical = [
    'POST',
    '/',
    '',
    `content-type:${type}`,
    `host:${HOST}`,
    `x-amz-date:${time}`,
    '',
    'content-type;host;x-amz-date',
    sha256(BODY),
  ];
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical.join('\n'))].join('\n');
  let key: Buffer | string = `AWS4${secret}`;
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  return {
    method: 'POST',
    url: AWS_URL,
    headers: {
      'content-type': type,
      'x-amz-date': time,
      authorization: `AWS4-HMAC-SHA256 Credential=${publicId}/${scope}, SignedHeaders=content-type;host;x-amz-date, Signature=${signature}`,
    },
    body: BODY,
  };
}

/** The errors that say "not this key": https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const REFUSED = /"?(?:InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClientException|ExpiredToken)"?/;

export function judgeAws({ status, text }: Answer): Verdict {
  if (status === 200) {
    const arn =
      /"?Arn"?(?:>|":\s*")(?<arn>arn:aws[\w-]*:(?:iam|sts)::\d{12}:[\w+=,.@/:-]{1,512}|arn:aws[\w-]*:iam::\d{12}:root)/.exec(text)
        ?.groups?.arn;
    return { state: 'active', ...(arn === undefined ? {} : { identity: arn }) };
  }
  // A clock that is wrong says nothing of the key.
  if (/Signature (?:expired|not yet current)/.test(text)) return { state: 'unknown', why: 'the clock of this machine is wrong' };
  if (status === 403 && REFUSED.test(text)) return { state: 'inactive' };
  return { state: 'unknown', why: `HTTP ${status}` };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
