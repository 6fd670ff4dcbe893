import { jsonText } from './sanitize.ts';

/** A JSON object's text without its closing brace, so that members too many for one text may follow. */
export function openObject(value: object, indent: string): string {
  const text = jsonText(value, 2).replaceAll('\n', `\n${indent}`);
  return text.slice(0, text.lastIndexOf(`\n${indent}}`));
}

interface ListStyle {
  /** Formats that want an empty list: without it there is no member where there is no item. */
  readonly keepEmpty?: boolean;
  /** The first member of its object: no comma in front. */
  readonly isFirst?: boolean;
}

/** A member that is a list, a line an item: indented, tens of thousands of them would double the file. */
export function* listMember(name: string, items: Iterable<object>, indent: string, style: ListStyle = {}): Generator<string> {
  let lead = `${style.isFirst === true ? '' : ','}\n${indent}${JSON.stringify(name)}: [`;
  let isEmpty = true;
  for (const item of items) {
    yield `${lead}\n${indent}  ${jsonText(item)}`;
    lead = ',';
    isEmpty = false;
  }
  if (!isEmpty) yield `\n${indent}]`;
  else if (style.keepEmpty === true) yield `${lead}]`;
}

/** A list as a member, or nothing where it is empty. */
export function some<Name extends string, Item>(
  name: Name,
  items: readonly Item[],
): { readonly [key in Name]?: readonly Item[] } {
  return items.length === 0 ? {} : ({ [name]: items } as { [key in Name]?: readonly Item[] });
}
