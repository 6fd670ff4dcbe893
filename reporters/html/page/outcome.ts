import { el } from './dom.ts';

/** Outcomes of checks and controls; what needs a reader comes first. */
export const ORDER = ['fail', 'partial', 'not-assessed', 'excepted', 'pass', 'not-applicable'];

const MARKS: { readonly [outcome: string]: string } = {
  pass: '✓',
  fail: '✕',
  partial: '◐',
  'not-assessed': '?',
  'not-applicable': '–',
  excepted: '⊘',
};

/** Sign, word and colour. */
export function outcome(name: string, isShort = false): HTMLElement {
  const word = name.replace('-', ' ');
  return el(
    'span',
    { class: `out ${name}` },
    el('i', { 'aria-hidden': 'true' }, MARKS[name] ?? '?'),
    isShort ? el('span', { class: 'off' }, word) : word,
  );
}
