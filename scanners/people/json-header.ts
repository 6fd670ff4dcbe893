const WRAPPERS = ['people', 'employees', 'users', 'members', 'staff', 'roster', 'data', 'results'];

/** May the list of people stand under this key? */
export function isWrapper(key: string): boolean {
  return WRAPPERS.includes(key.toLowerCase());
}

const TOKENS = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"\\\n]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/**
 * Keys of the first object in the head of a JSON file, which may end anywhere: every JSON file of a repository is asked, so
 * that no parser is loaded for it.
 */
export function jsonHeader(head: string): readonly string[] {
  if (!/^\s*[[{]/.test(head)) return [];
  const keys: string[] = [];
  // The key under which each open bracket stands; `undefined` for what stands in a list, or at the top.
  const open: { readonly isList: boolean; readonly key: string | undefined }[] = [];
  let [key, before]: [string | undefined, string] = [undefined, ''];
  let people = 0;
  for (const [token] of head.matchAll(TOKENS)) {
    if (/^\/[/*]/.test(token)) continue;
    const around = open.at(-1);
    const isFirst = before === '[' && isListOfPeople(open);
    if (isFirst && token !== '{') return [];
    if (token === '{' || token === '[') {
      open.push({ isList: token === '[', key: around?.isList === false ? key : undefined });
      if (isFirst) people = open.length;
    } else if (token === '}' || token === ']') {
      if (open.length === people) return keys;
      open.pop();
    } else if (around?.isList === false && (before === '{' || before === ',') && token.startsWith('"')) {
      key = textOf(token);
      if (open.length === people) keys.push(key);
    }
    before = token;
  }
  return keys;
}

/** The list that is the file, or the one that the object in the file is about. */
function isListOfPeople(open: readonly { readonly isList: boolean; readonly key: string | undefined }[]): boolean {
  const [first, second] = open;
  if (first?.isList === true) return open.length === 1;
  return open.length === 2 && second?.isList === true && isWrapper(second.key ?? '');
}

function textOf(token: string): string {
  try {
    return JSON.parse(token);
  } catch {
    return token;
  }
}
