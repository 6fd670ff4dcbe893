import type { Confidence } from '../../contracts/index.ts';
import { confidenceOf } from '../capability.ts';
import { decide } from '../evaluate.ts';
import { FRESH } from '../pattern.ts';
import { targetOf } from '../resources.ts';
import type { Subject } from '../subject.ts';

/** Reading what no policy mentions means reading all of it. */
const READS: readonly { readonly action: string; readonly shape: string }[] = [
  { action: 'secretsmanager:GetSecretValue', shape: 'arn:{partition}:secretsmanager:{name}:{account}:secret:{name}' },
  { action: 'ssm:GetParameter', shape: 'arn:{partition}:ssm:{name}:{account}:parameter/{name}' },
  { action: 's3:GetObject', shape: 'arn:{partition}:s3:::{name}/{name}' },
  { action: 'dynamodb:GetItem', shape: 'arn:{partition}:dynamodb:{name}:{account}:table/{name}' },
];

/** Reads every secret, object or table of its account, whatever more; the surest decides. */
export function readsEverything(subject: Subject, now: Date): Confidence | undefined {
  let best: Confidence | undefined;
  for (const { action, shape } of READS) {
    const resource = shape
      .replace('{partition}', subject.partition)
      .replace('{account}', subject.account)
      .replaceAll('{name}', FRESH);
    const target = targetOf(subject, { action, resource }, now);
    const decision = decide(subject, { action, resource, ...(target === undefined ? {} : { target }) }, now);
    if (decision.outcome !== 'allow') continue;
    best = confidenceOf(decision, subject);
    if (best === 'high') return best;
  }
  return best;
}
