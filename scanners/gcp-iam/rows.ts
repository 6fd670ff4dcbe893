import type { Location, Observation, ScanContext } from '../../src/contracts/index.ts';
import { isDefaultAccount, isServiceAgent } from '../../src/iam/gcp/accounts.ts';
import { type BindingTally, type BoundRole, bindingRows } from '../../src/iam/gcp/bindings.ts';
import { apiKeyRow, denyRows, escalationRow, hmacKeyRow, providerRow } from './access-rows.ts';
import type { Answers } from './collect.ts';
import type { Gathered } from './gather.ts';
import { accountNamed, accountRow, keyRow } from './service-accounts.ts';

/** What some answers tell, by the light of all that were gathered with them. */
export function* answerRows(
  answers: Answers,
  gathered: Gathered,
  at: Location,
  context: Pick<ScanContext, 'now' | 'fingerprint'>,
  tally: BindingTally,
): Generator<Observation> {
  const bindings = gathered.bindings.get(answers) ?? [];
  for (const account of answers.accounts.values()) yield accountRow(account, at, gathered);
  for (const email of unlistedAccounts(answers, bindings, gathered)) yield accountRow(accountNamed(email), at, gathered);
  for (const key of answers.keys.values()) yield keyRow(key, at, context.now(), gathered);
  for (const key of answers.apiKeys.values()) yield apiKeyRow(key, at, context, gathered);
  for (const key of answers.hmacKeys.values()) {
    const row = hmacKeyRow(key, at, gathered);
    if (row !== undefined) yield row;
  }
  for (const provider of answers.providers.values()) yield providerRow(provider, at, gathered);
  for (const rule of answers.denials) yield* denyRows(rule, at, gathered);
  const escalations = bindings.length === 0 ? undefined : gathered.estate.escalations();
  for (const bound of bindings) {
    yield* bindingRows(bound, at, gathered.estate, tally);
    for (const one of escalations?.get(bound) ?? []) {
      const row = escalationRow(one, at, gathered);
      if (row !== undefined) yield row;
    }
  }
}

/**
 * Accounts that no list tells of: those that Google made and only bindings name (lists leave out service agents, and a
 * finding about one must be able to say that it is Google's), and those of which there is a last use alone.
 */
function unlistedAccounts(answers: Answers, bindings: readonly BoundRole[], { emailOf }: Gathered): Set<string> {
  const emails = new Set<string>();
  const add = (email: string | undefined) => {
    if (email?.includes('@') === true && !answers.accounts.has(email)) emails.add(email);
  };
  for (const { members } of bindings) {
    for (const member of members) {
      const email = /^serviceAccount:(?<email>[^[?]+)$/.exec(member)?.groups?.email;
      if (email !== undefined && (isServiceAgent(email) || isDefaultAccount(email))) add(email);
    }
  }
  for (const { names } of answers.activities) {
    for (const name of names) {
      const account = /\/serviceAccounts\/(?<account>[^/]+)$/.exec(name)?.groups?.account;
      if (account !== undefined) add(emailOf(account));
    }
  }
  for (const { content } of answers.insights) add(content?.email);
  return emails;
}
