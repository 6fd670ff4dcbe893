import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createEngine, type Engine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';
import { fingerprint } from '../../../src/util/fingerprint.ts';

const KEY = 'pairs';

interface Pair {
  readonly id: string;
  readonly secret: string;
}

function pair(seed: string): Pair {
  return { id: expandExample('{{awskey:AKIA}}', seed).text, secret: expandExample('{{base64:38}}a1', `${seed} secret`).text };
}

const [one, two, three] = [pair('one'), pair('two'), pair('three')];

const LETTERS = 'ABCDEFGHIJKL';

function byThrees(pairs: readonly Pair[], write: (trio: readonly Pair[], from: number) => string[]): string {
  const starts = pairs.flatMap((_, at) => (at % 3 === 0 ? [at] : []));
  return starts.flatMap((from) => write(pairs.slice(from, from + 3), from)).join('\n');
}

/** How people and tools write several keys down. */
const LAYOUTS: { readonly [name: string]: (pairs: readonly Pair[]) => string } = {
  'env lines': (pairs) => pairs.map((p) => `AWS_ACCESS_KEY_ID=${p.id}\nAWS_SECRET_ACCESS_KEY=${p.secret}\n`).join(''),
  'env lines, secret first': (pairs) =>
    pairs.map((p, at) => `export KEY_${at}_SECRET="${p.secret}"\nexport KEY_${at}="${p.id}"\n`).join(''),
  'ini profiles': (pairs) =>
    pairs.map((p, at) => `[p${at}]\naws_access_key_id = ${p.id}\naws_secret_access_key = ${p.secret}\n`).join(''),
  'ini profiles, secret first': (pairs) =>
    pairs
      .map((p, at) => `[p${at}]\nregion = eu-west-1\naws_secret_access_key = ${p.secret}\naws_access_key_id = ${p.id}\n`)
      .join('\n'),
  terraform: (pairs) =>
    pairs.map((p) => `provider "aws" {\n  access_key = "${p.id}"\n  secret_key = "${p.secret}"\n}\n`).join(''),
  'terraform, secret first': (pairs) =>
    pairs.map((p) => `provider "aws" {\n  secret_key = "${p.secret}"\n  access_key = "${p.id}"\n}\n`).join(''),
  'JSON of the CLI': (pairs) =>
    JSON.stringify(
      pairs.map((p) => ({ AccessKey: { UserName: 'ci', AccessKeyId: p.id, Status: 'Active', SecretAccessKey: p.secret } })),
      undefined,
      4,
    ),
  'JSON in one line': (pairs) => JSON.stringify(pairs.map((p) => ({ AccessKeyId: p.id, SecretAccessKey: p.secret }))),
  'JSON in one line, secret first': (pairs) =>
    JSON.stringify(pairs.map((p) => ({ SecretAccessKey: p.secret, AccessKeyId: p.id }))),
  'CSV of the console': (pairs) =>
    ['\ufeffAccess key ID,Secret access key', ...pairs.map((p) => `${p.id},${p.secret}`)].join('\r\n'),
  'CSV with users': (pairs) =>
    ['User,"Access key ID","Secret access key"', ...pairs.map((p, at) => `u${at},"${p.id}","${p.secret}"`)].join('\n'),
  'names that tell the stage, ids first': (pairs) =>
    byThrees(pairs, (trio, from) => [
      ...trio.map((p, at) => `AWS_ACCESS_KEY_ID_STAGE${LETTERS[from + at]}=${p.id}`),
      ...trio.map((p, at) => `AWS_SECRET_ACCESS_KEY_STAGE${LETTERS[from + at]}=${p.secret}`),
    ]),
  'names that tell the use first, ids before secrets': (pairs) =>
    byThrees(pairs, (trio, from) => [
      ...trio.map((p, at) => `${from + at === 0 ? '' : `USE${LETTERS[from + at]}_`}AWS_ACCESS_KEY_ID=${p.id}`),
      ...trio.map((p, at) => `${from + at === 0 ? '' : `USE${LETTERS[from + at]}_`}AWS_SECRET_ACCESS_KEY=${p.secret}`),
    ]),
  'one line': (pairs) => pairs.map((p) => `${p.id}:${p.secret}`).join(' '),
  'lines by turns': (pairs) => pairs.map((p) => `${p.id}\n${p.secret}`).join('\n'),
  'YAML list': (pairs) => pairs.map((p) => `- access_key: ${p.id}\n  secret_key: ${p.secret}\n`).join(''),
  'environment of containers': (pairs) =>
    pairs
      .map(
        (p) =>
          `  env:\n    - name: AWS_ACCESS_KEY_ID\n      value: ${p.id}\n    - name: AWS_SECRET_ACCESS_KEY\n      value: ${p.secret}\n`,
      )
      .join(''),
  'output of env in a notebook': (pairs) =>
    JSON.stringify({
      outputs: pairs.map((p) => ({
        text: ['HOME=/root\n', `AWS_ACCESS_KEY_ID=${p.id}\n`, `AWS_SECRET_ACCESS_KEY=${p.secret}\n`],
      })),
    }),
  'arguments of calls': (pairs) => pairs.map((p) => `client('s3', '${p.id}', '${p.secret}')\n`).join(''),
};

describe('pairs of an id and a secret', () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: KEY, secretlint: false });
  });

  /** `id secret`, or `id -` where it stands alone. */
  function read(text: string): string[] {
    const names = new Map([one, two, three].map((p, at) => [fingerprint(p.secret, KEY), `S${at + 1}`]));
    const ids = new Map([one, two, three].map((p, at) => [p.id, `A${at + 1}`]));
    return engine
      .detect(text)
      .filter(({ detector }) => detector === 'aws-access-key')
      .map((m) => {
        const secret = m.fingerprint === fingerprint(m.publicId ?? '', KEY) ? '-' : (names.get(m.fingerprint) ?? '?');
        assert.equal(m.confidence, secret === '-' ? 'medium' : 'high');
        return `${ids.get(m.publicId ?? '')} ${secret}`;
      })
      .sort();
  }

  for (const [name, layout] of Object.entries(LAYOUTS)) {
    it(`are read right in ${name}`, () => {
      assert.deepEqual(read(layout([one])), ['A1 S1']);
      assert.deepEqual(read(layout([one, two])), ['A1 S1', 'A2 S2']);
      assert.deepEqual(read(layout([one, two, three])), ['A1 S1', 'A2 S2', 'A3 S3']);
    });
  }

  for (const [name, text, expected] of [
    [
      'an old id in a comment above',
      `# old key: ${one.id}\nAWS_ACCESS_KEY_ID=${two.id}\nAWS_SECRET_ACCESS_KEY=${two.secret}\n`,
      ['A1 -', 'A2 S2'],
    ],
    [
      'an old id in a comment above a secret that stands first',
      `# old key: ${one.id}\nsecret_key = "${two.secret}"\naccess_key = "${two.id}"\n`,
      ['A1 -', 'A2 S2'],
    ],
    [
      'an old id in a comment between an id and its secret',
      `AWS_ACCESS_KEY_ID=${one.id}\n# was ${two.id}\nAWS_SECRET_ACCESS_KEY=${one.secret}\n`,
      ['A1 S1', 'A2 -'],
    ],
    [
      'an old pair in comments between an id and its secret',
      `id=${one.id}\n# id=${two.id}\n# secret=${two.secret}\nsecret=${one.secret}\n`,
      ['A1 S1', 'A2 S2'],
    ],
    ['a pair in comments alone', `# id=${one.id}\n# secret=${one.secret}\n`, ['A1 S1']],
    ['a commented id before a secret of nobody', `# id=${one.id}\nsecret=${one.secret}\n`, ['A1 S1']],
    ['three ids in one line', `keys: ${one.id} ${two.id} ${three.id}\n`, ['A1 -', 'A2 -', 'A3 -']],
    ['three ids in one line and a secret', `${one.id} ${two.id} ${three.id}\nsecret = ${one.secret}\n`, ['A1 -', 'A2 -', 'A3 -']],
    ['ids, then secrets', `${one.id}\n${two.id}\n${one.secret}\n${two.secret}\n`, ['A1 -', 'A2 -']],
    ['columns', `id ${one.id} ${two.id}\nsecret ${one.secret} ${two.secret}\n`, ['A1 -', 'A2 -']],
    ['a secret between two ids', `${one.id}\nsecret: ${one.secret}\n${two.id}\n`, ['A1 -', 'A2 -']],
    ['an id between two secrets', `secret: ${one.secret}\n${one.id}\nsecret: ${two.secret}\n`, ['A1 -']],
    ['the same pair twice', `${one.id},${one.secret}\n${one.id},${one.secret}\n`, ['A1 S1', 'A1 S1']],
    ['the id once more behind it', `id=${one.id}\nsecret=${one.secret}\n${one.id}\n`, ['A1 -', 'A1 S1']],
    ['forty characters under no telling name', `${one.id} checksum ${one.secret}\n`, ['A1 -']],
    ['the hash of a commit', `${one.id}\nsecret: ${expandExample('{{hex:40}}', 'sha').text}\n`, ['A1 -']],
    ['a hash in mixed case', `${one.id}\nsecret: ${'aB3c'.repeat(10)}\n`, ['A1 -']],
    ['a path', `${one.id}\nsecret: home/deploy/Projects/Harbour/config/a123\n`, ['A1 -']],
    [
      'a placeholder for the first secret',
      `id=${one.id}\nsecret=${['wJalrXUtnFEMI/K7MDENG', 'bPxRfiCYEXAMPLEKEY'].join('/')}\nid=${two.id}\nsecret=${two.secret}\n`,
      ['A1 -', 'A2 S2'],
    ],
    ['a secret too far away', `${one.id}\n${'# note\n'.repeat(70)}secret: ${one.secret}\n`, ['A1 -']],
    [
      'the prompts of aws configure',
      `AWS Access Key ID [None]: ${one.id}\nAWS Secret Access Key [None]: ${one.secret}\n`,
      ['A1 S1'],
    ],
  ] as const) {
    it(`are judged with ${name}`, () => {
      assert.deepEqual(read(text), expected);
    });
  }

  it('are never wrong, and all there, however many stand in a file', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(LAYOUTS)),
        fc.integer({ min: 1, max: 12 }),
        fc.string({ minLength: 4, maxLength: 8 }),
        (name, count, seed) => {
          const pairs = Array.from({ length: count }, (_, at) => pair(`${seed}/${at}`));

          const matches = engine.detect(LAYOUTS[name]?.(pairs) ?? '').filter(({ detector }) => detector === 'aws-access-key');

          assert.deepEqual(
            matches.map((m) => [m.publicId, m.fingerprint]),
            pairs.map((p) => [p.id, fingerprint(p.secret, KEY)]),
          );
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  it('are never wrong among ids, secrets and lines in any order', () => {
    const pairs = [one, two, three];
    const part = fc.constantFrom('id 0', 'id 1', 'id 2', 'secret 0', 'secret 1', 'secret 2', '\n', '\n\n', '# ', '}\n', ',');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        const words = parts.map((word) => {
          const [kind, at] = word.split(' ');
          const p = pairs[Number(at)];
          if (p === undefined || at === undefined || at === '') return word;
          return kind === 'id' ? `id=${p.id} ` : `secret=${p.secret} `;
        });
        const text = words.join('');

        const matches = engine.detect(text).filter(({ detector }) => detector === 'aws-access-key');

        // Every id is kept, and no place of a secret is given to two ids.
        assert.deepEqual(matches.map((m) => m.publicId).sort(), [...text.matchAll(/id=(\w+)/g)].map((m) => m[1]).sort());
        const places = matches.filter((m) => m.fingerprint !== fingerprint(m.publicId ?? '', KEY)).map((m) => m.start);
        assert.equal(new Set(places).size, places.length);
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});
