import type { Row } from '../store/index.ts';
import { count } from '../util/report-text.ts';
import type { Trace } from './facts.ts';
import type { Line } from './tell.ts';
import { useText } from './trim-gateway.ts';

const PATHS: { readonly [path: string]: string } = {
  gateway: 'through the gateway',
  cloud: 'by the log of the cloud',
  direct: 'by the log of the target',
};

/** A line a path: how often, when first and last, and the sessions or records that prove it. */
export function used({ uses }: Pick<Trace, 'uses'>): Line[] {
  return uses.map((row) => {
    const path = PATHS[String(row.path)] ?? String(row.path);
    const head = row.is_around === true ? `AROUND the gateway, ${path}` : row.side === 'caller' ? `${path}, as the caller` : path;
    const actions = ((row.actions as readonly string[] | null) ?? []).join(', ');
    const n = count(Number(row.uses), row.path === 'gateway' ? 'session' : 'record');
    const [first, last] = [`${moment(row.first_used)} [${row.first_event}]`, `${moment(row.last_used)} [${row.last_event}]`];
    const span = row.first_event === row.last_event ? first : `first ${first}, last ${last}`;
    return { text: `${head}: ${n}${actions === '' ? '' : ` (${actions})`}, ${span}`, bad: row.is_around === true };
  });
}

/** What it used stays; what it did not, in logs long enough to say so, is to be taken away; the rest is not judged, and why. */
export function granted({ granted: rows }: Pick<Trace, 'granted'>): Line[] {
  const open = rows.filter(({ verdict }) => verdict === 'inconclusive');
  const reasons = new Set(open.map(({ why }) => String(why)));
  return [
    ...rows.filter(({ verdict }) => verdict === 'used').map((row) => ({ text: `used: ${rightText(row)}: ${useText(row)}` })),
    ...rows
      .filter(({ verdict }) => verdict === 'unused')
      .map((row) => ({
        text: `take away: ${rightText(row)}: not used in ${count(Number(row.window_days), 'day')} of logs${row.why === null ? '' : `, but ${row.why}`}`,
        bad: true,
      })),
    ...[...reasons].map((reason) => {
      const rights = open.filter(({ why }) => String(why) === reason).map(nameText);
      return { text: `not judged: ${rights.join(', ')}: ${reason}` };
    }),
  ];
}

function rightText(row: Row): string {
  return `${nameText(row)} (${row.granted_by})`;
}

function nameText({ side, resource, permission }: Row): string {
  return side === 'gateway' ? String(resource) : `${permission} on ${resource}`;
}

function moment(value: unknown): string {
  return String(value).slice(0, 19).replace('T', ' ');
}
