import { count } from '../util/report-text.ts';
import type { StoreReader } from './reader.ts';

/** Asked of a gateway, and never run: `waiting` for an approval, or for its start. */
export interface Requests {
  readonly refused: number;
  readonly waiting: number;
}

/** Rows of a gateway that are no sessions, since nothing took place; nothing where there are none. */
export async function countRequests(store: StoreReader): Promise<Requests | undefined> {
  const [row] = await store.rows(
    `SELECT count(*) FILTER (state = 'refused') AS refused, count(*) FILTER (state <> 'refused') AS waiting
     FROM usage_rows WHERE NOT ran AND NOT is_bookkeeping`,
  );
  const requests = { refused: Number(row?.refused ?? 0), waiting: Number(row?.waiting ?? 0) };
  return requests.refused + requests.waiting === 0 ? undefined : requests;
}

/** `2 requests that never ran: 1 refused, 1 waiting`. */
export function requestsText({ refused, waiting }: Requests): string {
  const counts = [refused === 0 ? '' : `${refused} refused`, waiting === 0 ? '' : `${waiting} waiting`].filter(
    (text) => text !== '',
  );
  return `${count(refused + waiting, 'request')} that never ran: ${counts.join(', ')}`;
}
