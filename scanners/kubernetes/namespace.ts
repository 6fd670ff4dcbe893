/** What is longer is a dump, and a dump names the namespace of each object. */
const MAX_TEXT = 4 * 1024 * 1024;

const NAMESPACE_KIND = /^(?:kind|["']kind["'])[ \t]*:[ \t]*["']?Namespace\b/;
const DOCUMENT = /^(?:---|\.\.\.)(?:\s|$)/;

/**
 * The namespaces that a text names for what stands beside them: those of its own Namespaces, else those in which its bindings
 * look for their accounts. Line by line: a template or a broken line must not cost more than its length.
 */
export function namespacesNamed(text: string): ReadonlySet<string> {
  const own = new Set<string>();
  if (text.length > MAX_TEXT) return own;
  if (text.includes('Namespace')) for (const name of ownNamespaces(text)) own.add(name);
  if (own.size > 0) return own;
  for (const [, name] of text.matchAll(
    /^[ \t]*(?:- )?kind:[ \t]*["']?ServiceAccount["']?[ \t]*\r?\n(?:[ \t]+(?:name|apiGroup):[^\n]*\n){1,2}[ \t]+namespace:[ \t]*["']?([a-z0-9-]+)/gm,
  ))
    if (name !== undefined) own.add(name);
  return own;
}

function* ownNamespaces(text: string): Generator<string> {
  let [isNamespace, name, isIn] = [false, '', ''];
  // How deep the keys of the metadata stand: those of its labels stand deeper.
  let depth = 0;
  for (const line of text.split('\n')) {
    if (DOCUMENT.test(line)) {
      if (isNamespace && name !== '') yield name;
      [isNamespace, name, isIn] = [false, '', ''];
      continue;
    }
    const indent = line.length - line.trimStart().length;
    const key = line.slice(indent);
    if (key === '' || key.startsWith('#')) continue;
    if (indent === 0) {
      if (NAMESPACE_KIND.test(line)) isNamespace = true;
      isIn = /^["']?metadata["']?[ \t]*:/.test(line) ? 'metadata' : '';
      if (isIn !== '') name = /[{,][ \t]*["']?name["']?[ \t]*:[ \t]*["']?([a-z0-9-]+)/.exec(line)?.[1] ?? name;
      depth = 0;
    } else if (isIn === 'metadata') {
      if (depth === 0) depth = indent;
      if (indent === depth) name = /^["']?name["']?[ \t]*:[ \t]*["']?([a-z0-9-]+)["']?[ \t\r]*(?:#|$)/.exec(key)?.[1] ?? name;
    }
  }
  if (isNamespace && name !== '') yield name;
}

/** The one namespace among them; several tell nothing. */
export function onlyOne(names: ReadonlySet<string>): string | undefined {
  const [only] = names;
  return names.size === 1 ? only : undefined;
}
