import { z } from 'zod';
import { type GrantObservation, identityIdFromArn, type JsonObject, type Location } from '../../src/contracts/index.ts';
import { coversAction } from '../../src/iam/covers.ts';
import { type PolicyDocument, readPolicyDocument } from '../../src/iam/index.ts';

/**
 * The policy of a bucket, key, secret, queue or function: who is let in by name, whatever the caller's own policies say. The
 * answers of most services do not say of what they are; the statements do.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
 */
export const ResourcePolicy = z
  .object({ Policy: z.string().min(2).nullish(), ResourcePolicy: z.string().min(2).nullish(), ARN: z.string().nullish() })
  .transform((raw, context) => {
    const read = readPolicyDocument(raw.ResourcePolicy ?? raw.Policy ?? undefined);
    if (!read.ok) {
      context.addIssue({
        code: 'custom',
        message: read.why,
        path: [raw.ResourcePolicy === undefined ? 'Policy' : 'ResourcePolicy'],
      });
      return z.NEVER;
    }
    return { resource: raw.ARN ?? undefined, document: read.document };
  });
export interface ResourcePolicy {
  /** What it is the policy of, where the answer says. */
  readonly resource: string | undefined;
  readonly document: PolicyDocument;
}

/** Actions that make a grant worth a word of its own. */
const CAPABILITIES: readonly { readonly action: string; readonly capability: string }[] = [
  { action: 'secretsmanager:GetSecretValue', capability: 'reads-secrets' },
  { action: 's3:GetObject', capability: 'reads-data' },
  { action: 'sqs:ReceiveMessage', capability: 'reads-data' },
  { action: 's3:PutObject', capability: 'writes-data' },
  { action: 's3:DeleteObject', capability: 'writes-data' },
];

/** Rows for users and roles that a statement names. Whole accounts and services are nobody's identity. */
export function* resourcePolicyRows(policy: ResourcePolicy, at: Location): Generator<GrantObservation> {
  for (const statement of policy.document.statements) {
    if (statement.effect !== 'allow') continue;
    const resources = statement.resources ?? [];
    // In the policy of a key or secret `*` is that key or secret.
    const resource = resources.includes('*') ? (policy.resource ?? 'the resource itself') : resources.join(', ');
    for (const { type, value } of statement.principals ?? []) {
      const identity = type === 'AWS' ? identityIdFromArn(value) : undefined;
      if (identity === undefined || identity.endsWith(':root')) continue;
      const shared = {
        kind: 'grant',
        identity,
        effect: 'allow',
        resource: resource === '' ? (policy.resource ?? '*') : resource,
        ...(statement.condition === undefined ? {} : { condition: statement.condition as JsonObject }),
        via: policy.resource ?? `policy of ${resource}`,
        viaKind: 'resource-policy',
        at,
      } as const;
      for (const permission of (statement.actions ?? ['*']).slice(0, MAX_ACTIONS)) yield { ...shared, permission };
      const told = new Set<string>();
      for (const { action, capability } of CAPABILITIES) {
        if (told.has(capability) || !coversAction(statement, action)) continue;
        told.add(capability);
        // A Deny elsewhere, a boundary, or the caller's side of another account may still stand in the way.
        yield {
          ...shared,
          permission: action,
          capability,
          confidence: 'medium',
          detail: { path: `policy of ${resource} → ${action}` },
        };
      }
    }
  }
}

const MAX_ACTIONS = 50;
