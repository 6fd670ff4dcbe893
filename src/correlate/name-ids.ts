import type { StoreReader } from '../store/reader.ts';

/** An id that ends in a GUID: `entra:TENANT:app/GUID`. Nobody knows it by that. */
const OPAQUE = /\b[a-z][a-z0-9-]*:[\w.@:-]*\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;
const MOST = 80;

/** Puts the display name behind each such id that a message tells, the first time: `entra:…:app/… ("shop-deploy")`. */
export async function nameIds(store: StoreReader, messages: readonly string[]): Promise<(message: string) => string> {
  const ids = new Set(messages.flatMap((message) => message.match(OPAQUE) ?? []));
  if (ids.size === 0) return (message) => message;
  const rows = await store.rows(
    `SELECT identity_id, name FROM identities
     WHERE identity_id IN (SELECT unnest(from_json($ids::JSON, '["VARCHAR"]'))) AND trim(name) <> '' AND NOT contains(identity_id, name)`,
    { ids: JSON.stringify([...ids]) },
  );
  const names = new Map(
    rows.map((row) => [
      String(row.identity_id),
      String(row.name)
        .replace(/[\s"]+/g, ' ')
        .trim(),
    ]),
  );
  return (message) => {
    const told = new Set<string>();
    return message.replace(OPAQUE, (id) => {
      const name = names.get(id);
      if (name === undefined || told.has(id) || message.includes(name)) return id;
      told.add(id);
      return `${id} ("${name.length <= MOST ? name : `${name.slice(0, MOST - 1)}…`}")`;
    });
  };
}
