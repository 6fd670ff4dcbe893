/** Keys of a map of answers that do not say what they are about: a principal, a resource, a key, a part or policy of an organisation. */
const SUBJECT =
  /^(?:arn:aws[a-z-]*:iam::\d{12}:(?:role|user)\/.+|arn:aws[a-z-]*:(?:s3|kms|secretsmanager|sqs|sns|lambda|dynamodb|ecr):.+|A(?:KIA|SIA)[A-Z0-9]{12,124}|\d{12}|r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|p-[0-9a-zA-Z_]{8,128})$/;

/** Is it the key of a map of answers, and so what the answer is about? */
export function namesSubject(key: string): boolean {
  return SUBJECT.test(key);
}

export function isKeyId(text: string | undefined): boolean {
  return text !== undefined && /^A(?:KIA|SIA)[A-Z0-9]{12,124}$/.test(text);
}

export function keyIdIn(path: string): string | undefined {
  return /(?<![A-Z0-9])A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Z0-9])/.exec(path)?.[0];
}

/** `last-accessed-role-deploy.json`, `role/deploy.json`. */
export function principalIn(path: string): string | undefined {
  const named = /(?:^|[-_./])(?<type>role|user)[-_/](?<name>[\w+=,.@-]+?)\.[a-z]+$/i.exec(path)?.groups;
  return named === undefined ? undefined : `${named.type?.toLowerCase()}/${named.name}`;
}

export function partIn(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return /(?<![0-9a-z])(?:ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|p-[0-9a-zA-Z]{8,128}|r-[0-9a-z]{4,32}|\d{12})(?![0-9a-z])/.exec(
    name,
  )?.[0];
}
