import type { IdentityView } from '../../../src/contracts/reporter.ts';
import { printable } from '../../../src/util/sanitize.ts';
import { pasteableWord } from '../../../src/util/shell-word.ts';
import type { PageData } from '../model.ts';
import { controlPanel } from './control.ts';
import { append, count, el, find, prose, say, thousands } from './dom.ts';
import { labelOf } from './facets.ts';
import { updateRoute } from './route.ts';
import { MARKS, nhiOf, type Row, splitName } from './rows.ts';

const FINDINGS_OF_IDENTITY = 60;

/** The panel at the side: one finding or one identity, with what to do and what to copy. */
export class Detail {
  readonly #panel = find('#detail') as HTMLElement;
  readonly #data: PageData;
  readonly #rows: () => readonly Row[];
  #back: HTMLElement | undefined;
  #closed: () => void = () => undefined;

  constructor(data: PageData, rows: () => readonly Row[]) {
    this.#data = data;
    this.#rows = rows;
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !this.#panel.hidden) this.close();
    });
  }

  get isOpen(): boolean {
    return !this.#panel.hidden;
  }

  onClose(action: () => void): void {
    this.#closed = action;
  }

  close(): void {
    if (this.#panel.hidden) return;
    this.#panel.hidden = true;
    unmark();
    document.body.classList.remove('with-detail');
    updateRoute({ finding: undefined, identity: undefined, checks: undefined, at: undefined });
    this.#back?.focus({ preventScroll: true });
    this.#back = undefined;
    this.#closed();
  }

  showFinding(row: Row, focus = true): void {
    updateRoute({ finding: row.fingerprint, identity: undefined, checks: undefined, at: undefined });
    const { rule } = row;
    const word = pasteableWord(row.fingerprint) ?? row.fingerprint;
    this.#open(
      [
        el('p', { class: 'kicker' }, severity(row.severity), ` ${statusOf(row, this.#data)}, confidence ${row.confidence}`),
        el('h2', { tabindex: '-1' }, rule.title),
        el('p', { class: 'message' }, row.message),
        this.#accepted(row),
        el('h3', {}, 'What to do'),
        steps(row.fix),
        el(
          'dl',
          {},
          this.#whose(row),
          fact('Known from', row.surfaces.map((surface) => labelOf('surface', surface, this.#data)).join(', ')),
          fact('First seen', row.firstSeen.slice(0, 10)),
          fact('Last seen', row.lastSeen.slice(0, 10)),
        ),
        rule.why === '' ? undefined : [el('h3', {}, 'Why it matters'), el('p', {}, ...(prose(rule.why) as Node[]))],
        el(
          'h3',
          {},
          row.evidenceTotal > row.evidence.length
            ? `Evidence, ${row.evidence.length} of ${thousands(row.evidenceTotal)}`
            : 'Evidence',
        ),
        evidence(row),
        el('h3', {}, 'Controls'),
        el(
          'ul',
          { class: 'plain' },
          ...row.controls.map((ref) =>
            el(
              'li',
              {},
              el('a', { href: `#control=${encodeURIComponent(ref)}` }, labelOf('control', ref, this.#data)),
              ' ',
              el('small', {}, ref.slice(0, ref.indexOf(':'))),
            ),
          ),
        ),
        el('h3', {}, 'Look closer'),
        command(`nhi-audit trace ${word} --store ${pasteableWord(this.#data.store) ?? 'FILE'}`),
        command(`nhi-audit explain ${rule.id}`),
        rule.limits === undefined
          ? undefined
          : [el('h3', {}, 'Where it may be wrong'), el('p', {}, ...(prose(rule.limits) as Node[]))],
        rule.references.length === 0
          ? undefined
          : [
              el('h3', {}, 'References'),
              el('ul', { class: 'plain' }, ...rule.references.map((url) => el('li', {}, reference(url)))),
            ],
        el('p', { class: 'foot' }, el('code', {}, rule.id), ' ', el('code', {}, row.fingerprint)),
      ],
      focus,
    );
  }

  showIdentity(identity: IdentityView, focus = true): void {
    updateRoute({ identity: identity.id, finding: undefined, checks: undefined, at: undefined });
    const { name, scope } = splitName(identity.id);
    const rows = this.#rows().filter((row) => row.identity === identity.id);
    const keys = this.#data.credentials.filter((credential) => credential.identity === identity.id);
    const granted = this.#data.granted.filter((row) => row.identity === identity.id);
    const word = pasteableWord(identity.id);
    this.#open(
      [
        el('p', { class: 'kicker' }, `${identity.provider} ${identity.type}`, scope === '' ? undefined : ` in ${scope}`),
        el('h2', { tabindex: '-1' }, identity.name === '' ? name : identity.name),
        el(
          'dl',
          {},
          el('div', {}, el('dt', {}, 'Owner'), el('dd', {}, ownerText(identity))),
          fact('Environment', identity.environment),
          fact('Enabled', identity.enabled === undefined ? undefined : identity.enabled ? 'yes' : 'no'),
          fact('Made', identity.createdAt?.slice(0, 10)),
          fact('Last used', identity.lastUsedAt?.slice(0, 10) ?? 'not told'),
          fact('May', identity.capabilities.join(', ')),
          fact('Used by', identity.consumers === 0 ? undefined : count(identity.consumers, 'consumer')),
          fact('Recorded uses', identity.sessions === 0 ? undefined : thousands(identity.sessions)),
          ...granted.map((row) => fact(`Rights, ${row.side}`, `${thousands(row.used)} of ${thousands(row.granted)} used`)),
        ),
        keys.length === 0
          ? undefined
          : [
              el('h3', {}, 'Credentials'),
              el(
                'ul',
                { class: 'plain' },
                ...keys.map((key) =>
                  el(
                    'li',
                    {},
                    el('code', {}, key.name),
                    ` ${[key.type, key.status, key.ageDays === undefined ? undefined : `${thousands(key.ageDays)} days old`, key.sightings === 0 ? undefined : `seen in ${count(key.sightings, 'place')}`].filter(Boolean).join(', ')}`,
                  ),
                ),
              ),
            ],
        el('h3', {}, rows.length === 0 ? 'No findings' : count(rows.length, 'finding')),
        el(
          'ul',
          { class: 'plain' },
          ...rows
            .slice(0, FINDINGS_OF_IDENTITY)
            .map((row) =>
              el(
                'li',
                {},
                severity(row.severity),
                ' ',
                el('a', { href: `#finding=${encodeURIComponent(row.fingerprint)}` }, row.rule.title),
                row.status === 'new' || row.status === 'open' ? undefined : ` (${row.status})`,
              ),
            ),
        ),
        rows.length > FINDINGS_OF_IDENTITY ? el('p', {}, `and ${count(rows.length - FINDINGS_OF_IDENTITY, 'more')}`) : undefined,
        el('h3', {}, 'Look closer'),
        el('p', {}, el('a', { href: `#lineage=${encodeURIComponent(identity.id)}` }, 'Show it in the lineage graph')),
        word === undefined ? undefined : command(`nhi-audit trace ${word} --store ${pasteableWord(this.#data.store) ?? 'FILE'}`),
        el('p', { class: 'foot' }, el('code', {}, identity.id)),
      ],
      focus,
    );
  }

  /** What stands behind a control, at one source or all: which checks ran on what, and what is missing. */
  showControl(ref: string, surface?: string, focus = true): void {
    const content = controlPanel(ref, surface, this.#data, this.#rows());
    if (content === undefined) {
      say('The control that the link names is not in this report.');
      return;
    }
    updateRoute({ checks: ref, at: surface, finding: undefined, identity: undefined });
    this.#open(content, focus);
    document.getElementById(`control-${ref}`)?.setAttribute('aria-current', 'true');
  }

  /** On whose word it may stand, and until when. */
  #accepted({ fingerprint, status }: Row): Node[] | undefined {
    const by = this.#data.acceptances[this.#data.acceptedBy[fingerprint] ?? -1];
    if (status !== 'excepted' || by === undefined) return undefined;
    return [
      el('h3', {}, 'Excepted'),
      el(
        'dl',
        { class: 'accepted' },
        fact('Reason', by.reason ?? 'none given'),
        fact('Justification', by.justification),
        fact('Owner', by.owner ?? 'none given'),
        fact('Approver', by.approver),
        fact('Ticket', by.ticket),
        fact('Expires', by.expires ?? 'never'),
        fact('Written', [by.source, by.place, by.entry].filter(Boolean).join(', ')),
      ),
      el('p', {}, el('a', { href: '#exceptions' }, 'Exceptions register')),
    ];
  }

  #whose(row: Row): Node {
    const { known, identity } = row;
    const what = identity === undefined ? row.subject : splitName(identity).name;
    return el(
      'div',
      { class: 'wide' },
      el(
        'div',
        {},
        el('dt', {}, 'About'),
        el('dd', {}, known === undefined ? what : el('a', { href: `#identity=${encodeURIComponent(known.id)}` }, what)),
      ),
      el('div', {}, el('dt', {}, 'Owner'), el('dd', {}, known === undefined ? 'not known' : ownerText(known))),
      known?.environment === undefined ? undefined : el('div', {}, el('dt', {}, 'Environment'), el('dd', {}, known.environment)),
      nhiOf(row.controls).length === 0
        ? undefined
        : el('div', {}, el('dt', {}, 'OWASP'), el('dd', {}, nhiOf(row.controls).join(', '))),
    );
  }

  #open(content: readonly unknown[], focus: boolean): void {
    if (this.#panel.hidden) this.#back = document.activeElement instanceof HTMLElement ? document.activeElement : undefined;
    const close = el(
      'button',
      { type: 'button', class: 'close', 'aria-label': 'Close', title: 'Close (Esc)', onclick: () => this.close() },
      '✕',
    );
    unmark();
    this.#panel.replaceChildren(close);
    append(this.#panel, content as Parameters<typeof append>[1]);
    this.#panel.hidden = false;
    this.#panel.scrollTop = 0;
    document.body.classList.add('with-detail');
    if (focus) find('h2', this.#panel)?.focus({ preventScroll: true });
  }
}

/** In the first run all is new, which says nothing. */
function statusOf({ status }: Row, { hasPrevious }: PageData): string {
  return status === 'new' && !hasPrevious ? 'open' : status.replace('-', ' ');
}

/** No control is told of beside its row any more. */
function unmark(): void {
  find('[id^="control-"][aria-current]')?.removeAttribute('aria-current');
}

export function severity(name: Row['severity']): HTMLElement {
  return el('span', { class: `sev ${name}` }, el('i', { 'aria-hidden': 'true' }, MARKS[name]), name);
}

/** For a narrow cell: what is wrong with the owner comes first, since the end is what is cut. */
export function ownerCell({ owner, ownership }: IdentityView): (Node | string)[] {
  if (ownership === 'owned') return [owner ?? ''];
  const flag = el('em', {}, ownership.replace('owner-', ''));
  return owner === undefined ? [flag] : [flag, ` ${owner}`];
}

function ownerText({ owner, ownership }: IdentityView): Node {
  if (owner === undefined) return el('em', {}, 'nobody known');
  return ownership === 'owned'
    ? document.createTextNode(owner)
    : el('span', {}, owner, ' ', el('em', {}, `(${ownership.replace('owner-', '')})`));
}

function fact(name: string, value: string | undefined): Node | undefined {
  return value === undefined || value === '' ? undefined : el('div', {}, el('dt', {}, name), el('dd', {}, value));
}

function evidence(row: Row): Node {
  return el(
    'ol',
    { class: 'evidence' },
    ...row.evidence.map(([kind, summary, place, observation]) =>
      el(
        'li',
        {},
        el('small', {}, kind),
        ' ',
        summary,
        place === '' ? undefined : el('code', { class: 'place' }, place),
        el('small', { class: 'id', title: 'Id of the observation in the store' }, observation.slice(0, 12)),
      ),
    ),
  );
}

/** `1. Do this.` lines become a list; what stands before them stays a sentence. */
function steps(advice: string): Node {
  const parts = advice
    .split(/(?:^|\s)(?=\d+\. )/)
    .map((part) => part.trim())
    .filter(Boolean);
  const intro = parts.filter((part) => !/^\d+\. /.test(part));
  const items = parts.filter((part) => /^\d+\. /.test(part)).map((part) => part.replace(/^\d+\. /, ''));
  return el(
    'div',
    { class: 'steps' },
    ...intro.map((text) => el('p', {}, ...(prose(text) as Node[]))),
    items.length === 0 ? undefined : el('ol', {}, ...items.map((text) => el('li', {}, ...(prose(text) as Node[])))),
  );
}

function command(text: string): Node {
  const button = el('button', { type: 'button', class: 'copy' }, 'Copy');
  button.addEventListener('click', () => {
    copy(text).then(
      () => {
        button.textContent = 'Copied';
        say('Copied');
        setTimeout(() => {
          button.textContent = 'Copy';
        }, 1_500);
      },
      () => say('The browser does not let this page copy: select the text instead.'),
    );
  });
  return el('div', { class: 'command' }, el('code', {}, printable(text)), button);
}

async function copy(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text);
      return;
    } catch {
      // Not allowed here: the old way may be.
    }
  }
  const area = el('textarea', { class: 'off' });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('not copied');
}

/** Only what is a web address becomes a link. */
function reference(url: string): Node {
  return /^https:\/\/[\w.-]+(?:\/|$)/.test(url)
    ? el('a', { href: url, rel: 'noreferrer noopener', target: '_blank' }, url)
    : document.createTextNode(url);
}
