import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { PlaceTest } from '../../contracts/scanner.ts';
import { AllowComments } from '../../suppress/comment.ts';
import { createKernel } from '../kernel/create.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { layTables } from '../kernel/tables.ts';
import type { Cursor } from '../text.ts';
import { both, discards, either, not, settle } from './expr.ts';
import { runFor } from './guard.ts';
import { attributesOf, type Place, PlaceTests } from './place.ts';
import { SearchText } from './search-text.ts';
import type { ImportedAllow, ImportedPack, ImportedRule } from './types.ts';

/** A finding of an imported rule. Holds the secret: never leaves `src/detect`. Offsets are bytes. */
export interface ImportedFound {
  readonly rule: ImportedRule;
  readonly secret: string;
  /** What the named groups hold; only when the overlay makes an identity of them. */
  readonly groups?: Readonly<Record<string, string>>;
  readonly start: number;
  readonly end: number;
  readonly matchStart: number;
  readonly matchEnd: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly allowedBy: string | undefined;
  /** Not to be reported at a place where this holds; absent: at none. */
  readonly unless?: PlaceTest;
}

/** Imported rules, ready to search. */
export class ImportSearch {
  readonly packs: readonly ImportedPack[];
  readonly places: PlaceTests;
  /** The allowlists that hold for all rules of a pack. */
  readonly globals: ReadonlyMap<ImportedPack, readonly CompiledAllow[]>;
  readonly rules: readonly CompiledRule[];
  /** Those without a regex. */
  readonly pathRules: readonly CompiledRule[];
  readonly #kernel: Kernel | undefined;
  readonly #rulesOf: readonly (readonly CompiledRule[])[];
  /** Milliseconds that rules took in vain; those that took too long are let run no more. */
  readonly wasted = new Map<CompiledRule, number>();

  constructor(packs: readonly ImportedPack[]) {
    this.packs = packs;
    this.places = new PlaceTests(packs);
    this.globals = new Map(packs.map((pack) => [pack, pack.allow.map((allow) => new CompiledAllow(allow, this.places))]));
    this.rules = packs.flatMap((pack) =>
      pack.rules.map((rule) => new CompiledRule(rule, pack, this.globals.get(pack) ?? [], this.places)),
    );
    this.pathRules = this.rules.filter(({ rule }) => rule.regex === undefined);
    for (const rule of this.rules) {
      rule.parts = rule.rule.required.flatMap((part) => {
        const other = this.rules.find((candidate) => candidate.pack === rule.pack && candidate.rule.id === part.rule);
        return other === undefined ? [] : [other];
      });
    }
    const byKeyword = new Map<string, CompiledRule[]>();
    for (const rule of this.rules) {
      if (rule.rule.regex === undefined) continue;
      for (const keyword of rule.rule.keywords) {
        for (const spelling of new Set(
          [keyword, keyword.toUpperCase()].map((text) => Buffer.from(text, 'utf8').toString('latin1')),
        )) {
          const folded = spelling.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
          byKeyword.set(folded, [...new Set([...(byKeyword.get(folded) ?? []), rule])]);
        }
      }
    }
    const keywords = [...byKeyword.keys()].filter((keyword) => keyword !== '');
    this.#kernel = keywords.length === 0 ? undefined : createKernel(layTables(keywords.map((text) => ({ text }))));
    this.#rulesOf = keywords.map((keyword) => byKeyword.get(keyword) ?? []);
  }

  open(place: Place | undefined): ImportScan {
    return new ImportScan(this, place);
  }

  /** Where the keywords of each rule stand. */
  candidates(bytes: Buffer): Map<CompiledRule, number[]> {
    const places = new Map<CompiledRule, number[]>();
    for (const rule of this.rules) {
      if (rule.rule.regex !== undefined && rule.isAlways) places.set(rule, []);
    }
    if (this.#kernel === undefined) return places;
    const hits = this.#kernel.scan(bytes, 0, bytes.length);
    for (let index = 0; index < hits.count; index++) {
      for (const rule of this.#rulesOf[hits.anchors[index] as number] ?? []) {
        const known = places.get(rule);
        if (known === undefined) places.set(rule, [hits.starts[index] as number]);
        else if (rule.isNear) known.push(hits.starts[index] as number);
      }
    }
    return places;
  }

  /** Is a match not to be reported at this place? */
  isDiscarded(unless: PlaceTest | undefined, place: Place): boolean {
    return unless !== undefined && settle(unless, (number) => this.places.holds(number, place));
  }
}

class CompiledRule {
  readonly rule: ImportedRule;
  readonly pack: ImportedPack;
  readonly isNear: boolean;
  /** Searches every text. */
  readonly isAlways: boolean;
  parts: readonly CompiledRule[] = [];
  /** Of the pack, and its own. */
  readonly allow: readonly CompiledAllow[];
  readonly own: readonly CompiledAllow[];
  readonly pathTest: number | undefined;
  #search: RegExp | undefined;
  #groups: RegExp | undefined;

  constructor(rule: ImportedRule, pack: ImportedPack, globals: readonly CompiledAllow[], places: PlaceTests) {
    this.rule = rule;
    this.pack = pack;
    this.isNear = rule.regex?.isNear === true;
    this.isAlways = rule.keywords.length === 0 || rule.keywords.includes('');
    this.own = rule.allow.map((allow) => new CompiledAllow(allow, places));
    this.allow = [...globals, ...this.own];
    this.pathTest = rule.path === undefined ? undefined : places.path(rule.path);
  }

  /** For all matches in a text. */
  get search(): RegExp {
    this.#search ??= new RegExp(this.rule.regex?.source ?? '[]', 'gu');
    return this.#search;
  }

  /** For the groups: on the text of the match alone, as gitleaks does it. */
  get groups(): RegExp {
    this.#groups ??= new RegExp(this.rule.regex?.source ?? '[]', 'du');
    return this.#groups;
  }
}

class CompiledAllow {
  readonly allow: ImportedAllow;
  /** Numbers of the tests that only the place decides. */
  readonly byPlace: readonly number[];
  #regex: RegExp | undefined;

  constructor(allow: ImportedAllow, places: PlaceTests) {
    this.allow = allow;
    const { paths, commits } = allow;
    this.byPlace = [
      ...(paths === undefined ? [] : [places.path(paths)]),
      ...(commits.length === 0 ? [] : [places.commits(commits)]),
    ];
  }

  hasRegex(text: string): boolean {
    if (text === '') return false;
    this.#regex ??= new RegExp(this.allow.regexes ?? '[]', 'u');
    return this.#regex.test(text);
  }
}

/** What a scan of one file gave. */
export interface ImportResultOfScan {
  readonly found: readonly ImportedFound[];
  /** Matches left out because one rule hit too often. */
  readonly dropped: number;
  /** What was not searched, and why. */
  readonly trouble: readonly string[];
}

/** What one piece of a file brings along. */
export interface Piece {
  /** Matches that begin before it were seen in the piece before. */
  readonly from: number;
  /** Matches that begin here or later are left to the next piece. */
  readonly limit: number;
  /** Offset of the piece in the searched bytes. */
  readonly base: number;
  /** Bytes of the file for one that is searched. */
  readonly scale: number;
  /** At or before the front of the piece. */
  readonly cursor: Cursor;
  /** gitleaks reads no binaries: only rules on the path alone see them. */
  readonly isBinary: boolean;
}

interface Raw {
  readonly rule: CompiledRule;
  readonly secret: string;
  readonly match: string;
  /** In the text. */
  readonly at: number;
  readonly secretAt: number;
  readonly line: number;
  readonly column: number;
  readonly unless: PlaceTest;
}

/** A rule gets so long in one text, and so much more for each megabyte. */
const BUDGET = 500;
const BUDGET_PER_MB = 500;
/** A rule that spent so long in vain is switched off in this thread. */
const MOST_WASTED = 10_000;
const MOST_FOUND = 1000;
/** One repeat without end is done with so many characters in a second or two, whatever they are. */
const LONG_TEXT = 32_768;
/** More keywords than this: the whole text is searched at once. */
const MOST_WINDOWS = 2000;

/** Searches one file, given whole or in pieces. */
export class ImportScan {
  readonly #search: ImportSearch;
  readonly #place: Place | undefined;
  readonly #found: ImportedFound[] = [];
  readonly #trouble = new Map<string, string>();
  #running: { readonly rule: CompiledRule; readonly start: number } | undefined;
  #dropped = 0;

  constructor(search: ImportSearch, place: Place | undefined) {
    this.#search = search;
    this.#place = place;
  }

  feed(bytes: Buffer, piece: Piece): void {
    if (piece.base === 0 && piece.from === 0) this.#meetFile(bytes);
    if (piece.isBinary) return;
    const before = new Map<ImportedPack, PlaceTest>();
    // Most of what lies in places that a pack allows as a whole need not be read.
    if (this.#search.packs.every((pack) => this.#prefilter(pack, before) === true)) return;
    const candidates = this.#search.candidates(bytes);
    if (candidates.size === 0) return;
    const text = new TextAndLines(bytes);
    const byRule = new Map<CompiledRule, Raw[]>();
    let reported: readonly Raw[] = [];
    const jobs = new Map<CompiledRule, Job>();
    for (const [rule, places] of candidates) jobs.set(rule, this.#prepare(rule, text, places, before));
    const work = (): void => {
      reported = this.#runAll(jobs, text, byRule, before);
    };
    if ([...jobs].some(([rule, { windows }]) => mayRunAway(rule, windows))) this.#runGuarded(work, byRule, bytes.length);
    else work();
    this.#keep(reported, text, bytes, piece);
  }

  /** One time limit for all rules of a text: setting one up costs more than most of them. What is done stays done. */
  #runGuarded(work: () => void, byRule: Map<CompiledRule, Raw[]>, size: number): void {
    const budget = BUDGET + (BUDGET_PER_MB * size) / 1e6;
    while (!runFor(2 * budget, work)) {
      const running = this.#running;
      const spent = running === undefined ? 0 : performance.now() - running.start;
      // Was it the sum of many? Then the one at hand has its chance.
      if (running === undefined || spent < budget) continue;
      this.#giveUp(running.rule, spent);
      byRule.set(running.rule, []);
    }
  }

  #giveUp(rule: CompiledRule, spent: number): void {
    const { wasted } = this.#search;
    wasted.set(rule, (wasted.get(rule) ?? 0) + spent);
    this.#trouble.set(rule.rule.id, `the imported rule ${rule.rule.id} was ended after ${Math.round(spent)} ms`);
  }

  /** Where a rule is to search, if it is to search at all. */
  #prepare(rule: CompiledRule, text: TextAndLines, places: readonly number[], before: Map<ImportedPack, PlaceTest>): Job {
    const skip = either([this.#prefilter(rule.pack, before), this.#isElsewhere(rule)]);
    return { skip, windows: skip === true ? [] : this.#windows(rule, text, places) };
  }

  #runAll(
    jobs: ReadonlyMap<CompiledRule, Job>,
    text: TextAndLines,
    byRule: Map<CompiledRule, Raw[]>,
    before: Map<ImportedPack, PlaceTest>,
  ): readonly Raw[] {
    const all: Raw[] = [];
    const parts = new Set<Raw>();
    const run = (rule: CompiledRule): Raw[] => {
      const known = byRule.get(rule);
      if (known !== undefined) return known;
      this.#running = { rule, start: performance.now() };
      // A part without a keyword in sight is searched for all the same, as gitleaks does it.
      const job = jobs.get(rule) ?? this.#prepare(rule, text, [], before);
      const raw = this.#run(rule, text, job);
      byRule.set(rule, raw);
      return raw;
    };
    for (const rule of jobs.keys()) {
      if (rule.rule.skipReport) continue;
      let raw = run(rule);
      if (rule.rule.required.length > 0 && raw.length > 0) {
        for (const part of rule.parts) run(part);
        raw = raw.filter((one) => this.#hasParts(one, byRule, parts));
      }
      all.push(...raw);
    }
    return all.filter((one) => !parts.has(one) && !isOutdone(one, all));
  }

  finish(): ImportResultOfScan {
    return { found: this.#found, dropped: this.#dropped, trouble: [...this.#trouble.values()] };
  }

  /** Rules on the path alone: the file itself is the finding, and what names it is a digest of its content. */
  #meetFile(bytes: Buffer): void {
    for (const compiled of this.#search.pathRules) {
      const { rule } = compiled;
      // A blob without a path is met again in the work tree, if it is still there.
      if (this.#place === undefined || rule.skipReport || rule.path === undefined) continue;
      const skip = either([this.#prefilter(compiled.pack, new Map()), this.#isElsewhere(compiled)]);
      if (skip !== false) continue;
      const secret = `file-${createHash('sha256').update(bytes).digest('hex')}`;
      const place = { start: 0, end: 0, matchStart: 0, matchEnd: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };
      this.#found.push({ rule, secret, ...place, allowedBy: undefined });
    }
  }

  /** Is nothing of this pack reported here? Worked out once a piece. */
  #prefilter(pack: ImportedPack, known: Map<ImportedPack, PlaceTest>): PlaceTest {
    let test = known.get(pack);
    if (test === undefined) {
      test = either([
        ...(this.#search.globals.get(pack) ?? []).map((allow) => this.#allowedPlace(allow)),
        pack.prefilter === undefined
          ? false
          : discards(pack.prefilter, { attributes: this.#attributes, finding: NOTHING, tools: this.#search.places.tools }),
      ]);
      known.set(pack, test);
    }
    return test;
  }

  get #attributes(): ReadonlyMap<string, string> | undefined {
    return this.#place === undefined ? undefined : attributesOf(this.#place);
  }

  /** With `or`, the place alone may decide. */
  #allowedPlace({ allow, byPlace }: CompiledAllow): PlaceTest {
    return allow.condition === 'or' ? either(byPlace.map((test) => this.#search.places.at(test, this.#place))) : false;
  }

  #isElsewhere({ pathTest, own }: CompiledRule): PlaceTest {
    return either([
      pathTest === undefined ? false : not(this.#search.places.at(pathTest, this.#place)),
      ...own.map((allow) => this.#allowedPlace(allow)),
    ]);
  }

  #run(rule: CompiledRule, text: TextAndLines, { skip, windows }: Job): Raw[] {
    const found: Raw[] = [];
    if ((this.#search.wasted.get(rule) ?? 0) > MOST_WASTED) {
      this.#trouble.set(rule.rule.id, `the imported rule ${rule.rule.id} is too slow and was switched off`);
      return found;
    }
    const size = windows.reduce((sum, [from, to]) => sum + to - from, 0);
    const budget = BUDGET + (BUDGET_PER_MB * size) / 1e6;
    const start = performance.now();
    if (!this.#runIn(rule, text, windows, skip, start + budget, found)) this.#giveUp(rule, performance.now() - start);
    return found;
  }

  /** False when the time is up. */
  #runIn(
    rule: CompiledRule,
    text: TextAndLines,
    windows: readonly Window[],
    skip: PlaceTest,
    until: number,
    found: Raw[],
  ): boolean {
    const { text: whole } = text.decoded;
    for (const [from, to] of windows) {
      const window = from === 0 && to === whole.length ? whole : whole.slice(from, to);
      rule.search.lastIndex = 0;
      for (let match = rule.search.exec(window); match !== null; match = rule.search.exec(window)) {
        if (match[0] === '') {
          rule.search.lastIndex += (window.codePointAt(match.index) ?? 0) > 0xffff ? 2 : 1;
          continue;
        }
        if (found.length >= MOST_FOUND) {
          this.#dropped++;
          continue;
        }
        const raw = this.#judge(rule, text, match[0], from + match.index, skip);
        if (raw !== undefined) found.push(raw);
      }
      if (performance.now() > until) return false;
    }
    return true;
  }

  /** Where a match may lie: all of the text, or what surrounds the keywords. */
  #windows(rule: CompiledRule, text: TextAndLines, places: readonly number[]): readonly Window[] {
    const { decoded } = text;
    const whole = [[0, decoded.text.length] as const];
    if (!rule.isNear || places.length > MOST_WINDOWS) return whole;
    if (places.length === 0) return [];
    const { maxLength, crossesLines } = rule.rule.regex ?? {};
    if (maxLength === undefined && crossesLines !== false) return whole;
    const windows: [number, number][] = [];
    const longest = Math.max(...rule.rule.keywords.map((keyword) => keyword.length));
    for (const place of places) {
      const at = decoded.unitAt(place);
      // Twice: a character beyond the first plane is two units. And room for what an assertion looks at.
      const reach = maxLength === undefined ? undefined : 2 * maxLength + longest + 4;
      let [from, to] =
        reach === undefined ? [0, decoded.text.length] : [Math.max(0, at - reach), Math.min(decoded.text.length, at + reach)];
      if (crossesLines === false) {
        // The line feeds on both sides stay in sight.
        from = Math.max(from, decoded.text.lastIndexOf('\n', at - 1));
        const end = decoded.text.indexOf('\n', at);
        if (end >= 0) to = Math.min(to, end + 1);
      }
      if (isLow(decoded.text, from)) from--;
      if (isLow(decoded.text, to)) to++;
      const last = windows.at(-1);
      if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
      else windows.push([from, to]);
    }
    return windows;
  }

  /** From a match to a finding: groups, entropy, allowlists, filters, in gitleaks' order. */
  #judge(rule: CompiledRule, text: TextAndLines, whole: string, index: number, skip: PlaceTest): Raw | undefined {
    const match = whole.replace(/^\n+|\n+$/g, '');
    const at = index + whole.search(/[^\n]|$/);
    const [secret, inMatch] = pickSecret(rule, match);
    if (secret === '') return undefined;
    const { entropy } = rule.rule;
    if (entropy !== undefined && entropyAsGo(secret) <= entropy) return undefined;
    if (rule.rule.tokenEfficiency && this.#search.places.tools.failsTokenEfficiency(secret)) return undefined;
    const end = at + match.length;
    const unless = either([
      skip,
      ...rule.allow.map((allow) => this.#isAllowed(allow, text, { match, secret, at, end })),
      ...[rule.pack.filter, rule.rule.filter].map((filter) =>
        filter === undefined
          ? false
          : discards(filter, {
              attributes: this.#attributes,
              finding: findingMap(rule.rule, text, { match, secret, at, end }),
              tools: this.#search.places.tools,
            }),
      ),
    ]);
    if (unless === true) return undefined;
    const { line, column } = text.position(at);
    return { rule, secret, match, at, secretAt: at + inMatch, line, column, unless };
  }

  #isAllowed(compiled: CompiledAllow, text: TextAndLines, found: Spot): PlaceTest {
    const { allow } = compiled;
    const target =
      allow.target === 'secret' ? found.secret : allow.target === 'match' ? found.match : text.linesOf(found.at, found.end);
    const byText: boolean[] = [];
    if (allow.regexes !== undefined) byText.push(compiled.hasRegex(target));
    if (allow.stopwords.length > 0) {
      const folded = found.secret.toLowerCase();
      byText.push(allow.stopwords.some((word) => folded.includes(word)));
    }
    // What the place alone decides was seen to before.
    if (allow.condition === 'or') return byText.includes(true);
    return both([...byText, ...compiled.byPlace.map((test) => this.#search.places.at(test, this.#place))]);
  }

  /** Is there a finding of each required rule, near enough? */
  #hasParts(raw: Raw, byRule: ReadonlyMap<CompiledRule, readonly Raw[]>, parts: Set<Raw>): boolean {
    const used: Raw[] = [];
    for (const { rule, withinLines, withinColumns } of raw.rule.rule.required) {
      const part = raw.rule.parts.find((candidate) => candidate.rule.id === rule);
      const near = (part === undefined ? [] : (byRule.get(part) ?? [])).filter(
        (other) =>
          (withinLines === undefined || Math.abs(other.line - raw.line) <= withinLines) &&
          (withinColumns === undefined || Math.abs(other.column - raw.column) <= withinColumns),
      );
      if (near.length === 0) return false;
      used.push(...near);
    }
    // Betterleaks reports what is a part of another finding with that one only.
    if (raw.rule.pack.dialect === 'betterleaks') for (const one of used) parts.add(one);
    return true;
  }

  #keep(all: readonly Raw[], text: TextAndLines, bytes: Buffer, { from, limit, base, scale, cursor }: Piece): void {
    const comments = new AllowComments(bytes);
    const places = all
      .map((raw) => {
        const { decoded } = text;
        const matchStart = decoded.byteAt(raw.at);
        const start = decoded.byteAt(raw.secretAt);
        return {
          raw,
          matchStart,
          start,
          end: decoded.byteAt(raw.secretAt + raw.secret.length),
          matchEnd: decoded.byteAt(raw.at + raw.match.length),
        };
      })
      .filter(({ matchStart }) => matchStart >= from && matchStart < limit)
      .sort((a, b) => a.start - b.start);
    const at = cursor.clone();
    for (const { raw, start, end, matchStart, matchEnd } of places) {
      if (start > at.at) at.advance(bytes, start);
      const stop = at.clone();
      stop.advance(bytes, end);
      this.#found.push({
        rule: raw.rule.rule,
        secret: raw.secret,
        start: (base + start) * scale,
        end: (base + end) * scale,
        matchStart: (base + matchStart) * scale,
        matchEnd: (base + matchEnd) * scale,
        line: at.line,
        column: at.column,
        endLine: stop.line,
        endColumn: stop.column,
        allowedBy: comments.beside(start, end, raw.rule.rule.id),
        ...(raw.rule.rule.identity === undefined ? {} : { groups: groupsOf(raw.rule, raw.match) }),
        ...(raw.unless === false ? {} : { unless: raw.unless }),
      });
    }
  }
}

type Window = readonly [from: number, to: number];

interface Job {
  readonly skip: PlaceTest;
  readonly windows: readonly Window[];
}

/** Could one attempt take so long that only a time limit from outside ends it? Else the time between attempts is enough. */
function mayRunAway({ rule: { regex }, parts }: CompiledRule, windows: readonly Window[]): boolean {
  if (regex === undefined || windows.length === 0) return false;
  if (regex.nestsRepeats || regex.longRepeats >= 2 || parts.length > 0) return true;
  return regex.maxLength === undefined && windows.some(([from, to]) => to - from > LONG_TEXT);
}

const NOTHING: ReadonlyMap<string, string | number> = new Map();

interface Spot {
  readonly match: string;
  readonly secret: string;
  readonly at: number;
  readonly end: number;
}

/** The group named by `secretGroup`, else the first that is not empty, else all; and where it begins in the match. */
function pickSecret({ rule, groups }: CompiledRule, match: string): readonly [string, number] {
  const found = groups.exec(match);
  if (found === null || found.length < 2) return [match, 0];
  if (rule.secretGroup > 0) return [found[rule.secretGroup] ?? '', found.indices?.[rule.secretGroup]?.[0] ?? 0];
  for (let group = 1; group < found.length; group++) {
    const text = found[group];
    if (text !== undefined && text !== '') return [text, found.indices?.[group]?.[0] ?? 0];
  }
  return [match, 0];
}

function groupsOf({ rule, groups }: CompiledRule, match: string): Readonly<Record<string, string>> {
  const found = groups.exec(match);
  const named = Object.entries(rule.regex?.names ?? {}).map(([name, index]) => [name, found?.[index]] as const);
  return Object.fromEntries(named.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])));
}

/** gitleaks counts characters, but takes their share of the bytes. */
export function entropyAsGo(secret: string): number {
  const counts = new Map<string, number>();
  for (const char of secret) counts.set(char, (counts.get(char) ?? 0) + 1);
  const length = Buffer.byteLength(secret);
  let bits = 0;
  for (const times of counts.values()) bits -= (times / length) * Math.log2(times / length);
  return bits;
}

/** A guess about what a sharper rule has found on the same line adds nothing. */
function isOutdone(raw: Raw, all: readonly Raw[]): boolean {
  const isGitleaks = raw.rule.pack.dialect === 'gitleaks';
  if (isGitleaks && !isGeneric(raw)) return false;
  return all.some(
    (other) =>
      other !== raw &&
      other.rule.pack === raw.rule.pack &&
      other.line === raw.line &&
      other.rule !== raw.rule &&
      (isGitleaks ? !isGeneric(other) : other.rule.rule.specificity > raw.rule.rule.specificity) &&
      other.secret.includes(raw.secret),
  );
}

function isGeneric({ rule }: Raw): boolean {
  return rule.rule.id.toLowerCase().includes('generic');
}

function isLow(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit < 0xe000;
}

/** A text and its lines, worked out when somebody asks. */
class TextAndLines {
  readonly #bytes: Buffer;
  #decoded: SearchText | undefined;
  #starts: number[] | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get decoded(): SearchText {
    this.#decoded ??= new SearchText(this.#bytes);
    return this.#decoded;
  }

  /** Line from 0, column from 1, as gitleaks counts them. */
  position(at: number): { readonly line: number; readonly column: number } {
    this.#starts ??= lineStarts(this.decoded.text);
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low, column: at - (this.#starts[low] as number) + 1 };
  }

  /** The lines that a match touches, with the line feed in front of them: `^` in an allowlist stands before it. */
  linesOf(at: number, end: number): string {
    const { text } = this.decoded;
    const from = Math.max(0, text.lastIndexOf('\n', at - 1));
    const stop = text.indexOf('\n', end);
    return text.slice(from, stop < 0 ? text.length : stop);
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function findingMap(rule: ImportedRule, text: TextAndLines, spot: Spot): ReadonlyMap<string, string | number> {
  const { text: whole } = text.decoded;
  const { at, end, match, secret } = spot;
  const before = Math.max(whole.lastIndexOf('\n', at - 1), whole.lastIndexOf('\r', at - 1));
  const after = whole.slice(end, end + 100_000).search(/[\r\n]/);
  return new Map<string, string | number>([
    ['secret', secret],
    ['match', match],
    ['line', text.linesOf(at, end)],
    ['rule_id', rule.id],
    ['description', rule.description],
    ['entropy', String(entropyAsGo(secret))],
    ['context', whole.slice(Math.max(0, at - 2000), end + 2000)],
    ['fragment_raw', whole],
    ['match_start_idx', at],
    ['match_end_idx', end],
    ['match_line_start_idx', at === 0 ? 0 : before + 1],
    ['match_line_end_idx', after < 0 ? whole.length : end + after],
  ]);
}
