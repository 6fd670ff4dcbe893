import type { IsoTime } from '../../src/contracts/index.ts';

const TIME =
  /^(?<date>\d{4}-\d{2}-\d{2})[T ](?<clock>\d{2}:\d{2}(?::\d{2})?)(?<fraction>\.\d+)?\s*(?<zone>Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/**
 * RFC 3339 in any zone, PostgreSQL's spelling too, as UTC; a time without a zone is taken as UTC, which is what the
 * gateway writes. `undefined` for anything else, and for Go's zero time, which means "never".
 */
export function readTime(value: string | undefined): IsoTime | undefined {
  if (value !== undefined && NUMBER.test(value)) return fromNumber(value);
  const parts = value === undefined ? undefined : TIME.exec(value.trim())?.groups;
  if (parts === undefined) return undefined;
  const { date, clock = '', fraction = '', zone = 'Z' } = parts;
  const time = new Date(`${date}T${clock}${fraction === '' ? '' : fraction.slice(0, 4)}${offset(zone)}`);
  if (Number.isNaN(time.getTime()) || time.getUTCFullYear() < 1970 || time.getUTCFullYear() > 9999) return undefined;
  return time.toISOString();
}

/** Seconds, milliseconds, micro- and nanoseconds since 1970 have 10, 13, 16 and 19 digits, from 2001 until 2286. */
const NUMBER = /^(?<whole>\d{10}|\d{13}|\d{16}|\d{19})(?:\.\d+)?$/;

function fromNumber(value: string): IsoTime | undefined {
  const digits = value.replace(/\..*$/, '');
  const seconds = digits.length === 10 ? Number(value) : Number(digits) / 10 ** (digits.length - 10);
  const time = new Date(Math.round(seconds * 1000));
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/**
 * Before this there was no gateway: seconds that somebody took for milliseconds are in January 1970.
 * https://github.com/hoophq/hoop/releases
 */
export function isBeforeGateways(time: IsoTime): boolean {
  return time < '2015';
}

/** The gateway writes 9999-12-31 where a credential does not expire. */
export function isNever(time: IsoTime): boolean {
  return time.startsWith('9999-');
}

function offset(zone: string): string {
  if (zone.toUpperCase() === 'Z') return 'Z';
  const digits = zone.replace(':', '');
  return `${digits.slice(0, 3)}:${digits.length > 3 ? digits.slice(3) : '00'}`;
}
