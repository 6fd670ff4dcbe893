import { wordsAt } from './words.ts';

/** A variable or option with where its value stands. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  /** Of the value, quotes left off. */
  readonly start: number;
  readonly end: number;
  /** `[web:vars]` */
  readonly section: string;
}

/** An inventory of lines, and `ansible.cfg`: sections of `name = value`, and hosts with variables behind them. */
export function readLines(text: string, isInventory: boolean): Setting[] {
  const settings: Setting[] = [];
  let section = '';
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end).replace(/\r$/, '');
    const header = /^\s*\[(?<section>[^\]\n]{1,200})\]/.exec(line)?.groups?.section;
    if (header !== undefined) section = header;
    else if (!/^\s*(?:[#;]|$)/.test(line)) {
      const isVariables = !isInventory || /:vars$/.test(section);
      if (isVariables) settings.push(...optionOf(line, start, section));
      else settings.push(...hostOf(line, start, section));
    }
    start = end + 1;
  }
  return settings;
}

function optionOf(line: string, offset: number, section: string): Setting[] {
  const match = /^\s*(?<name>[\w.-]{1,200})\s*[=:]\s*(?<value>.*?)\s*$/d.exec(line);
  const span = match?.indices?.groups?.value;
  if (match?.groups?.name === undefined || span === undefined) return [];
  let [start, end] = span;
  // A comment behind it needs a blank before.
  const comment = /\s[;#]/.exec(line.slice(start, end));
  if (comment !== null) end = start + comment.index;
  const quote = line[start];
  if ((quote === '"' || quote === "'") && line[end - 1] === quote && end - start >= 2) [start, end] = [start + 1, end - 1];
  return [{ name: match.groups.name, value: line.slice(start, end), start: offset + start, end: offset + end, section }];
}

function hostOf(line: string, offset: number, section: string): Setting[] {
  const settings: Setting[] = [];
  for (const { text, start } of wordsAt(line)) {
    if (text.startsWith('#')) break;
    const equals = text.indexOf('=');
    if (equals <= 0) continue;
    let [from, to] = [equals + 1, text.length];
    const quote = text[from];
    if ((quote === '"' || quote === "'") && text[to - 1] === quote && to - from >= 2) [from, to] = [from + 1, to - 1];
    settings.push({
      name: text.slice(0, equals),
      value: text.slice(from, to),
      start: offset + start + from,
      end: offset + start + to,
      section,
    });
  }
  return settings;
}
