// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the expressions of GitHub Actions look like it
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Observation } from '../../../src/contracts/index.ts';
import { fakeToken, kinds } from '../../helpers/scan-context.ts';
import { scan, textAt, workflow } from './harness.ts';

const TOKEN = fakeToken('harbour1');

function coverageOf(observations: readonly Observation[]) {
  const [row, ...others] = kinds(observations, 'coverage');
  assert.ok(row);
  assert.equal(others.length, 0);
  return row;
}

describe('github-actions scanner, coverage and broken input', () => {
  it('says what was looked at', async () => {
    const text = workflow('    steps: []\n');

    assert.deepEqual(coverageOf(await scan(text)), {
      kind: 'coverage',
      surface: 'ci',
      subject: '.github/workflows/deploy.yml',
      outcome: 'complete',
      covers: ['identity', 'consumer', 'grant', 'sighting'],
      seen: 1,
      read: 1,
      failed: 0,
      bytes: text.length,
      at: { repository: 'harbour/shop', path: '.github/workflows/deploy.yml' },
    });
  });

  it('names the line of a syntax error and keeps what can be read', async () => {
    const text = `${workflow('    env:\n      K: ${{ secrets.KEY }}\n    steps:\n      - run: [unclosed\n      - run: x\n')}# ${TOKEN}\n`;

    const observations = await scan(text);

    assert.equal(coverageOf(observations).outcome, 'partial');
    assert.match(coverageOf(observations).why ?? '', /^not valid YAML at line \d+ \([A-Z_]+\)/);
    assert.ok(kinds(observations, 'consumer').some(({ secretName }) => secretName === 'KEY'));
    assert.equal(textAt(text, kinds(observations, 'sighting')[0]?.at), TOKEN);
  });

  it('names the line of a tab', async () => {
    const observations = await scan('on: push\njobs:\n\tdeploy:\n\t\tsteps: []\n');

    assert.equal(coverageOf(observations).outcome, 'partial');
    assert.match(coverageOf(observations).why ?? '', /at line 3/);
  });

  for (const [name, text] of [
    ['an empty file', ''],
    ['a comment', '# later\n'],
    ['a list', '- a\n- b\n'],
    ['a word', 'workflow'],
    ['a file without jobs', 'on: push\n'],
    ['jobs that are a list', 'on: push\njobs: [a, b]\n'],
  ] as const) {
    it(`says that ${name} is no workflow`, async () => {
      const observations = await scan(text);

      assert.equal(observations.length, 1);
      assert.equal(coverageOf(observations).outcome, 'partial');
      assert.equal(coverageOf(observations).why, 'it has no jobs: not a workflow');
      assert.deepEqual([coverageOf(observations).seen, coverageOf(observations).failed], [1, 1]);
    });
  }

  it('counts jobs that cannot be read', async () => {
    const { outcome, why, seen, read, failed } = coverageOf(await scan('on: push\njobs:\n  a: later\n  b: { steps: [] }\n'));

    assert.equal(outcome, 'partial');
    assert.equal(why, '1 of its jobs are no mapping');
    assert.deepEqual([seen, read, failed], [2, 1, 1]);
  });

  it('reads CRLF and keeps count of lines and columns', async () => {
    const text = workflow(
      `    env:\n      K: \${{ secrets.KEY }}\n      DB_PASSWORD: Tide4Anchor\n      T: ${TOKEN}\n`,
    ).replaceAll('\n', '\r\n');

    const observations = await scan(text);

    assert.equal(coverageOf(observations).outcome, 'complete');
    assert.deepEqual(
      kinds(observations, 'sighting').map(({ at }) => textAt(text, at)),
      [TOKEN, 'Tide4Anchor'],
    );
    const consumer = kinds(observations, 'consumer').find(({ secretName }) => secretName === 'KEY');
    assert.equal(textAt(text, consumer?.at, 11), 'secrets.KEY');
  });

  it('counts columns in characters', async () => {
    const text = workflow('    env: { "🍵": 1, K: "${{ secrets.KEY }}" }\n');

    const consumer = kinds(await scan(text), 'consumer').find(({ secretName }) => secretName === 'KEY');

    const line = [...(text.split('\n')[(consumer?.at?.line ?? 0) - 1] ?? '')];
    assert.equal(
      line
        .slice((consumer?.at?.column ?? 0) - 1)
        .join('')
        .slice(0, 11),
      'secrets.KEY',
    );
  });

  it('reads a file with a byte order mark', async () => {
    const observations = await scan(`\ufeff${workflow('    steps: []\n')}`);

    assert.equal(coverageOf(observations).outcome, 'complete');
  });

  it('keeps both of a repeated key', async () => {
    const text = workflow('    env:\n      K: ${{ secrets.A }}\n      K: ${{ secrets.B }}\n    steps: []\n');

    const names = kinds(await scan(text), 'consumer').map(({ secretName }) => secretName);

    assert.deepEqual(names, ['GITHUB_TOKEN', 'A', 'B']);
  });

  it('takes names of the prototype for plain names', async () => {
    const text =
      'on: push\njobs:\n  __proto__:\n    permissions: { __proto__: write, constructor: read }\n    env: { __proto__: "${{ secrets.constructor }}" }\n    steps:\n      - uses: a/b@v1\n        with: { toString: "${{ secrets.__proto__ }}" }\n';

    const observations = await scan(text);

    assert.deepEqual(
      kinds(observations, 'consumer')
        .filter(({ detail }) => detail?.fact === undefined)
        .map(({ consumer, secretName }) => [consumer.split('#')[1], secretName]),
      [
        ['__proto__', 'GITHUB_TOKEN'],
        ['__proto__', 'CONSTRUCTOR'],
        ['__proto__', '__PROTO__'],
      ],
    );
    assert.deepEqual(
      kinds(observations, 'grant').map(({ permission }) => permission),
      ['__proto__:write', 'constructor:read'],
    );
    assert.equal(({} as { write?: string }).write, undefined);
  });

  it('does not blow up a document of aliases of aliases', async () => {
    const levels = Array.from(
      { length: 20 },
      (_, i) => `  a${i + 1}: &a${i + 1} [${Array.from({ length: 9 }, () => `*a${i}`).join(', ')}]`,
    );
    const text = `on: push\nx:\n  a0: &a0 [k]\n${levels.join('\n')}\njobs:\n  a:\n    env: { K: "\${{ secrets.KEY }}" }\n`;

    const observations = await scan(text);

    assert.equal(coverageOf(observations).outcome, 'partial');
    assert.match(coverageOf(observations).why ?? '', /more than 100000 YAML nodes/);
  });

  it('ends an alias inside its own anchor', async () => {
    const observations = await scan('on: push\njobs: &j\n  a: { steps: [] }\n  b: *j\n');

    assert.equal(coverageOf(observations).outcome, 'partial');
    assert.match(coverageOf(observations).why ?? '', /nested more than 100 levels/);
  });

  for (const [name, text] of [
    ['lists in one line', `on: push\njobs:\n  a:\n    steps: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`],
    ['mappings in one line', `on: push\njobs:\n  a:\n    env: ${'{a: '.repeat(10_000)}${'}'.repeat(10_000)}\n`],
    ['lists that do not end', `on: push\njobs:\n  a: ${'['.repeat(10_000)}`],
    ['dashes', `on: push\njobs:\n  a:\n    steps:\n      ${'- '.repeat(10_000)}x\n`],
  ] as const) {
    it(`survives ten thousand ${name}`, async () => {
      const observations = await scan(text);

      assert.equal(coverageOf(observations).outcome, 'partial');
      assert.ok(coverageOf(observations).why);
    });
  }

  it('only searches a file that is too long', async () => {
    const text = `${workflow(`    env: { K: ${TOKEN} }\n`)}${'# tide\n'.repeat(400_000)}`;

    const observations = await scan(text);

    assert.equal(textAt(text, kinds(observations, 'sighting')[0]?.at), TOKEN);
    assert.equal(coverageOf(observations).outcome, 'partial');
    assert.match(coverageOf(observations).why ?? '', /longer than 2 Mi characters/);
  });

  for (const [name, unit] of [
    ['commands', 'docker login '],
    ['options', '-p '],
    ['open expressions', '${{ '],
    ['variables', '${K'],
    ['addresses', 'https://$K'],
    ['pipes', 'echo $K|'],
    ['quotes', "'${{"],
  ] as const) {
    it(`reads a line of nothing but ${name} in time that grows with its length`, async () => {
      const run = JSON.stringify(`x $K ${unit.repeat(600_000 / unit.length)}`);

      const observations = await scan(workflow(`    steps:\n      - env: { K: "\${{ secrets.KEY }}" }\n        run: ${run}\n`));

      assert.ok(kinds(observations, 'consumer').some(({ secretName }) => secretName === 'KEY'));
    }).timeout(5000);
  }

  it('bounds jobs, and says how many were not read', async () => {
    const jobs = Array.from({ length: 300 }, (_, i) => `  a${i}: { steps: [] }\n`);

    const { why, seen, read, failed } = coverageOf(await scan(`on: push\njobs:\n${jobs.join('')}`));

    assert.equal(why, 'it has more than 256 jobs: 44 were not read');
    assert.deepEqual([seen, read, failed], [300, 256, 44]);
  });

  it('bounds secrets times jobs', async () => {
    const secrets = Array.from({ length: 1300 }, (_, i) => `  A${i}: \${{ secrets.A${i} }}\n`);
    const jobs = Array.from({ length: 30 }, (_, i) => `  a${i}: { steps: [] }\n`);

    const observations = await scan(`on: push\nenv:\n${secrets.join('')}jobs:\n${jobs.join('')}`);

    const { why, seen, read, failed } = coverageOf(observations);
    assert.match(why ?? '', /more than 1200 secrets; more than 20000 uses of secrets: jobs from jobs\.a17 on/);
    assert.deepEqual([seen, read, failed], [30, 17, 13]);
    assert.equal(kinds(observations, 'consumer').length, 17 * 1201);
  });

  it('says when scripts are too long to follow', async () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `          use \${{ secrets.A${i} }}\n`);

    const observations = await scan(workflow(`    steps:\n      - run: |\n${lines.join('')}`));

    assert.match(coverageOf(observations).why ?? '', /too long to follow/);
    assert.equal(kinds(observations, 'consumer').length, 1001);
  });

  it('does without a repository', async () => {
    const observations = await scan(workflow('    steps:\n      - run: x ${{ secrets.KEY }}\n'), 'deploy.yml', '');

    assert.deepEqual(
      kinds(observations, 'identity').map(({ id, scope }) => [id, scope]),
      [
        ['github:-:job-token/deploy.yml/deploy', undefined],
        ['github:-:secret/KEY', undefined],
      ],
    );
    assert.equal(kinds(observations, 'consumer')[0]?.consumer, 'deploy.yml#deploy');
  });

  it('never throws, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        coverageOf(await scan(bytes));
      }),
    );
  });

  it('sees a key inside an expression, and shows it nowhere', async () => {
    for (const text of [
      workflow(`    env:\n      K: \${{ secrets.KEY || '${TOKEN}' }}\n`),
      `on: push\njobs:\n  a:\n    \${{${TOKEN}: \${{ secrets.KEY }}`,
    ]) {
      const observations = await scan(text);

      assert.deepEqual(
        kinds(observations, 'sighting').map(({ at }) => textAt(text, at)),
        [TOKEN],
      );
      assert.ok(!JSON.stringify(observations).includes(TOKEN));
    }
  });

  it('never throws, whatever stands in a workflow, and shows no key', async () => {
    const word = fc.constantFrom(
      'on',
      'jobs',
      'env',
      'steps',
      'with',
      'run',
      'uses',
      'permissions',
      'secrets',
      'container',
      'environment',
      'runs-on',
      'inherit',
      '- ',
      ': ',
      '\n',
      '\n  ',
      '\n    ',
      '&a ',
      '*a',
      '${{ secrets.KEY }}',
      '${{',
      '}}',
      '|',
      '[',
      ']',
      '{',
      '}',
      "'",
      '"',
      'DB_PASSWORD: Tide4Anchor',
      'aws-access-key-id',
      'role-to-assume',
      'echo $K | base64',
      TOKEN,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 60 }), async (words) => {
        const observations = await scan(`on: push\njobs:\n  a:\n    ${words.join('')}`);

        coverageOf(observations);
        assert.ok(!JSON.stringify(observations).toLowerCase().includes(TOKEN.toLowerCase()));
      }),
      { numRuns: 500 },
    );
  });
});
