import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../util/package-root.ts';
import { type PolicyDocument, readPolicyDocument } from './document.ts';

const Catalogue = z.strictObject({
  policies: z.array(
    z.strictObject({
      name: z.string(),
      /** `false`: a summary that leaves out what no capability hangs on. */
      complete: z.boolean(),
      statements: z.array(z.record(z.string(), z.unknown())),
    }),
  ),
});

export interface KnownPolicy {
  readonly document: PolicyDocument;
  readonly complete: boolean;
}

let loaded: ReadonlyMap<string, KnownPolicy> | undefined;

/** What AWS publishes under this ARN, in our summary (`rules/catalogs/aws-managed-policies.yml`); for exports without documents. */
export function knownManagedPolicy(arn: string): KnownPolicy | undefined {
  const name = /^arn:aws[a-z-]*:iam::aws:policy\/(?:[\w-]+\/)*(?<name>[\w+=,.@-]+)$/.exec(arn)?.groups?.name;
  if (name === undefined) return undefined;
  loaded ??= load();
  return loaded.get(name);
}

function load(): Map<string, KnownPolicy> {
  const text = readFileSync(join(packageRoot(), 'rules', 'catalogs', 'aws-managed-policies.yml'), 'utf8');
  const known = new Map<string, KnownPolicy>();
  for (const { name, complete, statements } of Catalogue.parse(parse(text)).policies) {
    const read = readPolicyDocument({ Version: '2012-10-17', Statement: statements });
    if (!read.ok) throw new Error(`aws-managed-policies.yml: ${name}: ${read.why}`);
    known.set(name, { document: read.document, complete });
  }
  return known;
}
