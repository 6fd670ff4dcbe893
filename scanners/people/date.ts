import type { IsoTime } from '../../src/contracts/index.ts';

export type DateReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'date'; readonly at: IsoTime }
  /** `yes` under "left": gone, without a day. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'unclear'; readonly why: string };

const NONE = /^(?:-+|n\/?a|none|null|nil|never|no|false|0|present|current|active|tbd|unknown|—)$/i;

/**
 * The day somebody left. `2026-03-12`, `2026/3/12`, `12.03.2026` and ISO times are read; with slashes or dashes day first
 * and month first look alike, so that only what can be read in one way counts.
 */
export function readDate(text: string): DateReading {
  const trimmed = text.trim();
  if (trimmed === '' || NONE.test(trimmed)) return { kind: 'none' };
  if (/^(?:yes|true|y|x|1)$/i.test(trimmed)) return { kind: 'gone' };

  const iso = /^(?<year>\d{4})[-/.](?<month>\d{1,2})[-/.](?<day>\d{1,2})(?<time>[T ]\d{2}:\d{2}.*)?$/.exec(trimmed)?.groups;
  if (iso !== undefined) {
    const day = dayOf(iso.year, iso.month, iso.day);
    if (day === undefined) return unclear('is no day of the calendar');
    return iso.time === undefined ? { kind: 'date', at: day } : timeOf(day, iso.time.trim().replace(/^T/, ''));
  }

  const dotted = /^(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4})$/.exec(trimmed)?.groups;
  if (dotted !== undefined) {
    const day = dayOf(dotted.year, dotted.month, dotted.day);
    return day === undefined ? unclear('is no day of the calendar') : { kind: 'date', at: day };
  }

  const slashed = /^(?<first>\d{1,2})[/-](?<second>\d{1,2})[/-](?<year>\d{4})$/.exec(trimmed)?.groups;
  if (slashed !== undefined) {
    const dayFirst = dayOf(slashed.year, slashed.second, slashed.first);
    const monthFirst = dayOf(slashed.year, slashed.first, slashed.second);
    if (dayFirst !== undefined && monthFirst !== undefined && dayFirst !== monthFirst) {
      return unclear('can be read day first and month first; write YYYY-MM-DD');
    }
    const day = dayFirst ?? monthFirst;
    return day === undefined ? unclear('is no day of the calendar') : { kind: 'date', at: day };
  }
  return unclear('is in no form that is known; write YYYY-MM-DD');
}

/** Does an employment or account status say that the person is gone? */
export function isAway(status: string | undefined): boolean {
  return /^(?:terminated|left|leaver|inactive|offboarded|deactivated|deprovisioned|disabled|departed|former|resigned|retired|ex-employee|ended|gone)$/i.test(
    status?.trim() ?? '',
  );
}

function unclear(why: string): DateReading {
  return { kind: 'unclear', why: `its leaving date ${why}` };
}

function dayOf(year = '', month = '', day = ''): IsoTime | undefined {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const same = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(year) >= 1900;
  return same ? date.toISOString() : undefined;
}

function timeOf(day: IsoTime, time: string): DateReading {
  const zone = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(time) ? '' : 'Z';
  const at = new Date(`${day.slice(0, 10)}T${time.replace(/ /g, '')}${zone}`);
  return Number.isNaN(at.getTime()) ? unclear('has a time that cannot be read') : { kind: 'date', at: at.toISOString() };
}
