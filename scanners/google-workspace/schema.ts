import { z } from 'zod';
import { flag, texts } from '../../src/formats/answer.ts';

/**
 * What the Admin SDK answers (Directory API, Reports API); only what is used.
 * https://developers.google.com/workspace/admin/directory/reference/rest
 * https://developers.google.com/workspace/admin/reports/reference/rest
 */
const text = z.string().min(1).max(2000);
const optionalText = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined || value === '' ? undefined : String(value)));

/** Dates of ISO 8601, or milliseconds since 1970 as text; zero is "never". */
const time = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => isoTime(value));

export function isoTime(value: string | number | null | undefined): string | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  const isCount = /^\d{1,16}$/.test(String(value));
  if (isCount && Number(value) === 0) return undefined;
  if (!isCount && !/^\d{4}-\d\d-\d\d/.test(String(value))) return undefined;
  const date = new Date(isCount ? Number(value) : String(value));
  const year = date.getUTCFullYear();
  return Number.isNaN(date.getTime()) || year > 9999 || year < 1990 ? undefined : date.toISOString();
}

/** What a user lets an app do. */
export const Token = z.object({
  clientId: text,
  displayText: optionalText,
  anonymous: flag,
  nativeApp: flag,
  userKey: optionalText,
  scopes: texts,
});
export type Token = z.infer<typeof Token>;

/** A password for one application, past the second factor. */
export const AppPassword = z.object({
  codeId: z.union([z.string().min(1), z.number()]).transform(String),
  name: optionalText,
  userKey: optionalText,
  creationTime: time,
  lastTimeUsed: time,
});
export type AppPassword = z.infer<typeof AppPassword>;

export const User = z.object({
  id: optionalText,
  primaryEmail: text,
  customerId: optionalText,
  isAdmin: flag,
  isDelegatedAdmin: flag,
  suspended: flag,
  archived: flag,
  creationTime: time,
  lastLoginTime: time,
  name: z.object({ fullName: optionalText }).nullish(),
});
export type User = z.infer<typeof User>;

const Parameter = z.object({
  name: z.string(),
  value: optionalText,
  multiValue: texts,
});

export const Activity = z
  .object({
    id: z.object({ time, customerId: optionalText, applicationName: optionalText, uniqueQualifier: optionalText }),
    actor: z.object({ email: optionalText }).nullish(),
    ipAddress: optionalText,
    events: z
      .array(z.object({ name: z.string(), parameters: z.array(Parameter).nullish() }))
      .nullish()
      .transform((list) => list ?? []),
  })
  .transform((raw) => ({
    time: raw.id.time,
    customer: raw.id.customerId,
    application: raw.id.applicationName,
    qualifier: raw.id.uniqueQualifier,
    actor: raw.actor?.email,
    ip: raw.ipAddress,
    events: raw.events.map(({ name, parameters }) => ({
      name,
      parameters: (parameters ?? []).map((one) => ({ name: one.name, values: valuesOf(one) })),
    })),
  }));

function valuesOf(one: { readonly value?: string | undefined; readonly multiValue: readonly string[] }): string[] {
  return one.multiValue.length > 0 ? [...one.multiValue] : one.value === undefined ? [] : [one.value];
}
export type Activity = z.infer<typeof Activity>;

/**
 * The same in Cloud Logging, for organisations that share Workspace's audit log with Google Cloud.
 * https://cloud.google.com/logging/docs/audit/gsuite-audit-logging
 */
export const LogEntry = z
  .object({
    timestamp: time,
    insertId: optionalText,
    protoPayload: z.object({
      authenticationInfo: z.object({ principalEmail: optionalText }).nullish(),
      requestMetadata: z.object({ callerIp: optionalText }).nullish(),
      metadata: z.object({
        event: z.array(
          z.object({
            eventName: z.string(),
            parameter: z
              .array(z.object({ name: z.string(), value: optionalText, multiStrValue: texts }))
              .nullish()
              .transform((list) => list ?? []),
          }),
        ),
      }),
    }),
  })
  .transform(
    ({ timestamp, insertId, protoPayload }): Activity => ({
      time: timestamp,
      customer: undefined,
      application: 'admin',
      qualifier: insertId,
      actor: protoPayload.authenticationInfo?.principalEmail,
      ip: protoPayload.requestMetadata?.callerIp,
      events: protoPayload.metadata.event.map(({ eventName, parameter }) => ({
        name: eventName,
        parameters: parameter.map(({ name, value, multiStrValue }) => ({
          name,
          values: valuesOf({ value, multiValue: multiStrValue }),
        })),
      })),
    }),
  );
