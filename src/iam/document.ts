import { z } from 'zod';
import type { Json, JsonObject } from '../contracts/index.ts';

/**
 * Policy documents as strangers write them: an object (CLI), a URL-encoded string (the API and its SDKs) or JSON text
 * (emulators, state files); one statement or a list; one string or a list everywhere.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export interface PolicyDocument {
  /** Policy variables are read only in documents of the version 2012-10-17. */
  readonly variables: boolean;
  readonly statements: readonly Statement[];
}

export interface Statement {
  /** 1-based place in the document. */
  readonly number: number;
  readonly sid: string | undefined;
  readonly effect: 'allow' | 'deny';
  readonly actions: readonly string[] | undefined;
  readonly notActions: readonly string[] | undefined;
  readonly resources: readonly string[] | undefined;
  readonly notResources: readonly string[] | undefined;
  readonly principals: readonly Principal[] | undefined;
  readonly notPrincipals: readonly Principal[] | undefined;
  readonly tests: readonly ConditionTest[];
  /** The condition as written. */
  readonly condition: JsonObject | undefined;
}

export interface Principal {
  /** `AWS`, `Service`, `Federated`, `CanonicalUser`; `*` for the bare `"*"`. */
  readonly type: string;
  readonly value: string;
}

export interface ConditionTest {
  /** As written: `ForAnyValue:StringLikeIfExists`. */
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

export type DocumentResult =
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly why: string };

const strings = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const values = z.union([scalar.transform((value) => [value]), z.array(scalar)]);
const principals = z.union([z.string(), z.record(z.string(), strings)]).transform(toPrincipals);

const statement = z.object({
  Sid: z.string().nullish(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: strings.nullish(),
  NotAction: strings.nullish(),
  Resource: strings.nullish(),
  NotResource: strings.nullish(),
  Principal: principals.nullish(),
  NotPrincipal: principals.nullish(),
  Condition: z.record(z.string(), z.record(z.string(), values)).nullish(),
});

const document = z.object({
  Version: z.string().nullish(),
  Statement: z.union([z.array(statement), statement.transform((one) => [one])]),
});

export function readPolicyDocument(input: unknown): DocumentResult {
  if (input === undefined || input === null) return { ok: false, why: 'the policy document is missing' };
  const raw = typeof input === 'string' ? parseText(input) : input;
  if (raw === undefined) return { ok: false, why: 'the policy document is neither JSON nor URL-encoded JSON' };
  const parsed = document.safeParse(raw);
  if (!parsed.success) return { ok: false, why: `the policy document is malformed at ${whereOf(parsed.error)}` };
  const variables = parsed.data.Version === '2012-10-17';
  return { ok: true, document: { variables, statements: parsed.data.Statement.map(toStatement) } };
}

/** The statement in words for evidence: its Sid, else its number. */
export function statementName(one: Statement): string {
  return one.sid === undefined || one.sid === '' ? `statement ${one.number}` : one.sid;
}

function toStatement(raw: z.infer<typeof statement>, index: number): Statement {
  const tests: ConditionTest[] = [];
  for (const [operator, block] of Object.entries(raw.Condition ?? {})) {
    for (const [key, wanted] of Object.entries(block)) tests.push({ operator, key, values: wanted });
  }
  return {
    number: index + 1,
    sid: raw.Sid ?? undefined,
    effect: raw.Effect === 'Allow' ? 'allow' : 'deny',
    actions: raw.Action ?? undefined,
    notActions: raw.NotAction ?? undefined,
    resources: raw.Resource ?? undefined,
    notResources: raw.NotResource ?? undefined,
    principals: raw.Principal ?? undefined,
    notPrincipals: raw.NotPrincipal ?? undefined,
    tests,
    condition: tests.length === 0 ? undefined : (raw.Condition as { readonly [key: string]: Json }),
  };
}

function toPrincipals(raw: string | { [type: string]: string[] }): Principal[] {
  if (typeof raw === 'string') return [{ type: '*', value: raw }];
  return Object.entries(raw).flatMap(([type, list]) => list.map((value) => ({ type, value })));
}

function parseText(text: string): unknown {
  const plain = text.trimStart().startsWith('{') ? text : decoded(text);
  if (plain === undefined) return undefined;
  try {
    return JSON.parse(plain);
  } catch {
    return undefined;
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function whereOf(error: z.ZodError): string {
  const path = error.issues[0]?.path ?? [];
  return path.length === 0 ? 'its top' : path.map(String).join('.');
}
