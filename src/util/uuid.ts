import { v5 } from 'uuid';

/** All ids that this project derives from names (RFC 9562, version 5) are of this name space: it never changes, or all would. */
const NAMESPACE = v5('urn:nhi-audit', v5.URL);

/** The same names give the same id, on every machine; another kind gives another id. */
export function uuidOf(kind: string, ...names: readonly string[]): string {
  // JSON keeps names apart whatever they hold, and is well-formed where a name is not.
  return v5(JSON.stringify([kind, ...names]), NAMESPACE);
}
