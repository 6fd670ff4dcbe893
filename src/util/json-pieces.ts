import { jsonText } from './sanitize.ts';

/** A JSON object's text without its closing brace, so that members too many for one text may follow. */
export function openObject(value: object, indent: string): string {
  const text = jsonText(value, 2).replaceAll('\n', `\n${indent}`);
  return text.slice(0, text.lastIndexOf(`\n${indent}}`));
}

/**
 * A further member that is a list, a line an item: indented, tens of thousands of them would double the file. Where there is
 * none, there is no member; formats that want an empty list say `keepEmpty`.
 */
export function* listMember(name: string, items: Iterable<object>, indent: string, keepEmpty = false): Generator<string> {
  let lead = `,\n${indent}${JSON.stringify(name)}: [`;
  let isEmpty = true;
  for (const item of items) {
    yield `${lead}\n${indent}  ${jsonText(item)}`;
    lead = ',';
    isEmpty = false;
  }
  if (!isEmpty) yield `\n${indent}]`;
  else if (keepEmpty) yield `${lead}]`;
}
