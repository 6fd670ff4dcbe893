import type { FileHead } from '../../src/contracts/index.ts';

const KIND = /"kind"\s*:\s*"admin#(?:directory#(?:tokenList|token|aspList|asp|users|user)|reports#(?:activities|activity))"/;
const TOKEN: readonly RegExp[] = [/"clientId"\s*:\s*"/, /"(?:displayText|nativeApp|userKey)"\s*:/, /"scopes"\s*:\s*\[/];
const EVENT = /"(?:name|eventName)"\s*:\s*"(?:AUTHORIZE|REMOVE)_API_CLIENT_ACCESS"/;
const SCOPE = /https:\/\/(?:www\.googleapis\.com\/auth\/|mail\.google\.com)/;

/** By the first 4 KiB: what the Admin SDK answers, and tables of clients with their scopes. */
export function isWorkspaceExport(file: FileHead): boolean {
  if (/\.(?:csv|tsv|txt)$/i.test(file.path)) {
    const head = file.head();
    return isTable(head, file.path) || (file.path.endsWith('.txt') && isJson(head));
  }
  if (!/\.(?:json|jsonl|ndjson|out)$/i.test(file.path) && /\.[^./]{1,5}$/.test(file.path)) return false;
  return isJson(file.head());
}

function isJson(head: string): boolean {
  if (!/^\s*(?:\[\s*)?\{\s*"/.test(head)) return false;
  return KIND.test(head) || EVENT.test(head) || (TOKEN.every((mark) => mark.test(head)) && SCOPE.test(head));
}

export function isTable(head: string, path: string): boolean {
  const [first = ''] = head.split('\n', 1);
  if (!/[,;\t]/.test(first) || !/\bclient ?id\b/i.test(first) || !/\bscopes?\b/i.test(first)) return false;
  return SCOPE.test(head) || /delegation/i.test(path);
}
