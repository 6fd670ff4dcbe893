import type { Subject } from '../subject.ts';

/** `role/deploy`, as messages name a principal of the same account. */
export function nameOf({ type, name }: Subject): string {
  return `${type}/${name}`;
}

/** With the account, where that is another than the reader's. */
export function nameFrom(subject: Subject, reader: Subject): string {
  return subject.account === reader.account ? nameOf(subject) : `${nameOf(subject)} of ${subject.account}`;
}
