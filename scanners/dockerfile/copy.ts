import { type Instruction, wordsOf } from './parse.ts';

export interface Copy {
  readonly sources: readonly { readonly path: string; readonly offset: number }[];
  readonly destination: string;
  /** A stage or an image; absent: the build context. */
  readonly from?: string;
}

/** What `COPY` and `ADD` take where. */
export function copyOf({ body, bodyEnd, flags, heredocs }: Instruction): Copy {
  const text = body.text.slice(0, bodyEnd);
  const words = text.trimStart().startsWith('[') ? listOf(text) : wordsOf(text).map(({ value, start }) => ({ value, start }));
  const destination = words.at(-1)?.value ?? '';
  const from = flags.find(({ name }) => name === 'from')?.value;
  const sources = words
    .slice(0, -1)
    .filter(({ value }) => !heredocs.some((name) => value.includes(`<<${name}`) || value.includes(`<<-${name}`)))
    .map(({ value, start }) => ({ path: value, offset: body.offsetAt(start) }));
  return { sources, destination, ...(from === undefined ? {} : { from }) };
}

function listOf(text: string): { value: string; start: number }[] {
  return [...text.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)].map((match) => ({ value: match[1] ?? '', start: match.index + 1 }));
}

/** Where a copied file lies in the image. */
export function destinationOf(source: string, destination: string): string {
  const name = source.replace(/\/$/, '').replace(/^.*\//, '');
  const isDirectory = /(?:^|\/)\.{0,2}$/.test(destination);
  return isDirectory ? `${destination.replace(/\/?\.?$/, '')}/${name}`.replace(/^\/(?=\/)/, '') : destination;
}
