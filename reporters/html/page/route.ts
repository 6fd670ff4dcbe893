/** Where one is stands in the fragment, so that any view can be sent to somebody: `#view=engineer&severity=critical&q=key`. */
export type Route = ReadonlyMap<string, string>;

export function readRoute(hash = location.hash): Route {
  const text = hash.replace(/^#/, '');
  if (!text.includes('=')) return new Map(text === '' ? [] : [['section', decoded(text)]]);
  return new Map(
    text.split('&').flatMap((pair) => {
      const at = pair.indexOf('=');
      return at < 1 ? [] : [[pair.slice(0, at), decoded(pair.slice(at + 1))] as const];
    }),
  );
}

/** Somebody else's link may be broken: then it is what it says. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function writeRoute(route: Route): string {
  return `#${[...route]
    .filter(([, value]) => value !== '')
    .map(
      ([name, value]) =>
        `${name}=${encodeURIComponent(value).replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2F', '/')}`,
    )
    .join('&')}`;
}

/** Replaces parts of the fragment without a step in the history: a filter is no page. */
export function updateRoute(changes: { readonly [name: string]: string | undefined }): void {
  const route = new Map(readRoute());
  route.delete('section');
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') route.delete(name);
    else route.set(name, value);
  }
  history.replaceState(null, '', writeRoute(route));
}
