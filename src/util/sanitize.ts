/**
 * Names in a report come from strangers: files, tags, branches, API answers. Each sink has its own way of being fooled
 * (terminals by escape codes, Markdown by HTML and mentions, spreadsheets by formulas), and each its function here.
 * All of them keep the text readable: what could harm is shown as its code point, not dropped.
 */

// Controls (C0, DEL, C1), format characters (bidirectional overrides, zero-width, tags), line separators, lone surrogates.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const BREAKS = /\s*[\t\n\v\f\r\u0085\u2028\u2029]\s*/g;
/** More than this many combining marks in a row pile up over the neighbouring lines. */
const MARKS = /(\p{M}{3})\p{M}+/gu;

/** Printable ASCII without blanks at the ends: most names, told apart by one quick look. */
const PLAIN = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/;

/**
 * What the runner of GitHub Actions takes for a command in the log of a job: `::` where a line begins, which is wherever a wrap may
 * fall, and `##[` anywhere. https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
const COMMANDS = /(?<=^|\s):(?=:)|(?<=#)#(?=\[)/g;

/** One line that is safe to print: breaks and tabs become a blank, invisible characters show as `\u{202e}`, commands of a runner are broken. */
export function printable(text: string): string {
  const shown = PLAIN.test(text) ? text : text.replace(BREAKS, ' ').replace(UNPRINTABLE, escapeOf).replace(MARKS, '$1').trim();
  return shown.includes('::') || shown.includes('##[') ? shown.replace(COMMANDS, escapeOf) : shown;
}

function escapeOf(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Shortens to `max` characters; the end is kept as well, for that is where paths and ids differ. */
export function clip(text: string, max: number): string {
  // Code points only where needed: names are mostly short, and a 10 kB one should cost no more than a look.
  if (text.length <= max) return text;
  const characters = [...text.slice(0, max * 2), ...text.slice(-max * 2)];
  if (text.length <= max * 4) characters.splice(0, characters.length, ...text);
  if (characters.length <= max) return text;
  const tail = Math.floor((max - 1) / 3);
  const head = characters.slice(0, max - 1 - tail).join('');
  return `${head}…${tail === 0 ? '' : characters.slice(-tail).join('')}`;
}

/**
 * Shortens advice to about `max` characters at the end of a word. What stands between backticks is somebody's to run: it is
 * left whole, or out.
 */
export function clipAdvice(text: string, max: number): string {
  if (text.length <= max) return text;
  const commands = [...text.matchAll(/`[^`]*`/g)].map(({ index, 0: code }) => ({ from: index, to: index + code.length }));
  const within = (at: number) => commands.find(({ from, to }) => from < at && at < to);
  const word = text.lastIndexOf(' ', max);
  let end = word > 0 ? word : max;
  const command = within(max) ?? within(end);
  if (command !== undefined) end = command.to <= max * 3 ? command.to : command.from;
  const rest = text.slice(end);
  return /^[.,;:)]?$/.test(rest) ? text : `${text.slice(0, end).trimEnd()}…`;
}

/**
 * Text inside a GitHub-flavoured Markdown paragraph or table cell. Everything with a meaning becomes a character
 * reference, which no renderer reads as syntax. Mentions (`@team`), issue numbers and bare links are found in the
 * rendered text, so references do not stop those: a zero-width space does.
 */
export function markdown(text: string): string {
  return printable(text)
    .replace(/[&<>`*_~|\\[\]$]/g, reference)
    .replace(/^[-+=]/, reference)
    .replace(/^(\d+)([.)])(?=\s|$)/, (_, number: string, mark: string) => number + reference(mark))
    .replace(/(?<![A-Za-z0-9.+-])@(?=\w)/g, '@&#8203;')
    .replace(/(?<!&)#(?=\d)/g, '#&#8203;')
    .replace(/^#/, '&#35;')
    .replace(/:\/\//g, ':&#8203;//')
    .replace(/\b(www)\./gi, '$1&#8203;.');
}

/** A name in Markdown, in the fixed-width face. Mentions and links are never made inside it. */
export function markdownCode(text: string): string {
  // Dots, slashes, dashes and colons mean nothing there, and leaving them keeps the raw text legible; bare links are
  // found in it all the same (to the parser, inline HTML does not make its content code).
  const escaped = printable(text)
    .replace(/[^\p{L}\p{N} ./:,\-=+%@]/gu, reference)
    .replace(/:(?=\/\/)/g, reference)
    .replace(/(?<=\bwww)\./gi, reference);
  return `<code>${escaped}</code>`;
}

/** Sentences of a rule: like `markdown`, but what stands between backticks stays code. */
export function markdownProse(text: string): string {
  return printable(text)
    .split(/`([^`]+)`/)
    .map((part, index) => {
      if (index % 2 === 1) return markdownCode(part);
      // The blanks around code are not the ends of the text.
      return (part.startsWith(' ') ? ' ' : '') + markdown(part) + (part.endsWith(' ') && part.trim() !== '' ? ' ' : '');
    })
    .join('');
}

function reference(character: string): string {
  return `&#${character.codePointAt(0)};`;
}

/**
 * A cell of a CSV file. Spreadsheets run what begins like a formula; they may also split at `;` or `,` where the file
 * meant neither, so that the rest of a cell begins a new one.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvCell(text: string): string {
  if (/^[\w][\w .:/@-]*$/.test(text) && PLAIN.test(text)) return text;
  const starts = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(text) ? "'" : '';
  return starts + printable(text).replace(/([;,]\s*)(?=[=+\-@＝＋－＠])/gu, "$1'");
}

/** Text of an XML element or attribute (XML 1.0): what it may not hold, even as a reference, shows as its code point. */
export function xmlText(text: string): string {
  return printable(text)
    .replace(/[\ufffe\uffff]/g, escapeOf)
    .replace(/[&<>"']/g, reference);
}

/** JSON text in which nothing invisible is left raw, and no command of a runner; parsing it gives the same value. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|(?<=##)\[/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
