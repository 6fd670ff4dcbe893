import { SEVERITIES, type Severity } from '../../../src/contracts/finding.ts';
import { clip } from '../../../src/util/sanitize.ts';
import { type Html, html, type Part } from '../html.ts';
import type { View } from '../model.ts';

export interface SectionText {
  readonly id: string;
  readonly title: string;
  /** One sentence that says what it shows, or what follows from it. */
  readonly lead?: Part;
  readonly body: Part;
  /** Which start view shows it; absent: both. Without a script all are shown. */
  readonly view?: View;
}

export function section({ id, title, lead, body, view }: SectionText): Html {
  const scope = view === undefined ? html`` : html` data-view="${view}"`;
  return html`
<section id="${id}" aria-labelledby="${id}-title"${scope}>
<header><h2 id="${id}-title"><a href="#${id}">${title}</a></h2>${lead !== undefined && html`<p>${lead}</p>`}</header>
${body}
</section>`;
}

export const MARKS: { readonly [severity in Severity]: string } = { critical: '◆', high: '▲', medium: '●', low: '○', info: '·' };

/** Shape, word and colour: no one of them alone. */
export function severityMark(severity: Severity): Html {
  return html`<span class="sev ${severity}"><i aria-hidden="true">${MARKS[severity]}</i>${severity}</span>`;
}

const OUTCOME_MARKS: { readonly [outcome: string]: readonly [mark: string, word: string] } = {
  pass: ['✓', 'pass'],
  fail: ['✕', 'fail'],
  partial: ['◐', 'partial'],
  'not-assessed': ['?', 'not assessed'],
  'not-applicable': ['–', 'not applicable'],
  excepted: ['⊘', 'excepted'],
  complete: ['✓', 'read'],
  denied: ['✕', 'denied'],
  unsupported: ['✕', 'not understood'],
};

export function outcomeMark(outcome: string): Html {
  const [mark, word] = OUTCOME_MARKS[outcome] ?? ['?', outcome];
  return html`<span class="out ${outcome.replace(/[^a-z-]/g, '')}"><i aria-hidden="true">${mark}</i>${word}</span>`;
}

export function worstOf(severities: readonly Severity[]): Severity | undefined {
  return [...SEVERITIES].reverse().find((severity) => severities.includes(severity));
}

/** `14 %`; a little is never shown as nothing. */
export function percent(share: number): string {
  const whole = Math.round(share * 100);
  return whole === 0 && share > 0 ? 'less than 1 %' : `${whole} %`;
}

/** A name from outside, at a length that no table bursts of. */
export function named(text: string, max = 160): string {
  return clip(text, max);
}

export function day(time: string): string {
  return time.slice(0, 10);
}

export function minute(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}

/** The head of a column of figures, which stand at the right; `about` explains it to whoever points at it. */
export function figures(text: string, about?: string): Html {
  return html`<th scope="col" class="n"${about !== undefined && html` title="${about}"`}>${text}</th>`;
}

/** A table with a header that stays in sight, wrapped so that a narrow window scrolls it and not the page. */
export function table(caption: string, head: readonly (string | Html)[], rows: readonly Html[], className = ''): Html {
  const cells = head.map((cell) => (typeof cell === 'string' ? html`<th scope="col">${cell}</th>` : cell));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="${className}"><caption>${caption}</caption><thead><tr>${cells}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
