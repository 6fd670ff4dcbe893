import type { Finding } from '../../../src/contracts/finding.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { count, thousands } from '../../../src/util/report-text.ts';
import { type Html, html } from '../html.ts';
import { openOf } from '../order.ts';
import { NHI_FRAMEWORK } from '../owasp.ts';
import { unlistedOf } from '../unlisted.ts';
import { nhiOutcome } from './strip.ts';

const STALE_DAYS = 90;
const DUE_DAYS = 30;
const DAY = 86_400_000;

interface KeyNumber {
  readonly label: string;
  readonly about: string;
  readonly value: number;
  /** What the number is out of, or made of: `of 92: 28 unknown, 6 left`. */
  readonly note?: string;
  /** Against the run before; absent where there is none, or where it does not tell. */
  readonly delta?: number;
  /** What the delta counts. */
  readonly unit?: string;
  readonly link?: string;
  /** Nobody looked, so that 0 would say too much. */
  readonly isUnknown?: boolean;
}

export function numbersSection(report: Report): Html {
  return html`
<section id="numbers" aria-label="Key numbers">
<dl class="numbers">${keyNumbers(report).map(numberCell)}</dl>
</section>`;
}

function numberCell({ label, about, value, note, delta, unit, link, isUnknown }: KeyNumber): Html {
  if (isUnknown === true && value === 0) {
    return html`<div title="${about}"><dt>${label}</dt><dd><b aria-hidden="true">–</b><small>not assessed</small></dd></div>`;
  }
  const text = thousands(value);
  return html`<div title="${about}"><dt>${label}${note !== undefined && html`<small>${note}</small>`}</dt><dd><b>${link === undefined || value === 0 ? text : html`<a href="#${link}">${text}</a>`}</b>${delta !== undefined && deltaText(delta, unit)}</dd></div>`;
}

function deltaText(delta: number, unit = ''): Html {
  if (delta === 0) return html`<small>as before</small>`;
  const sign = delta > 0 ? '▲' : '▼';
  const word = delta > 0 ? 'more' : 'fewer';
  const way = unit === '' ? '' : delta > 0 ? 'worse' : 'better';
  return html`<small class="${way}"><i aria-hidden="true">${sign}</i> ${thousands(Math.abs(delta))} ${unit} ${word}</small>`;
}

function keyNumbers(report: Report): KeyNumber[] {
  const open = openOf(report);
  const { identities } = report;
  const now = Date.parse(report.run.startedAt);
  const points = report.parts?.history ?? [];
  const before = points.findLast(({ isThis }) => !isThis);
  const here = points.find(({ isThis }) => isThis);
  const ofNhi = (nhi: string, label: string, about: string): KeyNumber => {
    const ref = `${NHI_FRAMEWORK}:${nhi}:2025`;
    const mine = open.filter(({ controls }) => controls.includes(ref));
    const was = before?.controls[ref] ?? 0;
    const is = here?.controls[ref] ?? 0;
    return {
      label,
      about: `Identities and credentials with open findings of ${nhi}: ${about}`,
      value: subjects(mine),
      note: madeOf(mine, report, unlistedOf(report, ref)),
      link: `nhi=${nhi}`,
      isUnknown: nhiOutcome(report, `${nhi}:2025`) === 'not-assessed',
      ...(before === undefined || here === undefined
        ? {}
        : { delta: is - was, unit: Math.abs(is - was) === 1 ? 'finding' : 'findings' }),
    };
  };
  const nobodyListed = !report.coverage.some(({ covers }) => covers.includes('identity'));
  const inUse = identities.filter(({ lastUsedAt, enabled }) => enabled !== false && lastUsedAt !== undefined);
  const stale = inUse.filter(({ lastUsedAt }) => now - Date.parse(lastUsedAt ?? '') > STALE_DAYS * DAY);
  const due = report.acceptances.filter(
    ({ expires, state }) => state !== 'expired' && expires !== undefined && Date.parse(expires) - now <= DUE_DAYS * DAY,
  );
  return [
    {
      label: 'Machine identities',
      note: 'known in this run',
      about: 'Machine identities that an inventory, code or logs name',
      value: identities.length,
      link: 'identities',
      isUnknown: nobodyListed,
      ...(before === undefined ? {} : { delta: identities.length - before.identities }),
    },
    {
      label: 'Without an owner',
      note: `of ${thousands(identities.length)}${ownersText(report)}`,
      about: 'No owner is declared, several contradict each other, or the owner has left',
      value: identities.filter(({ ownership }) => ownership !== 'owned').length,
      link: 'ownership=unowned',
      isUnknown: nobodyListed,
    },
    {
      label: `Unused for ${STALE_DAYS} days`,
      note: `of ${thousands(inUse.length)} whose last use is known`,
      about: `Enabled, and last used more than ${STALE_DAYS} days ago; those whose use nobody tells are not counted`,
      value: stale.length,
      link: 'unused=true',
      isUnknown: nobodyListed,
    },
    ofNhi('NHI2', 'Leaked', 'a secret lies where it should not'),
    ofNhi('NHI5', 'Over-privileged', 'more rights than needed'),
    ofNhi('NHI7', 'Long-lived', 'credentials too old, or without end'),
    ofNhi('NHI9', 'Shared', 'one identity or key for several workloads'),
    ofNhi('NHI10', 'Used by people', 'a person works as a machine'),
    {
      label: `Exceptions ending in ${DUE_DAYS} days`,
      note: report.acceptances.length === 0 ? 'there are none' : `of ${thousands(report.acceptances.length)}`,
      about: 'Accepted findings that open again soon',
      value: due.length,
      link: 'exceptions',
    },
  ];
}

/** `: 28 unknown, 6 left`, as the terminal counts them. */
function ownersText({ identities }: Report): string {
  const words = [
    ['unowned', 'unknown'],
    ['owner-left', 'left'],
    ['conflicting', 'contradictory'],
  ] as const;
  const parts = words.flatMap(([state, word]) => {
    const n = identities.filter(({ ownership }) => ownership === state).length;
    return n === 0 ? [] : [`${thousands(n)} ${word}`];
  });
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

/** What the number counts: `9 of 92 identities, 7 credentials of none`. A credential of a known identity is not counted beside it. */
function madeOf(findings: readonly Finding[], { identities }: Report, unlisted: number): string {
  const own = findings.filter(({ identity }) => identity !== undefined);
  const keys = findings.filter(({ identity, credential }) => identity === undefined && credential !== undefined);
  const places = findings.filter(({ identity, credential }) => identity === undefined && credential === undefined);
  const parts = [
    ...(own.length === 0 && keys.length + places.length > 0
      ? []
      : [
          `${keys.length + places.length === 0 ? '' : `${thousands(subjects(own))} `}of ${count(identities.length, 'identity', 'identities')}`,
        ]),
    ...(keys.length === 0 ? [] : [`${count(subjects(keys), 'credential')} of no known identity`]),
    ...(places.length === 0 ? [] : [count(subjects(places), 'place')]),
    ...(unlisted === 0 ? [] : [`${count(unlisted, 'finding')} not shown`]),
  ];
  return parts.join(', ');
}

export function subjects(findings: readonly Finding[]): number {
  return new Set(findings.map(({ identity, credential, subject }) => identity ?? credential ?? subject)).size;
}
