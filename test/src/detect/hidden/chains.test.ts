import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createEngine, type Engine } from '../../../../src/detect/engine.ts';
import { expandExample } from '../../../../src/detect/examples.ts';
import { loadPack } from '../../../../src/detect/load.ts';
import { fingerprint } from '../../../../src/util/fingerprint.ts';

const KEY = 'hidden';
const github = expandExample('{{ghcrc:ghp_}}', 'hidden').text;
const gitlab = expandExample('{{join:gl:pat-}}{{alnum:20}}', 'hidden').text;
const bot = expandExample('{{join:xo:xb-}}{{digits:12}}-{{digits:13}}-{{alnum:24}}', 'hidden').text;

interface Spelling {
  readonly how: string;
  readonly write: (text: string) => string;
}

const each =
  (write: (hex: string, code: number) => string) =>
  (text: string): string =>
    [...Buffer.from(text, 'latin1')].map((code) => write(code.toString(16).padStart(2, '0'), code)).join('');

const SPELLINGS: readonly Spelling[] = [
  { how: 'base64', write: (text) => Buffer.from(text).toString('base64') },
  { how: 'base64', write: (text) => Buffer.from(text).toString('base64url') },
  { how: 'base64', write: (text) => wrapped(Buffer.from(text).toString('base64'), '\n') },
  { how: 'hex', write: (text) => Buffer.from(text).toString('hex') },
  { how: 'hex', write: (text) => Buffer.from(text).toString('hex').toUpperCase() },
  { how: 'percent', write: each((hex) => `%${hex}`) },
  { how: 'escapes', write: each((hex) => `\\x${hex}`) },
  { how: 'escapes', write: each((hex) => `\\u00${hex}`) },
  { how: 'escapes', write: each((hex) => `\\u{${hex}}`) },
  { how: 'escapes', write: each((_, code) => `\\${code.toString(8).padStart(3, '0')}`) },
  { how: 'entities', write: each((hex) => `&#x${hex};`) },
  { how: 'entities', write: each((_, code) => `&#${code};`) },
];

function wrapped(text: string, end: string): string {
  return text.replace(/.{64}(?=.)/g, `$&${end}`);
}

describe('values that hide', () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: KEY, secretlint: false });
  });

  for (const [name, token] of [
    ['GitHub', github],
    ['GitLab', gitlab],
    ['Slack', bot],
  ] as const) {
    for (const [index, { how, write }] of SPELLINGS.entries()) {
      it(`are found in ${how} (${index}): ${name}`, () => {
        const text = `é first\n  value: "${write(token)}" # after\n`;

        const [match, ...others] = engine.detect(text);

        assert.deepEqual(others, []);
        assert.deepEqual(match?.hidden, [how]);
        assert.equal(match.fingerprint, fingerprint(token, KEY));
        assert.equal(match.line, 2);
        assert.equal(match.start, text.indexOf('"') + 1);
        assert.equal(match.column, 11);
        // Padding is not of the value.
        assert.equal(text.slice(match.end).replace(/^=+/, ''), '" # after\n');
      });
    }
  }

  it('are found in base64 wherever they begin in it, in lines of any length', () => {
    const text = fc.string({ unit: fc.constantFrom(...'abc =:\n{"é'), maxLength: 90 });
    fc.assert(
      fc.property(
        text,
        text,
        fc.constantFrom(0, 60, 64, 76),
        fc.constantFrom('\n', '\r\n', '\n    ', '\\n'),
        (head, tail, width, end) => {
          const encoded = Buffer.from(`${head} ${github} ${tail}`).toString('base64');
          const lines = width === 0 ? encoded : encoded.replace(new RegExp(`.{${width}}(?=.)`, 'g'), `$&${end}`);
          // Where a line ends within the few characters that give it away, it is not seen.
          const anchor = ['Z2hwX', 'doc', 'naH', 'dnaH'].some((part) => lines.includes(part));
          fc.pre(anchor);
          const written = `cert: |\n    ${lines}\n`;

          const [match] = engine.detect(written);

          if (match === undefined) {
            assert.ok(width > 0, written);
            return;
          }
          assert.deepEqual(match.hidden, ['base64']);
          const place = written.slice(match.start, match.end).replace(/\\n|\s/g, '');
          assert.ok(encoded.includes(place));
          assert.ok(place.length <= 56);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are found in any chain of up to three spellings, where the outermost stands', () => {
    const spelling = fc.constantFrom(...SPELLINGS);
    fc.assert(
      fc.property(fc.array(spelling, { minLength: 1, maxLength: 3 }), fc.constantFrom(github, gitlab), (chain, token) => {
        // Percent signs around percent signs around digits have no anchor of their own: a known limit.
        fc.pre(
          !(
            chain.length === 3 &&
            chain.slice(1).every(({ how }) => how === 'percent') &&
            /^(?:hex|percent)$/.test(chain[0]?.how ?? '')
          ),
        );
        let value = token;
        for (const { write } of chain) value = write(value);
        const text = `first\n\nx = atob("${value}")\n`;

        const [match, ...others] = engine.detect(text);

        assert.deepEqual(others, []);
        assert.equal(match?.fingerprint, fingerprint(token, KEY), JSON.stringify(chain.map(({ how }) => how)));
        assert.deepEqual(match.hidden, chain.map(({ how }) => how).reverse());
        const [start, end] = [text.indexOf('"') + 1, text.lastIndexOf('"')];
        assert.ok(match.start >= start && match.start < start + 8 && match.end <= end, text.slice(match.start, match.end));
        assert.equal(match.line, 3);
      }),
      { numRuns: 300 },
    );
  });

  it('are not looked for beyond a depth of three', () => {
    let value = github;
    for (let depth = 0; depth < 4; depth++) value = Buffer.from(value).toString('base64');

    const cuts: string[] = [];
    assert.deepEqual(engine.detect(`x = atob("${value}")`, { onCut: (why) => cuts.push(why) }), []);
    assert.deepEqual(cuts, ['not all that is encoded was decoded']);
  });

  it('are not unpacked beyond a mebibyte, and it is said', () => {
    const packed = (text: string): string => gzipSync(text, { level: 9 }).toString('base64');
    const isCut = (text: string): boolean => {
      const scan = engine.open();
      scan.feed(Buffer.from(text), true);
      return scan.finish().isHiddenCut;
    };

    assert.equal(isCut(`release: ${packed(`${github}${' '.repeat(1024 * 1024)}`)}`), true);
    assert.equal(isCut(`release: ${packed(`${github}${' '.repeat(1024 * 1024 - 100)}`)}`), false);
    assert.equal(isCut(`release: ${packed(github).slice(0, -12)}`), false);
  });

  it('are each told where one packed value holds several', () => {
    const others = ['a', 'b'].map((seed) => expandExample('{{ghcrc:ghp_}}', `hidden/${seed}`).text);
    const tokens = [github, ...others, gitlab, bot];
    const release = gzipSync(`${tokens.join('\n')}\n${github}\n`).toString('base64');

    const found = engine.detect(`release: ${release}\n`);

    assert.deepEqual(found.map(({ fingerprint: print }) => print).sort(), tokens.map((token) => fingerprint(token, KEY)).sort());
    assert.deepEqual(new Set(found.map(({ start }) => start)), new Set(['release: '.length]));
  });

  for (const [name, joint] of [
    ['JavaScript', '" + "'],
    ['JavaScript, minified', '"+"'],
    ['JavaScript, single quotes', "' + '"],
    ['Java, over lines', '" +\n      "'],
    ['PHP', "' . '"],
    ['Perl', '"."'],
    ['Lua', '" .. "'],
    ['Visual Basic', '" & "'],
    ['SQL', "' || '"],
    ['Python and C', '" "'],
    ['Python, over lines', '"\n        "'],
    ['C macros', '" \\\n  "'],
    ['two quotes of a shell', '"\''],
  ] as const) {
    it(`are found in pieces: ${name}`, () => {
      // Without a sign between two lines, what begins the token must stand in the first.
      for (let at = joint === '"\n        "' ? 4 : 1; at < github.length; at += at < 6 ? 1 : 11) {
        const [open, close] = [joint[0] as string, joint.at(-1) as string];
        const text = `# ${'x'.repeat(700)}\nkey = ${open}${github.slice(0, at)}${joint}${github.slice(at)}${close}\n`;

        const [match, ...others] = engine.detect(text);

        assert.deepEqual(others, []);
        assert.equal(match?.fingerprint, fingerprint(github, KEY), text);
        assert.deepEqual(match.hidden, ['concatenation']);
        assert.equal(text.slice(match.start, match.end), `${github.slice(0, at)}${joint}${github.slice(at)}`);
      }
    });
  }

  it('are found in many pieces, in templates, arrays that are joined, and continued lines', () => {
    const [a, b, c] = [github.slice(0, 4), github.slice(4, 20), github.slice(20)];
    for (const [text, how] of [
      [`("${a}"\n "${b}"\n "${c}")`, 'concatenation'],
      [`"${a}" + '${b}' + "${c}"`, 'concatenation'],
      [`['${a}', '${b}', '${c}'].join('')`, 'concatenation'],
      [`\`\${"${a}"}${b}${c}\``, 'concatenation'],
      [`export T=${a}\\\n${b}\\\n${c}\n`, 'continuation'],
      [`token: "${a}${b}\\\n    ${c}"\n`, 'continuation'],
    ] as const) {
      const [match] = engine.detect(text);

      assert.equal(match?.fingerprint, fingerprint(github, KEY), text);
      assert.deepEqual(match.hidden, [how]);
    }
  });

  it('are not made of what only stands side by side', () => {
    const [a, b] = [github.slice(0, 14), github.slice(14)];

    for (const text of [`["${a}", "${b}"]`, `"${a}" + name + "${b}"`, `"${a}";\n"${b}";`, `${a}\n${b}`, `"${a}" == "${b}"`]) {
      assert.deepEqual(engine.detect(text), [], text);
    }
  });

  it('are read in the data of a Kubernetes Secret, passwords too', () => {
    const b64 = (text: string): string => Buffer.from(text).toString('base64');
    const password = expandExample('{{alnum:14}}', 'k8s').text;
    const value = b64(`shop:${github}`);
    const inner = b64(`db.password = ${password}\n`);
    const yaml = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop\ndata:\n  a.conf: |\n    ${inner}\n  login: ${value}\n  note: ${b64('nothing')}\n`;
    const json = JSON.stringify({ kind: 'Secret', data: { conf: inner, login: value } });

    for (const text of [yaml, json, yaml.replaceAll('\n', '\r\n')]) {
      const matches = engine.detect(text).filter(({ hidden }) => hidden !== undefined);

      assert.deepEqual(
        matches.map(({ hidden, fingerprint: print }) => [hidden, print]),
        [
          [['base64'], fingerprint(password, KEY)],
          [['base64'], fingerprint(github, KEY)],
        ],
        text,
      );
      for (const { start, end } of matches) assert.ok([inner, value].some((whole) => whole.includes(text.slice(start, end))));
    }
    const map = engine.detect(yaml.replace('kind: Secret', 'kind: ConfigMap'));
    assert.ok(map.every((match) => match.fingerprint !== fingerprint(password, KEY)));
  });

  it('are read in what is compressed, and in the UTF-16 of PowerShell', () => {
    const release = gzipSync(`{"token":"${github}"}`).toString('base64');
    const command = Buffer.from(`$t = "${github}"`, 'utf16le').toString('base64');
    for (const [text, how] of [
      [`release: ${release}`, ['base64', 'gzip']],
      [`release: ${Buffer.from(release).toString('base64')}`, ['base64', 'base64', 'gzip']],
      [`powershell -EncodedCommand ${command}`, ['base64', 'utf-16']],
    ] as const) {
      const [match] = engine.detect(text);

      assert.equal(match?.fingerprint, fingerprint(github, KEY));
      assert.deepEqual(match.hidden, how);
      assert.equal(match.line, 1);
    }
  });

  it('stay as they are found when they stand there plainly', () => {
    const text = `${github}\n${Buffer.from(`${github} `).toString('base64')}`;

    const matches = engine.detect(text);

    assert.deepEqual(
      matches.map(({ line, hidden }) => [line, hidden]),
      [
        [1, undefined],
        [2, ['base64']],
      ],
    );
    const [jwt] = engine.detect(`t = "${expandExample('{{jwt:user}}', 'jwt').text}"`);
    assert.equal(jwt?.hidden, undefined);
  });

  it('are not seen in what decodes to no text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 200, maxLength: 4000 }), (bytes) => {
        const noise = Buffer.from(bytes);
        const image = `{"image/png": "${noise.toString('base64')}\\n"}\n<img src="data:image/png;base64,${noise.toString('base64')}">`;
        assert.deepEqual(engine.detect(image), []);
        assert.deepEqual(engine.detect(`x = "${noise.toString('hex')}"; y = bytes.fromhex("${noise.toString('hex')}")`), []);
      }),
      { numRuns: 50 },
    );
  });

  it('are found in each of the pieces of a long file, once', () => {
    const encoded = Buffer.from(`t=${github}`).toString('base64');
    const line = `${'lorem ipsum '.repeat(10)}\n`;
    const bytes = Buffer.from(`${line.repeat(600)}a: "${encoded}"\n`.repeat(4));
    const scan = engine.open();
    let held = Buffer.alloc(0);
    for (let at = 0; at < bytes.length; ) {
      const next = Math.min(bytes.length, at + 100_000);
      held = Buffer.concat([held, bytes.subarray(at, next)]);
      at = next;
      held = held.subarray(scan.feed(held, at === bytes.length));
    }

    const found = engine.matches(scan.finish());

    assert.deepEqual(
      found.map(({ line: at }) => at),
      [601, 1202, 1803, 2404],
    );
  });

  it('cost no more than is granted, and it is said', () => {
    const scan = engine.open();
    const one = `"${Buffer.from(`${github}${' '.repeat(90_000)}`).toString('base64')}"\n`;

    scan.feed(Buffer.from(one.repeat(60)), true);

    assert.equal(scan.finish().isHiddenCut, true);
  });

  it('never make a search fail', () => {
    const word = fc.constantFrom(
      ...[
        '\\u00',
        '\\x4',
        '%2',
        '%25',
        '&#x',
        '&#',
        ';',
        '"+"',
        '\\\n',
        'kind: Secret',
        '\ndata:\n',
        ' a: ',
        '|\n',
        'atob(',
        'H4sIA',
      ],
      ...['Z2hwX', 'QUtJQ', '6768705f', 'ghp_', '"', "'", '=', '\n', '{', '}', 'é', '\0', ';base64,', 'Authorization: Basic '],
    );
    const part = fc.oneof(word, fc.base64String({ maxLength: 80 }), fc.string({ maxLength: 12 }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        for (const { start, end } of engine.detect(text)) assert.ok(start >= 0 && start < end && end <= text.length);
      }),
      { numRuns: 500 },
    );
  });
});
