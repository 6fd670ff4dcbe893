import { readPattern } from './compile.ts';
import { createEngine, type Engine, observeWindows } from './engine.ts';
import { bytesOf, expandExample } from './examples.ts';
import { finish } from './load.ts';
import type { Pack, PackedDetector } from './pack.ts';
import { parsePattern } from './pattern.ts';
import { StepCounter, TooManySteps } from './steps.ts';

/** What is wrong with a rule, and what to do. */
export interface Problem {
  readonly file: string;
  readonly rule: string;
  readonly what: string;
  readonly hint: string;
}

export interface ProveOptions {
  /** Slowest allowed speed on worst-case texts, in MB/s, as counted by steps; 0 leaves the guard out. */
  readonly slowest?: number;
}

const KEY = 'proof';
const SLOWEST = 10;
/** A step of a regex takes V8 about so many nanoseconds. */
const STEP = 2;

/**
 * Proves every detector: unique id, enough examples, each example hit with the secret inside the reported span and a
 * keyword really in it, no counter-example hit, and no text on which its regex is slow.
 */
export function proveDetectors(pack: Pack, options: ProveOptions = {}): Problem[] {
  const problems: Problem[] = [];
  const known = new Map<string, PackedDetector>();
  for (const detector of pack.detectors) {
    const twin = known.get(detector.id);
    if (twin !== undefined)
      problems.push(problem(detector, `the id is also used in ${twin.file}`, 'give one of them another id'));
    known.set(detector.id, detector);
    problems.push(...proveOne(detector, pack, options.slowest ?? SLOWEST));
  }
  return problems;
}

function proveOne(detector: PackedDetector, pack: Pack, slowest: number): Problem[] {
  const problems: Problem[] = [];
  let engine: Engine;
  let alone: Pack;
  try {
    alone = finish([detector], pack.placeholders);
    engine = createEngine({ pack: alone, fingerprintKey: KEY, secretlint: false });
  } catch (error) {
    return [problem(detector, error instanceof Error ? error.message : String(error), 'mend the pattern')];
  }
  if (detector.examples.length < 2) problems.push(problem(detector, 'has fewer than two examples', 'add an example'));
  if (detector.counterExamples.length < 1) problems.push(problem(detector, 'has no counter-example', 'add a near miss'));
  for (const [index, example] of detector.examples.entries()) problems.push(...proveExample(detector, engine, example, index));
  for (const [index, example] of detector.counterExamples.entries()) {
    const { text } = expandExample(example, `${detector.id}/counter/${index}`);
    if (engine.detect(bytesOf(text), { unplaced: true }).length === 0) continue;
    problems.push(
      problem(
        detector,
        `counter-example ${index + 1} is hit: ${example}`,
        'make the pattern stricter, or move the text to examples',
      ),
    );
  }
  if (slowest > 0) problems.push(...proveSpeed(detector, alone, engine, slowest));
  return problems;
}

function proveExample(detector: PackedDetector, engine: Engine, example: string, index: number): Problem[] {
  const { text, generated } = expandExample(example, `${detector.id}/${index}`);
  const folded = text.toLowerCase();
  if (!detector.keywords.some((keyword) => folded.includes(keyword.toLowerCase()))) {
    return [
      problem(detector, `example ${index + 1} holds none of the keywords: ${example}`, 'add a keyword that real texts hold'),
    ];
  }
  const bytes = bytesOf(text);
  const matches = engine.detect(bytes, { unplaced: true });
  if (matches.length === 0) {
    return [problem(detector, `example ${index + 1} is not hit: ${example}`, 'mend the pattern or the example')];
  }
  // What is found behind base64 may end before its padding.
  const core = generated.replace(/=+$/, '');
  const isInside = matches.some(
    (match) => match.secret.reveal().includes(core) || bytes.toString('utf8', match.start, match.end).includes(core),
  );
  if (isInside) return [];
  return [
    problem(
      detector,
      `example ${index + 1} is hit, but the span misses the secret: ${example}`,
      'name the group that holds it `secret`',
    ),
  ];
}

const SIZE = 64_000;

/** Texts on which careless regexes take for ever. */
export function worstCases(keywords: readonly string[]): ReadonlyMap<string, string> {
  const fillers: readonly (readonly [string, string])[] = [
    ['a', 'a'],
    ['dash', '-'],
    ['assignment', 'A='],
    ['space', ' '],
    ['quote', '"\\'],
    ['digit', '0'],
    ['dotted', 'a.b_'],
    ['minified', 'function(e,t){var n=e.key||"";return t[n]?a:b},'],
  ];
  const cases = new Map<string, string>();
  for (const [name, filler] of fillers) {
    cases.set(name, filler.repeat(Math.ceil(SIZE / filler.length)));
    for (const keyword of keywords.slice(0, 2)) {
      const unit = keyword + filler.repeat(Math.ceil(200 / filler.length));
      cases.set(`${keyword} and ${name}`, unit.repeat(Math.ceil(SIZE / unit.length)));
    }
  }
  for (const keyword of keywords.slice(0, 2)) {
    cases.set(`${keyword} alone`, keyword.repeat(Math.ceil(SIZE / keyword.length)));
    // Values that go a long way through the checks behind the regex before they are refused.
    for (const [name, unit] of [
      ['letters', `${keyword}="${'aBcDeFgH'.repeat(11)}+9/"\n`],
      ['words', `${keyword}: ${'ab-cd_ef.'.repeat(10)}9!\n`],
      ['url', `${keyword}u${'a.b-'.repeat(12)}:${'p%4'.repeat(20)}@${'h.'.repeat(40)}\n`],
    ] as const) {
      cases.set(`${keyword} and ${name}`, unit.repeat(Math.ceil(SIZE / unit.length)));
    }
  }
  return cases;
}

function proveSpeed(detector: PackedDetector, pack: Pack, engine: Engine, slowest: number): Problem[] {
  const { source, flags } = readPattern(detector);
  const pattern = parsePattern(source, flags === 'i');
  for (const [name, text] of worstCases(detector.keywords)) {
    const bytes = Buffer.from(text, 'latin1');
    const allowed = 1000 / slowest / STEP;
    const what = isCounted(pack, engine, bytes, new StepCounter(pattern, bytes.length * allowed))
      ? isTimed(engine, bytes, slowest / 20)
      : `takes more than ${allowed} steps a byte on "${name}"`;
    if (what === undefined) continue;
    return [problem(detector, what, 'bound the repeats that can overlap, so that a text is given up soon')];
  }
  return [];
}

/**
 * Are the steps of the regex on this text within the limit? They are counted before it is run, so one that takes for ever is
 * not; and they are the same on every machine, however busy.
 */
function isCounted(pack: Pack, engine: Engine, bytes: Buffer, counter: StepCounter): boolean {
  observeWindows(pack, (window, at) => {
    if (at === undefined) counter.search(window);
    else counter.matches(window, at);
  });
  try {
    engine.detect(bytes, { unplaced: true });
    return true;
  } catch (error) {
    if (error instanceof TooManySteps) return false;
    throw error;
  } finally {
    observeWindows(pack, undefined);
  }
}

/** What the steps do not tell (checks of values, pairs) may take its time, but not for ever. The best of a few tries. */
function isTimed(engine: Engine, bytes: Buffer, slowest: number): string | undefined {
  let best = 0;
  for (let attempt = 0; attempt < 5; attempt++) {
    const start = process.cpuUsage();
    engine.detect(bytes, { unplaced: true });
    const { user, system } = process.cpuUsage(start);
    best = Math.max(best, bytes.length / Math.max(1, user + system));
    if (best >= slowest) return undefined;
  }
  return `searches ${best.toFixed(2)} MB/s`;
}

function problem(detector: PackedDetector, what: string, hint: string): Problem {
  return { file: detector.file, rule: detector.id, what, hint };
}
