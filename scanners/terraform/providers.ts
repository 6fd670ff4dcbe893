import { blocks, entry, entryAt, items, known, type MapValue, type Value } from '../../src/iac/value.ts';
import type { ProviderFacts } from './evaluate.ts';

/** What resources take from their provider. */
interface Facts {
  account?: string;
  project?: string;
  /** Of GitHub: whose repositories are meant. */
  owner?: string;
  /** Of AWS: tags that every resource gets. */
  tags?: MapValue;
}

/** The account and project of each provider block: `aws`, `aws.prod`. */
export function providerFacts(providers: readonly { readonly name: string; readonly body: MapValue }[]): ProviderFacts {
  const facts = new Map<string, Facts>();
  for (const { name, body } of providers) {
    const alias = known(entry(body, 'alias'));
    const account = accountOf(body);
    const project = known(entry(body, 'project'));
    const owner = known(entry(body, 'owner')) ?? known(entry(body, 'organization'));
    const [tags] = blocks(entryAt(body, 'default_tags', 'tags'));
    facts.set(alias === undefined ? name : `${name}.${alias}`, {
      ...(account === undefined ? {} : { account }),
      ...(project === undefined ? {} : { project }),
      ...(owner === undefined ? {} : { owner }),
      ...(tags === undefined ? {} : { tags }),
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
