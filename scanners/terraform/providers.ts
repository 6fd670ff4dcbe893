import { blocks, entry, entryAt, items, known, type MapValue, type Value } from '../../src/iac/value.ts';
import type { ProviderFacts } from './evaluate.ts';

interface Facts {
  account?: string;
  project?: string;
}

/** The account and project of each provider block: `aws`, `aws.prod`. */
export function providerFacts(providers: readonly { readonly name: string; readonly body: MapValue }[]): ProviderFacts {
  const facts = new Map<string, Facts>();
  for (const { name, body } of providers) {
    const alias = known(entry(body, 'alias'));
    const account = accountOf(body);
    const project = known(entry(body, 'project'));
    facts.set(alias === undefined ? name : `${name}.${alias}`, {
      ...(account === undefined ? {} : { account }),
      ...(project === undefined ? {} : { project }),
    });
  }
  return (name) => facts.get(name) ?? (name === 'google-beta' ? facts.get('google') : undefined) ?? {};
}

/** Only what cannot be another: one allowed account, or the account of the role that is taken. */
function accountOf(body: MapValue): string | undefined {
  const allowed = items(entry(body, 'allowed_account_ids')).map((value: Value) => known(value));
  if (allowed.length === 1 && /^\d{12}$/.test(allowed[0] ?? '')) return allowed[0];
  const role = blocks(entry(body, 'assume_role')).map((block) => known(entryAt(block, 'role_arn')))[0];
  return /^arn:aws[a-z-]*:iam::(?<account>\d{12}):/.exec(role ?? '')?.groups?.account;
}
