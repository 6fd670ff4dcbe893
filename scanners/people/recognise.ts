import { isRoster } from './columns.ts';
import { jsonHeader } from './json-header.ts';

type Format = 'codeowners' | 'csv' | 'json';

/** Told by the name and the columns: rosters are named as people like. */
export function formatOf(path: string, head: () => string): Format | undefined {
  if (/(?:^|\/)CODEOWNERS$/.test(path)) return 'codeowners';
  if (/\.(?:csv|tsv|txt)$/i.test(path)) return isRoster(csvHeader(head())?.columns ?? []) ? 'csv' : undefined;
  if (/\.json$/i.test(path)) {
    const text = head();
    // Service accounts have addresses, and so have the users of a gateway: neither list is a roster of the house.
    if (/"(?:oauth2ClientId|private_key_id|connection|session_id|access_key_id|slack_id)"/.test(text)) return undefined;
    return text.includes('@') && isRoster(jsonHeader(text)) ? 'json' : undefined;
  }
  return undefined;
}

const DELIMITERS = [',', ';', '\t', '|'];

/** The columns of a CSV text, by whichever delimiter parts its first line most often; `undefined` for an odd first line. */
export function csvHeader(text: string): { readonly columns: readonly string[]; readonly delimiter: string } | undefined {
  const first = /^\s*(?<line>[^\r\n]{1,4000})/.exec(text)?.groups?.line;
  if (first === undefined) return undefined;
  const unquoted = first.replace(/"[^"]*"/g, '');
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: unquoted.split(delimiter).length - 1 }));
  const best = counted.toSorted((a, b) => b.count - a.count)[0];
  if (best === undefined || best.count === 0) return undefined;
  const columns = first.split(best.delimiter).map((column) => column.trim().replace(/^"(.*)"$/, '$1'));
  return { columns, delimiter: best.delimiter };
}
