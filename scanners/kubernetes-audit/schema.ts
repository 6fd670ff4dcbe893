import { z } from 'zod';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Event */
export const AuditEvent = z.looseObject({
  auditID: text,
  stage: text,
  verb: z.string(),
  user: z.looseObject({ username: z.string() }),
  impersonatedUser: z.looseObject({ username: text }).nullish(),
  objectRef: z.looseObject({ resource: text, subresource: text, apiGroup: text, namespace: text }).nullish(),
  responseStatus: z.looseObject({ code: z.number().nullish() }).nullish(),
  requestReceivedTimestamp: z.string(),
});
export type AuditEvent = z.infer<typeof AuditEvent>;
