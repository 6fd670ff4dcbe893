import { type Html, html } from '../html.ts';
import { section } from './section.ts';

const WORDS: readonly (readonly [word: string, meaning: string])[] = [
  [
    'Identity',
    'An account that belongs to a machine and not to a person: a role, a service account, an app, a deploy key, a database role, an agent.',
  ],
  ['Credential', 'What it proves itself with: a key, a password, a token, a certificate.'],
  ['Sighting', 'A place where a credential was seen: a file, an old commit, a notebook output, an image, a log.'],
  ['Consumer', 'What is set up to use an identity: a job, a pod, a connection of the gateway.'],
  ['Reach', 'What an identity can do in the end, by itself or by becoming another one.'],
  ['Owner left', 'The person declared as owner is no longer there.'],
  ['Finding', 'Something wrong with one identity or credential, and the facts that show it.'],
  ['New, open', 'New: not there in the run before. Open: there before, and still there.'],
  ['Fixed', 'It was there before; the same place was read again, and it is gone.'],
  ['Not observed', 'It was there before; the place was not read this time. That does not make it fixed.'],
  ['Excepted', 'Somebody accepted it in writing. It stays in the report.'],
  ['Pass', 'All checks of a control ran on all they need, and found nothing.'],
  ['Partial', 'Checks ran on part of what they need: finding nothing proves little.'],
  ['Not assessed', 'The check could not run, since nobody collected what it needs. It is never a pass.'],
  ['Not applicable', 'There is nothing for the check to judge, or it is declared absent and nothing contradicts that.'],
  [
    'Declared absent',
    'Somebody states, by name, that a source does not exist here. If something of it was seen, the statement is not believed.',
  ],
  ['Coverage', 'What was read, what was not, and why. No findings in what was not read means nothing.'],
  ['Population', 'How many things a check looked at: what its findings are counted out of.'],
  ['Fingerprint', 'The name of a finding over time: it stays when a line moves.'],
  ['Gateway', 'A proxy in front of databases and clusters that records who did what.'],
];

export function glossarySection(): Html {
  return section({
    id: 'glossary',
    title: 'Words',
    body: html`<dl class="glossary">${WORDS.map(([word, meaning]) => html`<div><dt>${word}</dt><dd>${meaning}</dd></div>`)}</dl>`,
    view: 'audit',
  });
}
