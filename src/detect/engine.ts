import { credentialId, type IdentityId, identityId, secretCredentialId } from '../contracts/identity-id.ts';
import type { BulkMatch, DetectHints, Match } from '../contracts/scanner.ts';
import { baselineId, fingerprint, mask } from '../util/fingerprint.ts';
import { Secret } from '../util/secret.ts';
import { strengthUnder } from '../util/strength.ts';
import { planSearch } from './anchors.ts';
import { RuleRef, type Tally } from './compile.ts';
import { derive } from './derive.ts';
import { FileScan, type Located, type ScanResult, type Search } from './file-scan.ts';
import { Splits } from './hidden/triggers.ts';
import { importedMatches, outdoneBy } from './import/matches.ts';
import { ImportSearch } from './import/search.ts';
import { type KeepSecrets, mayBeDatabasePassword } from './keep.ts';
import { createKernel } from './kernel/create.ts';
import { leastLeft } from './kernel/tables.ts';
import type { Found } from './match.ts';
import { shortfalls } from './outcome.ts';
import type { Pack } from './pack.ts';
import { placeholderTest } from './placeholder.ts';
import { lintText } from './secretlint.ts';
import { utf16Length } from './text.ts';

export interface EngineOptions {
  readonly pack: Pack;
  readonly fingerprintKey: Uint8Array | string;
  /** Lets secretlint's recommended rules search texts that hold one of their anchors. Default: true. */
  readonly secretlint?: boolean;
  /** Matches of bulk searches that keep their secret, in memory: all of them for `--verify`, else those of this test. */
  readonly keepSecrets?: KeepSecrets;
}

export interface Engine {
  /** For a reader of many versions of one text. */
  readonly search: Search;
  readonly packHash: string;
  /** Does a match of a bulk search keep its secret until the end of the run? */
  keepsSecret(match: Match): boolean;
  /** Imported rules that look at the path of a file alone: blobs, searched before theirs are known, they do not see. */
  readonly rulesOnPathAlone: number;
  /** Own detectors only. Offsets are bytes for bytes, UTF-16 units for strings. */
  detect(input: string | Uint8Array, hints?: DetectHints): Match[];
  /** Own detectors, and secretlint's rules behind their anchors. */
  detectAll(input: string | Uint8Array, hints?: DetectHints): Promise<Match[]>;
  /**
   * Memory to read into: `size` bytes, contents undefined. What stands in it (any `subarray` of it) is searched where it is,
   * by `open().feed` and `detect`; other bytes are copied to the search's own memory first. The buffer's memory never moves
   * and is freed with the last reference to it; it must not be transferred to another thread. Make a few and keep them:
   * each brings its own tables (about 4 MB).
   */
  slab(size: number): Buffer;
  /** For bulk reading: a scan that is fed in pieces. */
  open(hints?: DetectHints): FileScan;
  /** Is a match, found without knowing its place, not to be reported there? */
  isDiscarded(
    match: Pick<Match, 'unless' | 'detector' | 'member'>,
    place: { readonly path?: string; readonly commit?: string },
  ): boolean;
  /** Of matches found without knowing the place (`unplaced`): those to report at any of `places`, overlaps resolved. */
  settle(
    matches: readonly BulkMatch[],
    places: readonly { readonly path?: string; readonly commit?: string }[],
  ): readonly BulkMatch[];
  /** The matches of a scan. */
  matches(result: ScanResult): Match[];
  /**
   * What secretlint adds to a scan of the whole `bytes`; empty when no anchor was met or the text is too large, which is
   * told where rules of the user should have seen it, as are rules that failed. No `bytes`: they are not at hand.
   */
  lint(bytes: Buffer | undefined, result: ScanResult, onTrouble?: (why: string) => void): Promise<Match[]>;
  /** What each rule has cost so far, for budgets: counts, no times. Rules of one pack share them over its engines. */
  costs(): readonly RuleCost[];
}

export interface RuleCost extends Readonly<Tally> {
  readonly id: string;
}

/** secretlint's rules read whole texts with plain regexes: larger ones are left to our own detectors. */
const MAX_LINTED = 1024 * 1024;

export function createEngine(options: EngineOptions): Engine {
  const { pack, fingerprintKey } = options;
  let bound: ReadonlyMap<string, RegExp> | undefined;
  const generic = new Set(pack.detectors.flatMap(({ id, categories }) => (categories.includes('generic') ? [id] : [])));
  const search = searchOf(pack, options.secretlint !== false);

  function open(hints: DetectHints = {}): FileScan {
    return new FileScan(search, hints);
  }

  function scanWhole(bytes: Buffer, hints: DetectHints): ScanResult {
    const scan = open(hints);
    scan.feed(bytes, true);
    return scan.finish();
  }

  function matches(result: ScanResult): Match[] {
    const { found, imported } = result;
    if (imported === undefined || imported.found.length === 0) return found.map((one) => toMatch(one, fingerprintKey));
    const isOutdone = outdoneBy(imported);
    const own = found.filter((one) => !isOutdone(one)).map((one) => toMatch(one, fingerprintKey));
    return [...own, ...importedMatches(result, imported, fingerprintKey, identityFrom)].sort((a, b) => a.start - b.start);
  }

  /** A blob is searched before its paths are known: a detector that is bound to some has hit in all of them. */
  function isElsewhere({ detector, member }: Pick<Match, 'detector' | 'member'>, path: string | undefined): boolean {
    // The path within an archive was known.
    if (member !== undefined) return false;
    bound ??= new Map(pack.detectors.flatMap(({ id, path: own }) => (own === undefined ? [] : [[id, new RegExp(own)] as const])));
    // What no commit leads to has no path: it is at none of them.
    return bound.get(detector)?.test(path ?? '') === false;
  }

  function isDiscarded(
    match: Pick<Match, 'unless' | 'detector' | 'member'>,
    place: { readonly path?: string; readonly commit?: string },
  ): boolean {
    return search.imports?.isDiscarded(match.unless, place) === true || isElsewhere(match, place.path);
  }

  /** Between one that is bound to the place and one that is not, the more telling stays; the bound one where they are equal. */
  function isOutdone(match: BulkMatch, others: readonly BulkMatch[]): boolean {
    const isBound = bound?.has(match.detector) === true;
    return others.some((other) => {
      if (
        other.member !== match.member ||
        other.start >= match.end ||
        match.start >= other.end ||
        (bound?.has(other.detector) === true) === isBound
      )
        return false;
      const [own, its] = [weight(match), weight(other)];
      return isBound ? its > own : its >= own;
    });
  }

  function weight({ detector, confidence, publicId }: BulkMatch): number {
    if (generic.has(detector)) return 0;
    return 1 + ['low', 'medium', 'high'].indexOf(confidence) + (publicId === undefined ? 0 : 4);
  }

  async function lint(bytes: Buffer | undefined, result: ScanResult, onTrouble?: (why: string) => void): Promise<Match[]> {
    if (result.lints.length === 0) return [];
    if (bytes === undefined || result.isBinary || bytes.length > MAX_LINTED) {
      const why = result.isBinary ? 'binary' : 'longer than 1 MiB';
      if (search.lintsAlways === true) onTrouble?.(`not seen by the secretlint rules of the configuration: ${why}`);
      return [];
    }
    const { isPlaceholder } = search;
    return lintText(bytes, result, { key: fingerprintKey, isPlaceholder, own: pack.lints ?? [], onTrouble });
  }

  return {
    search,
    packHash: pack.hash,
    isDiscarded,
    settle(matches, places) {
      const here = matches.filter((match) => places.some((place) => !isDiscarded(match, place)));
      return here.some(({ detector }) => bound?.has(detector) === true) ? here.filter((match) => !isOutdone(match, here)) : here;
    },
    keepsSecret: (match) => options.keepSecrets === true || (options.keepSecrets === 'logins' && mayBeDatabasePassword(match)),
    rulesOnPathAlone: search.imports?.pathRules.filter(({ rule }) => !rule.skipReport && rule.path !== undefined).length ?? 0,
    slab: (size) => search.kernel.slab(size),
    costs: () => search.rules.flatMap(({ detector, tally }) => (tally === undefined ? [] : [{ id: detector.id, ...tally }])),
    open,
    matches,
    lint,
    detect(input, hints = {}) {
      const bytes = toBuffer(input);
      const result = scanWhole(bytes, hints);
      for (const why of hints.onCut === undefined ? [] : shortfalls(result)) hints.onCut?.(why);
      return toUnits(matches(result), input, bytes);
    },
    async detectAll(input, hints = {}) {
      const bytes = toBuffer(input);
      const result = scanWhole(bytes, hints);
      const all = [...matches(result), ...(await lint(bytes, result))];
      return toUnits(
        all.sort((a, b) => a.start - b.start),
        input,
        bytes,
      );
    },
  };
}

const prepared = new WeakMap<Pack, Map<boolean, Search>>();

/** Rules and automaton of a pack, made once: a scan runs to its end before another can begin, so they can be shared. */
function searchOf(pack: Pack, withSecretlint: boolean): Search {
  const known = prepared.get(pack) ?? new Map<boolean, Search>();
  prepared.set(pack, known);
  const search = known.get(withSecretlint) ?? prepare(pack, withSecretlint);
  known.set(withSecretlint, search);
  return search;
}

/** For proofs: `observe` is told of each stretch of text before a regex of this pack is run on it, in engines without secretlint. */
export function observeWindows(pack: Pack, observe: Tally['observe'] | undefined): void {
  for (const { rule } of searchOf(pack, false).rules) {
    if (observe === undefined) delete rule.tally.observe;
    else rule.tally.observe = observe;
  }
}

function prepare(pack: Pack, withSecretlint: boolean): Search {
  const rules = pack.detectors.map((detector, index) => new RuleRef(detector, index));
  const { uses, strong, tables } = planSearch(pack, rules, withSecretlint);
  return {
    kernel: createKernel(tables),
    longest: tables.longest,
    leastLeft: leastLeft(tables),
    uses,
    splits: new Splits(strong),
    rules,
    isPlaceholder: placeholderTest(pack.placeholders),
    imports: pack.imports === undefined ? undefined : new ImportSearch(pack.imports),
    lintsAlways: withSecretlint && (pack.lints ?? []).length > 0,
  };
}

/** Makes the match that scanners see. */
function toMatch(found: Located, key: Uint8Array | string): Match {
  const { detector } = found.rule;
  const print = fingerprint(found.secret, key);
  const groups = withHost(found.groups);
  const identity = identityFrom(detector.identity, groups);
  const isGuess = found.confidence === 'low' && detector.type === 'password';
  const strength = isGuess ? strengthUnder(groups.name, found.secret) : undefined;
  const detail = derive(found, key);
  return {
    detector: detector.id,
    provider: detector.provider,
    type: detector.type,
    secret: new Secret(found.secret),
    ...(found.publicId === undefined ? {} : { publicId: found.publicId }),
    credential:
      found.publicId === undefined
        ? secretCredentialId(fingerprint(withLogin(found, groups, identity), key))
        : credentialId(detector.provider, detector.type, found.publicId),
    fingerprint: print,
    masked: mask(found.secret, found.publicId),
    baselineId: baselineId(found.secret, key),
    ...(found.allowedBy === undefined ? {} : { allowedBy: found.allowedBy }),
    confidence: found.confidence,
    ...(found.hidden === undefined ? {} : { hidden: found.hidden }),
    ...(strength === undefined ? {} : { strength }),
    ...(identity === undefined ? {} : { identity }),
    ...(detail === undefined ? {} : { detail }),
    start: found.start,
    end: found.end,
    line: found.line,
    column: found.column,
    endLine: found.endLine,
    endColumn: found.endColumn,
  };
}

/** Host names are told apart by no one who writes them in capitals. */
function withHost(groups: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { host, port } = groups;
  if (host === undefined) return groups;
  const name = host.toLowerCase().replace(/\.$/, '');
  // On this machine each port is a server of its own; elsewhere a pooler may stand before the one that is meant.
  const isOwn = port !== undefined && port !== '5432' && /^(?:localhost$|127\.|\[::1\]$)/.test(name);
  return { ...groups, host: isOwn ? `${name}:${port}` : name };
}

/**
 * What names a credential that has no public id. A password is one credential for each login it opens: two logins with
 * the same password are rotated apart. What is no login's (a token is one wherever it is sent) is named by itself.
 */
function withLogin(found: Found, groups: Readonly<Record<string, string>>, identity: IdentityId | undefined): string {
  const { provider, type } = found.rule.detector;
  if (groups.host === undefined || (type !== 'connection-string' && type !== 'password')) return found.secret;
  const login = identity ?? identityId(provider, groups.host, `user/${groups.user ?? ''}`);
  return `${login}\0${found.secret}`;
}

/** Fills `provider:scope:local`; nothing when a group is missing. An empty scope is one that is not known. */
export function identityFrom(template: string | undefined, groups: Readonly<Record<string, string>>): IdentityId | undefined {
  const [provider, scope, ...local] = (template ?? '').split(':');
  if (provider === undefined || scope === undefined || local.length === 0) return undefined;
  let isMissing = false;
  function fill(text: string, mayBeEmpty: boolean): string {
    return text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = groups[name];
      if (value === undefined || (value === '' && !mayBeEmpty)) isMissing = true;
      return value ?? '';
    });
  }
  const [who, where, what] = [fill(provider, false), fill(scope, true), fill(local.join(':'), false)];
  if (isMissing || what === '' || !/^[a-z][a-z0-9-]*$/.test(who)) return undefined;
  return identityId(who, where, what);
}

function toBuffer(input: string | Uint8Array): Buffer {
  if (typeof input === 'string') return Buffer.from(input, 'utf8');
  return Buffer.isBuffer(input) ? input : Buffer.from(input.buffer, input.byteOffset, input.byteLength);
}

/** For strings, byte offsets become UTF-16 offsets. `matches` are sorted by start. */
function toUnits(matches: Match[], input: string | Uint8Array, bytes: Buffer): Match[] {
  if (typeof input !== 'string' || bytes.length === input.length) return matches;
  let [at, units] = [0, 0];
  return matches.map((match) => {
    units += utf16Length(bytes, at, match.start);
    at = match.start;
    return { ...match, start: units, end: units + utf16Length(bytes, match.start, match.end) };
  });
}
