import { type Html, html } from '../html.ts';
import { section } from './section.ts';

const WORDS: readonly (readonly [word: string, meaning: string])[] = [
  ['Identity', 'An account that no person is: a role, a service account, an app, a deploy key, a database role, an agent.'],
  ['Credential', 'What it proves itself with: a key, a password, a token, a certificate.'],
  ['Sighting', 'A place where a credential was seen: a file, an old commit, a notebook output, an image, a log.'],
  ['Consumer', 'What is set up to use an identity: a job, a pod, a connection of the gateway.'],
  ['Reach', 'What an identity may do at the end, itself or by becoming others.'],
  ['Owner left', 'The person who was declared as owner is not there any more.'],
  ['Finding', 'Something wrong with one identity or credential, and the facts that say so.'],
  ['New, open', 'New was not there in the run before; open was, and still is.'],
  ['Fixed', 'It was there before; the same place was read again, and it is gone.'],
  ['Not observed', 'It was there before; the place was not read this time. That is not fixed.'],
  ['Excepted', 'Somebody accepts it, in writing. It stays in the report.'],
  ['Pass', 'All checks of a control ran on all they need, and found nothing.'],
  ['Partial', 'Checks ran on part of what they need: that they found nothing proves little.'],
  ['Not assessed', 'The check could not run, since nobody collected what it needs. It is never a pass.'],
  ['Not applicable', 'There is nothing that the check could be about, or it is declared absent and nothing speaks against that.'],
  [
    'Declared absent',
    'Somebody says, by name, that there is none of a source. Where something of it was seen, that is not believed.',
  ],
  ['Coverage', 'What was read, and what was not, and why. Silence about what was not read means nothing.'],
  ['Population', 'How many things a check looked at: the number that the findings are part of.'],
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
