/** A Dockerfile as instructions that know where they stand. https://docs.docker.com/reference/dockerfile/ */
export interface Dockerfile {
  readonly stages: readonly Stage[];
  /** `ARG` before the first `FROM`. */
  readonly globals: readonly Instruction[];
  /** What could not be read, with the line. */
  readonly problems: readonly string[];
  readonly instructions: number;
  readonly unknown: number;
}

export interface Stage {
  readonly index: number;
  /** As `AS` names it, else its number. */
  readonly name: string;
  readonly base: string;
  readonly from: Instruction;
  readonly instructions: readonly Instruction[];
}

export interface Instruction {
  /** Upper case. */
  readonly keyword: string;
  readonly flags: readonly Flag[];
  /** What follows keyword and flags, continued lines joined; of here-documents the content too, behind a line feed. */
  readonly body: Joined;
  /** Offset of the keyword in the file. */
  readonly start: number;
  readonly end: number;
  readonly onBuild: boolean;
  /** Without the content of here-documents. */
  readonly bodyEnd: number;
  /** Names of files whose content stands in the instruction: `COPY <<a.conf /etc/`. */
  readonly heredocs: readonly string[];
}

export interface Flag {
  readonly name: string;
  readonly value: string;
}

const KEYWORDS = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  ),
);
/** Of buildah, of OpenShift, of others that extend the format. */
const FOREIGN = new Set(['INCLUDE', 'IMPORT', 'SQUASH', 'CROSS_BUILD', 'TAG', 'MOUNT']);
const MAX_INSTRUCTIONS = 10_000;
const MAX_PROBLEMS = 5;

/** Never throws: what cannot be read is named, and the rest read. */
export function parseDockerfile(text: string, isTemplate = false): Dockerfile {
  const lines = linesOf(isTemplate ? blankTemplate(text) : text);
  const escapeCharacter = escapeOf(lines);
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  const globals: Instruction[] = [];
  const problems: string[] = [];
  let [count, unknown] = [0, 0];
  const problem = (what: string) => {
    if (problems.length < MAX_PROBLEMS) problems.push(what);
  };
  for (let at = 0; at < lines.length; ) {
    const first = lines[at] as Line;
    if (isBlank(first.text) || isComment(first.text)) {
      at += 1;
      continue;
    }
    if (count >= MAX_INSTRUCTIONS) {
      problem(`more than ${MAX_INSTRUCTIONS} instructions: those from line ${at + 1} on were not read`);
      break;
    }
    const { instruction, next } = readInstruction(lines, at, escapeCharacter);
    count += 1;
    if (instruction === undefined || !KEYWORDS.has(instruction.keyword)) {
      if (instruction !== undefined && FOREIGN.has(instruction.keyword)) {
        at = next;
        continue;
      }
      unknown += 1;
      problem(`no Dockerfile instruction at line ${at + 1}`);
      at = next;
      continue;
    }
    at = next;
    if (instruction.keyword === 'FROM') {
      const [base = '', as = '', name] = wordsOf(instruction.body.text).map((word) => word.value);
      const index = stages.length;
      const own = /^as$/i.test(as) && name !== undefined ? name.toLowerCase() : String(index);
      stages.push({ index, name: own, base, from: instruction, instructions: [] });
    } else if (stages.length > 0) {
      stages.at(-1)?.instructions.push(instruction);
    } else if (instruction.keyword === 'ARG') {
      globals.push(instruction);
    } else {
      // A fragment that is put behind a FROM elsewhere.
      stages.push({ index: 0, name: '0', base: '', from: instruction, instructions: [instruction] });
    }
  }
  return { stages, globals, problems, instructions: count, unknown };
}

interface Line {
  readonly text: string;
  readonly start: number;
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf('\n', start);
    const stop = end < 0 ? text.length : end;
    lines.push({ text: text.slice(start, text[stop - 1] === '\r' && stop > start ? stop - 1 : stop), start });
    if (end < 0) break;
    start = end + 1;
  }
  return lines;
}

const BRACKETS = [
  ['{{', '}}'],
  ['{%', '%}'],
  ['<%', '%>'],
  ['{#', '#}'],
] as const;

/** What a template engine would fill in or take away is blank; every offset stands. */
function blankTemplate(text: string): string {
  let blank = text;
  for (const [open, close] of BRACKETS) {
    let [kept, from] = ['', 0];
    for (let start = blank.indexOf(open); start >= 0; start = blank.indexOf(open, from)) {
      const end = blank.indexOf(close, start + 2);
      if (end < 0) break;
      kept += blank.slice(from, start) + blank.slice(start, end + 2).replace(/[^\n\r]/g, ' ');
      from = end + 2;
    }
    blank = kept + blank.slice(from);
  }
  return blank;
}

const isBlank = (text: string): boolean => /^\s*$/.test(text);
const isComment = (text: string): boolean => /^\s*#/.test(text);

/** Directives stand before all else: `# escape=\``. */
function escapeOf(lines: readonly Line[]): string {
  for (const { text } of lines) {
    const directive = /^\s*#\s*(?<name>\w+)\s*=\s*(?<value>\S+)\s*$/.exec(text)?.groups;
    if (directive === undefined) break;
    if (directive.name?.toLowerCase() === 'escape') return directive.value === '`' ? '`' : '\\';
  }
  return '\\';
}

/** Lines that end a here-document, by their text: a file may begin many. */
const ENDS = new WeakMap<readonly Line[], Map<string, number[]>>();

function endOf(name: string, isIndented: boolean, from: number, lines: readonly Line[]): number {
  let ends = ENDS.get(lines);
  if (ends === undefined) {
    ends = new Map();
    for (const [index, { text }] of lines.entries()) {
      if (!/^\t*[A-Za-z_][\w.-]*$/.test(text)) continue;
      for (const key of new Set([text, `\t${text.trimStart()}`])) {
        const known = ends.get(key);
        if (known === undefined) ends.set(key, [index]);
        else known.push(index);
      }
    }
    ENDS.set(lines, ends);
  }
  const places = ends.get(isIndented ? `\t${name}` : name) ?? [];
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] as number) < from) low = middle + 1;
    else high = middle;
  }
  return places[low] ?? -1;
}

/** So many here-documents of one instruction are read. */
const MAX_HEREDOCS = 50;

function readInstruction(
  lines: readonly Line[],
  from: number,
  escapeCharacter: string,
): { readonly instruction: Instruction | undefined; readonly next: number } {
  const joined = new Joined();
  let next = from;
  for (; next < lines.length; next++) {
    const line = lines[next] as Line;
    if (next > from && (isBlank(line.text) || isComment(line.text))) continue;
    const isContinued = escapeCharacter === '`' ? /(?:^|[^`])`[ \t]*$/.test(line.text) : /(?:^|[^\\])\\[ \t]*$/.test(line.text);
    const kept = isContinued ? line.text.slice(0, line.text.lastIndexOf(escapeCharacter)) : line.text;
    joined.add(kept, line.start);
    if (!isContinued) {
      next += 1;
      break;
    }
  }
  const head = /^\s*(?<on>ONBUILD\s+)?(?<keyword>[A-Za-z_]+)(?=\s|$)\s*/i.exec(joined.text);
  const keyword = head?.groups?.keyword?.toUpperCase();
  if (head === null || keyword === undefined) return { instruction: undefined, next };
  const flags: Flag[] = [];
  let at = head[0].length;
  if (/^(?:ADD|COPY|FROM|HEALTHCHECK|RUN)$/.test(keyword)) {
    for (;;) {
      const flag = /^--(?<name>[a-z][\w-]*)(?:=(?<value>(?:"[^"]*"|'[^']*'|[^\s"'])*))?(?:\s+|$)/i.exec(
        joined.text.slice(at, at + 2000),
      );
      if (flag === null) break;
      flags.push({ name: flag.groups?.name?.toLowerCase() ?? '', value: (flag.groups?.value ?? '').replace(/["']/g, '') });
      at += flag[0].length;
    }
  }
  const start = joined.offsetAt(head[0].search(/\S/));
  const body = joined.from(at);
  const bodyEnd = body.text.length;
  const heredocs: string[] = [];
  if (/^(?:ADD|COPY|RUN)$/.test(keyword)) {
    for (const match of body.text.matchAll(/(?<!<)<<(?<tab>-?)(?<quote>["']?)(?<name>[A-Za-z_][\w.-]*)\k<quote>/g)) {
      const { tab = '', name = '' } = match.groups ?? {};
      const end = endOf(name, tab === '-', next, lines);
      if (end < 0 || heredocs.length >= MAX_HEREDOCS) continue;
      heredocs.push(name);
      for (const line of lines.slice(next, end)) {
        body.add('\n', line.start);
        body.add(line.text, line.start);
      }
      next = end + 1;
    }
  }
  const last = lines[next - 1] as Line;
  const end = last.start + last.text.length;
  return { instruction: { keyword, flags, body, start, end, onBuild: head.groups?.on !== undefined, bodyEnd, heredocs }, next };
}

/** Text put together from pieces of a file; knows where each character stood. */
export class Joined {
  #text = '';
  readonly #starts: number[] = [];
  readonly #offsets: number[] = [];

  get text(): string {
    return this.#text;
  }

  add(text: string, offset: number): void {
    if (text === '') return;
    this.#starts.push(this.#text.length);
    this.#offsets.push(offset);
    this.#text += text;
  }

  offsetAt(position: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return (this.#offsets[low] ?? 0) + position - (this.#starts[low] ?? 0);
  }

  /** The rest from a position on. */
  from(position: number): Joined {
    const rest = new Joined();
    for (const [index, start] of this.#starts.entries()) {
      const end = this.#starts[index + 1] ?? this.#text.length;
      const begin = Math.max(start, position);
      if (begin < end) rest.add(this.#text.slice(begin, end), (this.#offsets[index] ?? 0) + begin - start);
    }
    return rest;
  }
}

export interface Word {
  /** Quotes and escapes taken off. */
  readonly value: string;
  readonly raw: string;
  /** Positions in the text. */
  readonly start: number;
  readonly end: number;
}

/** Words as `ENV`, `COPY` and the like split them. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(/(?:[^\s"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"?|'[^']*'?|\\$)+/g)) {
    const [raw] = match;
    words.push({ raw, value: unquote(raw), start: match.index, end: match.index + raw.length });
  }
  return words;
}

export function unquote(raw: string): string {
  return raw.replace(
    /"((?:[^"\\]|\\[\s\S])*)"?|'([^']*)'?|\\([\s\S])/g,
    (_, double?: string, single?: string, escaped?: string) =>
      double === undefined ? (single ?? escaped ?? '') : double.replace(/\\(["\\$])/g, '$1'),
  );
}

export interface Pair {
  readonly name: string;
  readonly value: string | undefined;
  /** Of the value as written, without quotes around all of it; positions in the text. */
  readonly start: number;
  readonly end: number;
  readonly nameAt: number;
}

/** `A=1 B="2 3"`, and `ENV A the rest of the line`. */
export function pairsOf(text: string, keyword: string): Pair[] {
  const words = wordsOf(text);
  const [first] = words;
  if (first === undefined) return [];
  if (keyword !== 'ARG' && !first.raw.includes('=')) {
    const start = words[1]?.start ?? first.end;
    const end = words.at(-1)?.end ?? start;
    return [{ name: first.value, value: unquote(text.slice(start, end)), ...trimQuotes(text, start, end), nameAt: first.start }];
  }
  return words.flatMap(({ raw, start, end }): Pair[] => {
    const equals = raw.indexOf('=');
    const name = unquote(equals < 0 ? raw : raw.slice(0, equals));
    if (name === '') return [];
    if (equals < 0) return keyword === 'ARG' ? [{ name, value: undefined, start: end, end, nameAt: start }] : [];
    return [{ name, value: unquote(raw.slice(equals + 1)), ...trimQuotes(text, start + equals + 1, end), nameAt: start }];
  });
}

function trimQuotes(text: string, start: number, end: number): { readonly start: number; readonly end: number } {
  const quote = text[start];
  const isQuoted = (quote === '"' || quote === "'") && end - start >= 2 && text[end - 1] === quote;
  return isQuoted ? { start: start + 1, end: end - 1 } : { start, end };
}

/** The command of `RUN`, `CMD`, `ENTRYPOINT`: the words of a list, or the text for the shell. */
export function commandText(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('[')) return text;
  try {
    const list: unknown = JSON.parse(trimmed);
    if (Array.isArray(list)) {
      const words = list.map(String);
      const isShell = /(?:^|\/)(?:ba|da|z|a|k)?sh$/.test(words[0] ?? '') && /^-\w*c$/.test(words[1] ?? '');
      return isShell ? words.slice(2).join(' ') : words.join(' ');
    }
  } catch {
    // No list: the shell gets it as it stands.
  }
  return text;
}
