import assert from 'node:assert/strict';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { wholeShape } from '../../../src/detect/compile.ts';
import { createEngine, type Engine } from '../../../src/detect/engine.ts';
import { bytesOf, expandExample } from '../../../src/detect/examples.ts';
import { readImports, withImports } from '../../../src/detect/import/load.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { DEFAULT_MAX_BYTES, type ItemOutcome } from '../../../src/detect/outcome.ts';
import { PortionBuilder, unpackPortion } from '../../../src/detect/protocol.ts';
import { PackReader } from '../../../src/detect/read-packs.ts';
import { searchBlob } from '../../../src/detect/search-blob.ts';
import { BlobTable } from '../../../src/files/blob-table.ts';
import { findInPacks } from '../../../src/files/pack/trees.ts';
import { applySteps, blobId, deltaOf, type Entry, type Step, whole, writePack } from '../../helpers/pack-writer.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

const pack = await loadPack();
const engine = createEngine({ pack, fingerprintKey: 'packs' });
const reader = new PackReader(engine, DEFAULT_MAX_BYTES);

/** What a scan of each content as a whole says. */
async function scanned(contents: readonly Buffer[], by: Engine): Promise<ItemOutcome[]> {
  const portion = new PortionBuilder();
  for (const content of contents) searchBlob(by, content, DEFAULT_MAX_BYTES, portion);
  return [...unpackPortion(await portion.finish())];
}

/** What reading a pack of these entries says of each; `bytes` is -1 where it is left to git. */
async function read(
  entries: readonly Entry[],
  by = reader,
  sizeOf = (content: Buffer): number => content.length,
): Promise<ItemOutcome[]> {
  const gitDir = tempDir();
  writePack(gitDir, entries);
  const blobs = BlobTable.from(entries.map(({ content }) => ({ id: blobId(content), size: sizeOf(content) })));
  const { packs, left } = await findInPacks(gitDir, blobs);
  const outcomes: ItemOutcome[] = [];
  for (const trees of packs) {
    const positions = trees.positions.filter((position) => position >= 0);
    let next = 0;
    for await (const portion of by.search(trees)) {
      for (const outcome of unpackPortion(portion)) outcomes[positions[next++] as number] = outcome;
    }
  }
  for (const position of left) outcomes[position] = { outcome: 'read', bytes: -1, matches: [] };
  return outcomes;
}

/** What stands in the sources of strangers: secrets of all kinds, what only looks like one, and what makes no sense of it. */
const SECRETS: readonly string[] = [
  '{{ghcrc:ghp_}}',
  'aws_access_key_id = AKIA{{base32:16}}\naws_secret_access_key = {{base64:40}}',
  'AWS_ACCESS_KEY_ID_DEV=AKIA{{base32:16}}\nAWS_ACCESS_KEY_ID_PROD=AKIA{{base32:16}}\nAWS_SECRET_DEV={{base64:40}}\nAWS_SECRET_PROD={{base64:40}}',
  '{{pem:RSA PRIVATE KEY}}',
  'DB_PASSWORD = "q8Vw-t2LmZ7x"',
  'password: changeme',
  'password = getenv("PASSWORD")',
  'postgres://admin:Zq81xLp0aa@db.internal:5432/app',
  'https://user:$PASSWORD@example.org/',
  'GITHUB_CLIENT_SECRET={{hex:40}}',
  'import "github.com/moby/moby/secret"',
  'sk-ant-api03-{{base64url:93}}AA',
  'xoxb-{{digits:12}}-{{digits:12}}-{{alnum:24}}',
];

const secrets = SECRETS.map((text, index) => expandExample(text, `packs ${index}`).text);
const token = secrets[0] as string;
const FRAGMENTS: readonly string[] = [
  ...secrets,
  // Hidden in another spelling.
  Buffer.from(`token: ${token}`).toString('base64'),
  `kind: Secret\ndata:\n  a: ${Buffer.from(secrets[4] as string).toString('base64')}\n`,
  `"${token.slice(0, 9)}" + "${token.slice(9)}"`,
  `'${token.slice(0, 3)}' +\n  '${token.slice(3)}'`,
  token.replace('_', '\\x5f'),
  token.replace('_', '%5F'),
  Buffer.from(token).toString('hex'),
  gzipSync(token).toString('base64'),
  `${token} # gitleaks:allow`,
  '// secretlint-disable\n',
  '// secretlint-enable\n',
  `// nhi-audit:allow\n`,
  ...[
    '"',
    ' + ',
    '\\x41\\x42\\x43',
    '\\',
    '\n',
    '=',
    'secret',
    'token: ',
    'password',
    'AKIA',
    'ghp_',
    'ey',
    '-----BEGIN ',
    'atob(',
  ],
  'x'.repeat(300),
  'A1b2'.repeat(60),
  `${'lorem ipsum dolor sit amet '.repeat(30)}\n`,
  'const value = compute(left, right);\n'.repeat(12),
  'ünïcödé — ',
];

const fragment = fc.constantFrom(...FRAGMENTS);
const text = fc.array(fragment, { maxLength: 14 }).map((parts) => Buffer.from(parts.join('')));
/** Bytes that decide how a text is read: the marks of UTF-16, a NUL, the beginning of an archive. */
const beginning = fc.oneof(
  { weight: 12, arbitrary: fc.constant(Buffer.alloc(0)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...['fffe', '00', '504b0304', '1f8b08', 'efbbbf'].map((hex) => Buffer.from(hex, 'hex'))),
  },
);

/** A step by fractions of its base's length, so that it can be drawn before the base is known. */
type Draft = { readonly from: number; readonly to: number } | Buffer;
const place = fc.double({ min: 0, max: 1, noNaN: true });
const draft: fc.Arbitrary<readonly Draft[]> = fc.oneof(
  // Edits of the base, in order, as git writes them.
  fc
    .array(
      fc.tuple(
        place,
        fc.oneof(
          fragment,
          fragment.map((part) => part.slice(0, 7)),
        ),
        fc.nat(40),
      ),
      { maxLength: 4 },
    )
    .map((edits) => {
      const drafts: Draft[] = [];
      let last = 0;
      for (const [at, part] of edits.sort(([a], [b]) => a - b)) {
        drafts.push({ from: last, to: at }, Buffer.from(part));
        last = at;
      }
      return [...drafts, { from: last, to: 1 }];
    }),
  // Anything from anywhere.
  fc.array(
    fc.oneof(
      fc.tuple(place, place).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
      fragment.map((part) => Buffer.from(part)),
    ),
    {
      maxLength: 5,
    },
  ),
);

const chain = fc.tuple(
  fc.tuple(beginning, text).map((parts) => Buffer.concat(parts)),
  fc.array(fc.record({ base: fc.nat(), drafts: draft, isById: fc.boolean() }), { minLength: 1, maxLength: 8 }),
);

function stepsOf(drafts: readonly Draft[], length: number): Step[] {
  return drafts.map((one) => {
    if (Buffer.isBuffer(one)) return one;
    const from = Math.round(one.from * length);
    return { from, size: Math.round(one.to * length) - from };
  });
}

/** A pack in which each text is made from one before it. Texts that are there already are left out. */
function entriesOf(
  root: Buffer,
  versions: readonly { readonly base: number; readonly drafts: readonly Draft[]; readonly isById: boolean }[],
): Entry[] {
  const entries: Entry[] = [whole(root)];
  for (const { base: drawn, drafts, isById } of versions) {
    const base = drawn % entries.length;
    const from = entries[base]?.content as Buffer;
    const steps = stepsOf(drafts, from.length);
    const content = applySteps(from, steps);
    if (entries.some((other) => other.content.equals(content))) continue;
    entries.push({ type: isById ? 7 : 6, base, data: deltaOf(from.length, content.length, steps), content });
  }
  return entries;
}

describe('reading blobs from packs', () => {
  it('finds in each version just what a scan of it finds', async function () {
    this.timeout(60_000);
    let made = 0;
    let found = 0;

    await fc.assert(
      fc.asyncProperty(chain, async ([root, versions]) => {
        const entries = entriesOf(root, versions);

        const outcomes = await read(entries);

        const expected = await scanned(
          entries.map(({ content }) => content),
          engine,
        );
        assert.deepEqual(outcomes, expected);
        made += entries.length - 1;
        found += expected.reduce((sum, { matches }) => sum + matches.length, 0);
      }),
      { numRuns: 150 },
    );

    // It would prove nothing of texts in which there is nothing.
    assert.ok(made > 300 && found > made, `${made} versions, ${found} matches`);
  });

  it('finds what an edit completes, wherever it is made', async function () {
    this.timeout(60_000);
    const random = randomFrom(7);
    const texts = [
      ...pack.detectors.flatMap(({ id, examples }) => examples.map((text) => bytesOf(expandExample(text, id).text))),
      ...FRAGMENTS.map((text) => Buffer.from(text)),
    ];
    const entries: Entry[] = [];
    const ids = new Set<string>();
    for (const text of texts) {
      for (let round = 0; round < ROUNDS; round++) {
        const edit = editOf(text, random, entries.length);
        // A pack has each content once.
        const fresh = new Set(edit.map(({ content }) => blobId(content)).filter((id) => !ids.has(id)));
        if (fresh.size < 2) continue;
        entries.push(...edit);
        for (const id of fresh) ids.add(id);
      }
    }

    const outcomes = await read(entries);

    const expected = await scanned(
      entries.map(({ content }) => content),
      engine,
    );
    const found = expected.map(({ matches }) => matches.length);
    const completed = found.filter(
      (count, entry) => entries[entry]?.base !== undefined && count > (found[entry - 1] ?? 0),
    ).length;
    assert.ok(completed > texts.length, `${completed} of ${texts.length}`);
    for (const [entry, outcome] of outcomes.entries()) {
      if (!isSame(outcome, expected[entry]))
        assert.deepEqual(outcome, expected[entry], entries[entry]?.content.toString('latin1'));
    }
  });

  it('finds what an edit completes in front of a keyword, as far before it as a refusal may rest on what is there', async function () {
    this.timeout(60_000);
    const entries: Entry[] = [];
    for (const detector of pack.detectors.filter((one) => !wholeShape(one).anchored)) {
      for (const example of detector.examples) {
        const text = bytesOf(expandExample(example, detector.id).text);
        const cuts = cutsBefore(text, detector.keywords);
        // At first a rule lets all through.
        if (cuts.size > 0) entries.push(whole(Buffer.from(`${text.toString('latin1')}\n`.repeat(20), 'latin1')));
        for (const cut of cuts) entries.push(...completed(text, cut, entries.length));
      }
    }

    const outcomes = await read(entries);

    const expected = await scanned(
      entries.map(({ content }) => content),
      engine,
    );
    const more = expected.filter(
      ({ matches }, entry) => entries[entry]?.base !== undefined && matches.length > (expected[entry - 1]?.matches.length ?? 0),
    );
    assert.ok(more.length > 20, `${more.length} of ${entries.length}`);
    for (const [entry, outcome] of outcomes.entries()) {
      if (!isSame(outcome, expected[entry]))
        assert.deepEqual(outcome, expected[entry], entries[entry]?.content.toString('latin1'));
    }
  });

  it('searches anew what is no longer binary, or has become so', async () => {
    const line = Buffer.from('\nDB_PASSWORD = "q8Vw-t2LmZ7x"\n');
    const [binary, plain] = [Buffer.concat([Buffer.from([0]), line]), Buffer.concat([Buffer.from('x'), line])];
    const steps: readonly Step[] = [{ from: 1, size: line.length }];
    const toPlain: readonly Step[] = [Buffer.from('y'), ...steps];
    const toBinary: readonly Step[] = [Buffer.from([0, 0]), ...steps];
    const entries: Entry[] = [whole(binary), whole(plain)];
    for (const [base, made] of [
      [0, toPlain],
      [1, toBinary],
    ] as const) {
      const from = entries[base]?.content as Buffer;
      const content = applySteps(from, made);
      entries.push({ type: 6, base, data: deltaOf(from.length, content.length, made), content });
    }

    const outcomes = await read(entries);

    assert.deepEqual(
      outcomes.map(({ matches }) => matches.length > 0),
      [false, true, true, false],
    );
  });

  it('leaves a blob that is of another size than git says, and not what is made from it', async () => {
    const base = Buffer.from(WORDS);
    const steps: readonly Step[] = [{ from: 0, size: base.length }, Buffer.from(token)];
    const content = applySteps(base, steps);
    const entries: readonly Entry[] = [
      whole(base),
      { type: 6, base: 0, data: deltaOf(base.length, content.length, steps), content },
    ];

    const outcomes = await read(entries, reader, (one) => (one === base ? base.length + 1 : one.length));

    assert.deepEqual(
      outcomes.map(({ bytes, matches }) => [bytes, matches.length]),
      [
        [-1, 0],
        [content.length, 1],
      ],
    );
  });

  it('searches versions of a text of nothing but keywords as a whole', async () => {
    const dense = Buffer.from(`${'+ASt+AzC'.repeat(10_000)}\n${secrets[4]}\n`);
    const steps: readonly Step[] = [{ from: 0, size: dense.length }, Buffer.from(`${token}\n`)];
    const more = applySteps(dense, steps);
    const few: readonly Step[] = [{ from: more.length - token.length - 60, size: token.length + 60 }];
    const less = applySteps(more, few);
    const entries: readonly Entry[] = [
      whole(dense),
      { type: 6, base: 0, data: deltaOf(dense.length, more.length, steps), content: more },
      { type: 6, base: 1, data: deltaOf(more.length, less.length, few), content: less },
      whole(Buffer.from(`${WORDS}${token}\n`)),
    ];

    const outcomes = await read(entries);

    const expected = await scanned(
      entries.map(({ content }) => content),
      engine,
    );
    assert.deepEqual(outcomes, expected);
    assert.deepEqual(
      expected.map(({ matches }) => matches.length > 0),
      [true, true, true, true],
    );
  });

  it('lets the rules of other tools see texts in which nothing of ours stands', async () => {
    const directory = tempDir();
    writeFile(directory, 'rules.toml', `[[rules]]\nid = "any"\nregex = "zzq-[0-9]{12}"\n`);
    const imports = await readImports(pack, { files: [join(directory, 'rules.toml')], directory });
    const withRules = createEngine({ pack: withImports(pack, imports), fingerprintKey: 'packs' });
    const base = Buffer.from(`${WORDS}zzq-123456789012 and more\n`);
    const steps: readonly Step[] = [Buffer.from('other\n'), { from: 0, size: base.length }];
    const content = applySteps(base, steps);
    const entries: readonly Entry[] = [
      whole(base),
      { type: 6, base: 0, data: deltaOf(base.length, content.length, steps), content },
    ];

    const outcomes = await read(entries, new PackReader(withRules, DEFAULT_MAX_BYTES));

    assert.deepEqual(outcomes, await scanned([base, content], withRules));
    assert.deepEqual(
      outcomes.map(({ matches }) => matches.length),
      [1, 1],
    );
  });
});

const ROUNDS = 4;

function isSame(one: ItemOutcome | undefined, other: ItemOutcome | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.floor(((state >>> 8) / 2 ** 24) * below);
  };
}

const WORDS = 'the quick (brown) fox: jumps = over, lazy dogs;\n'.repeat(12);

/** Where to cut a text so that a keyword stands 60 to 70 bytes behind the cut. */
function cutsBefore(text: Buffer, keywords: readonly string[]): Set<number> {
  const folded = text.toString('latin1').toLowerCase();
  const cuts = new Set<number>();
  for (const keyword of keywords) {
    const sought = keyword.toLowerCase();
    for (let at = folded.indexOf(sought); at >= 0; at = folded.indexOf(sought, at + 1)) {
      for (let before = 60; before <= 70 && before < at; before++) cuts.add(at - before);
    }
  }
  return cuts;
}

/** A text that begins at a cut, and a version that has what was before it. */
function completed(text: Buffer, cut: number, index: number): readonly [Entry, Entry] {
  const old = Buffer.concat([text.subarray(cut), Buffer.from(`\n${index} ${WORDS}`)]);
  const steps: readonly Step[] = [text.subarray(0, cut), { from: 0, size: old.length }];
  const content = applySteps(old, steps);
  return [whole(old), { type: 6, base: index, data: deltaOf(old.length, content.length, steps), content }];
}

/** A text with a piece taken out, and a version in which it is put in: at the beginning, within, or at the end. */
function editOf(text: Buffer, random: (below: number) => number, index: number): readonly [Entry, Entry] {
  const [from, size] = [random(text.length + 1), random(3) === 0 ? random(text.length) : random(6)];
  const to = Math.min(text.length, from + size);
  const before = Buffer.from(random(3) === 0 ? '' : `${index} ${WORDS.slice(0, random(WORDS.length))}`);
  const behind = Buffer.from(random(3) === 0 ? '' : WORDS.slice(0, random(WORDS.length)));
  const instead = Buffer.from(['', '', ' ', 'x', '!', '"', '\n'][random(7)] as string);
  const left = Buffer.concat([before, text.subarray(0, from)]);
  const right = Buffer.concat([text.subarray(to), behind]);
  const old = Buffer.concat([left, instead, right]);
  const steps: Step[] = [
    { from: 0, size: left.length },
    text.subarray(from, to),
    { from: old.length - right.length, size: right.length },
  ];
  const content = applySteps(old, steps);
  const delta = deltaOf(old.length, content.length, steps);
  return [whole(old), { type: 6, base: index, data: delta, content }];
}
