import type { Layout } from '../util/layout.ts';
import { count } from '../util/report-text.ts';
import { surfaceText } from './tell-who.ts';
import { stretchText } from './who.ts';
import type { AccountsAnswer, AccountUse, AccountVerdict } from './who-accounts.ts';
import type { Stretch } from './who-looked.ts';

const TITLES: { readonly [verdict in AccountVerdict]: string } = {
  around: 'AROUND THE GATEWAY',
  'not-held': 'NO CONNECTION OF THE GATEWAY HOLDS THEM',
  'not-known': 'NOT KNOWN',
  through: 'THROUGH THE GATEWAY ONLY',
  unused: 'NO USE IN THE LOGS THAT WERE GIVEN',
};

/** Did all go through the gateway? No, where one did not; yes, only where that is known of all. */
export function accountsVerdict({ accounts }: AccountsAnswer): string {
  const of = (verdict: AccountVerdict): number => accounts.filter((account) => account.verdict === verdict).length;
  if (accounts.length === 0) return 'Not assessed: no account is known.';
  const bad = [
    ...(of('around') > 0 ? [`${count(of('around'), 'account')} used around it`] : []),
    ...(of('not-held') > 0 ? [`${count(of('not-held'), 'account')} used that no connection of it holds`] : []),
  ];
  const rest = [
    ...(of('through') > 0 ? [`${of('through')} through it only`] : []),
    ...(of('unused') > 0 ? [`${of('unused')} without a use in the logs that were given`] : []),
    ...(of('not-known') > 0 ? [`${of('not-known')} not known`] : []),
  ];
  const answer = bad.length > 0 ? 'No' : of('not-known') > 0 ? 'Not known' : 'Yes';
  return `${answer}: ${[...bad, ...rest].join('; ')}.`;
}

/** Account by account, those that went past the gateway first. */
export function tellAccounts(answer: AccountsAnswer, layout: Layout): string {
  const { accounts, asked } = answer;
  const when = asked === null ? '' : `, ${askedText(asked)} (UTC)`;
  const verdict = accountsVerdict(answer);
  const lines = [
    ...layout.block('', `Did every machine identity go through the gateway${when}?`, 'bold'),
    ...layout.block('', verdict, verdict.startsWith('Yes') ? 'green' : 'red'),
  ];
  for (const [kind, title] of Object.entries(TITLES)) {
    const same = accounts.filter((account) => account.verdict === kind);
    if (same.length > 0) lines.push(...layout.heading(title), ...tellSome(same, layout));
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Who asks since a day asks to the end, and the other way round. */
function askedText({ from, until }: Stretch): string {
  if (from.startsWith('0001')) return `until ${until.slice(0, 16).replace('T', ' ')}`;
  return until.startsWith('9999') ? `since ${from.slice(0, 16).replace('T', ' ')}` : stretchText({ from, until });
}

function* tellSome(accounts: readonly AccountUse[], layout: Layout): Iterable<string> {
  for (const account of accounts.filter(isSeen)) {
    yield* layout.block('  ', account.name, 'bold');
    yield* layout.block('    ', usesText(account));
    yield* tellWhy(account, layout);
  }
  // Of what nothing was seen, one line tells of many.
  const silent = new Map<string, { readonly first: AccountUse; readonly names: string[] }>();
  for (const account of accounts.filter((one) => !isSeen(one))) {
    const key = JSON.stringify([account.why, account.surfaces]);
    const group = silent.get(key) ?? { first: account, names: [] };
    group.names.push(account.name);
    silent.set(key, group);
  }
  for (const { first, names } of silent.values()) {
    const shown = names.slice(0, MOST_NAMES).join(', ');
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more (-f json or csv lists all)` : '';
    yield* layout.block('  ', `${count(names.length, 'account')} of which no use was seen: ${shown}${more}`);
    yield* tellWhy(first, layout);
  }
}

function* tellWhy({ why, surfaces }: AccountUse, layout: Layout): Iterable<string> {
  for (const reason of why) yield* layout.block('    ', `Why: ${reason}`, 'yellow');
  for (const surface of surfaces)
    yield* layout.block('    ', `Looked at: ${surfaceText(surface)}`, surface.covers === 'all' ? 'dim' : 'yellow');
}

const MOST_NAMES = 8;

function isSeen({ first }: AccountUse): boolean {
  return first !== null;
}

function usesText({
  sessions,
  recordsThrough,
  recordsAround,
  recordsNotHeld,
  recordsNotKnown,
  connections,
  first,
  last,
}: AccountUse): string {
  const parts = [
    ...(sessions > 0 ? [`${count(sessions, 'session')} of the gateway`] : []),
    ...(recordsThrough > 0 ? [`${count(recordsThrough, 'record')} of logs through it`] : []),
    ...(recordsAround > 0 ? [`${count(recordsAround, 'record')} AROUND it`] : []),
    ...(recordsNotHeld > 0 ? [`${count(recordsNotHeld, 'record')} without it`] : []),
    ...(recordsNotKnown > 0 ? [`${count(recordsNotKnown, 'record')} of which it is not known`] : []),
  ];
  const held = connections.length === 0 ? '' : `; connections: ${connections.join(', ')}`;
  const when = first === null || last === null ? '' : `, ${stretchText({ from: first, until: last })}`;
  return `${parts.join(', ')}${when}${held}`;
}
