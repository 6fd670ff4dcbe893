import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Finding } from '../../../src/contracts/index.ts';
import type { CoverageObservation, Observation } from '../../../src/contracts/observation.ts';
import type { Report } from '../../../src/contracts/reporter.ts';
import { acceptFindings } from '../../../src/suppress/accept.ts';
import { mayHoldRuleComments, ruleCommentsDetail, ruleCommentsIn } from '../../../src/suppress/rule-comments.ts';
import { acceptanceLines } from '../../../src/util/acceptance-text.ts';
import { withRun } from '../correlate/run-store.ts';

describe('comments that name a check', () => {
  it('speak for their own line', () => {
    const [comment] = ruleCommentsIn('a: 1\nb: 2 # nhi-audit: ignore[job-token-write-all, x-y] release job, reviewed\nc: 3\n');

    assert.deepEqual(comment, {
      tool: 'nhi-audit',
      rules: ['job-token-write-all', 'x-y'],
      reason: 'release job, reviewed',
      entry: 'nhi-audit: ignore[job-token-write-all, x-y]',
      line: 2,
      from: 2,
      to: 2,
    });
  });

  for (const sign of ['#', '//', '--', '/*', '<!--', ' *', '    #']) {
    it(`stand alone behind ${sign.trim()} and speak for the next line that is no comment`, () => {
      const [comment] = ruleCommentsIn(`a\n${sign} nhi-audit: ignore[x] because\n\n${sign} more words\nb\n`);

      assert.deepEqual([comment?.from, comment?.to, comment?.reason], [2, 5, 'because']);
    });
  }

  const BLOCKS: readonly (readonly [string, number | undefined])[] = [
    ['jobs:\n  a: # nhi-audit: ignore[x] because\n    steps:\n\n      - run: y\n\n  b:\n    steps: []\n', 5],
    ['jobs:\n  # nhi-audit: ignore[x] because\n  a:\n    steps: []\n  b: {}\n', 4],
    ['resource "a" "b" { // nhi-audit: ignore[x] because\n  c = 1\n}\nd = 2\n', 2],
    ['a: 1 # nhi-audit: ignore[x] because\n  b\n', undefined],
    ['# see: nhi-audit: ignore[x] because\na: 1\n', undefined],
    ['a: # nhi-audit: ignore[x] because\nb: 1\n', undefined],
  ];
  for (const [text, blockTo] of BLOCKS) {
    it(`speak for ${blockTo === undefined ? 'no block' : `the block to line ${blockTo}`}: ${JSON.stringify(text)}`, () => {
      assert.equal(ruleCommentsIn(text)[0]?.blockTo, blockTo);
    });
  }

  it('end where a block comment ends', () => {
    assert.equal(ruleCommentsIn('<!-- nhi-audit: ignore[x] because -->\n')[0]?.reason, 'because');
    assert.equal(ruleCommentsIn('/* nhi-audit: ignore[x] because */\n')[0]?.reason, 'because');
  });

  it('have no reason where none is given', () => {
    assert.equal(ruleCommentsIn('a # nhi-audit: ignore[x]\n')[0]?.reason, undefined);
  });

  it("of zizmor's form speak for their line", () => {
    const [comment] = ruleCommentsIn('a\nuses: x@v1 # zizmor: ignore[unpinned-uses, artipacked]\n');

    assert.deepEqual(
      [comment?.tool, comment?.rules, comment?.from, comment?.to],
      ['zizmor', ['unpinned-uses', 'artipacked'], 2, 2],
    );
  });

  it("of checkov's form speak for the block they stand in", () => {
    const text =
      'x = 1\nresource "a" "b" {\n  # checkov:skip=CKV_AWS_358:only main\n  y = 2\n\n  z {\n    w = 3\n  }\n}\nresource "c" "d" {\n}\n';
    const [comment] = ruleCommentsIn(text);

    assert.deepEqual([comment?.rules, comment?.reason, comment?.from, comment?.to], [['CKV_AWS_358'], 'only main', 2, 8]);
  });

  it("of checkov's form at the margin speak for the file, as in a Dockerfile", () => {
    const [comment] = ruleCommentsIn('FROM a\n#checkov:skip=CKV_DOCKER_3\nRUN b\n');

    assert.deepEqual([comment?.from, comment?.to], [1, 4]);
  });

  it("of checkov's annotation speak for their document", () => {
    const text = 'kind: A\n---\nkind: B\nmetadata:\n  annotations:\n    checkov.io/skip1: CKV_K8S_43=known\n---\nkind: C\n';
    const [comment] = ruleCommentsIn(text);

    assert.deepEqual([comment?.rules, comment?.reason, comment?.from, comment?.to], [['CKV_K8S_43'], 'known', 3, 6]);
  });

  for (const near of [
    'a # nhi-audit: ignore[] x',
    'nhi-audit ignore x',
    '# zizmor ignore[x]',
    '# checkov: skip',
    'ignore[x] because',
  ]) {
    it(`are not read into: ${near}`, () => {
      assert.deepEqual(ruleCommentsIn(`${near}\n`), []);
    });
  }

  it('are read from any text in lines that are there', () => {
    const piece = fc.constantFrom(
      'nhi-audit: ignore[a] b',
      '# zizmor: ignore[a]',
      '  # checkov:skip=A:b',
      '\n',
      '---\n',
      '\r\n',
      '\t',
      '  ',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const lines = text.split('\n').length;
        for (const { line, from, to } of ruleCommentsIn(text)) {
          assert.ok(from >= 1 && from <= line && to >= line && to <= lines + 1, `${from} ${line} ${to} of ${lines}`);
        }
      }),
    );
  });

  it('are looked for only where a marker is', () => {
    assert.equal(mayHoldRuleComments(Buffer.from('a # nhi-audit: ignore[x] y')), true);
    assert.equal(mayHoldRuleComments(Buffer.from('a # something else')), false);
  });
});

describe('findings and comments that name their check', () => {
  const EQUIVALENTS = new Map([['job-token-write-all', ['zizmor/excessive-permissions']]]);

  it('are accepted on the line that a comment speaks for', async () => {
    const { finding, uses } = await accept('permissions: write-all # nhi-audit: ignore[job-token-write-all] release job\n', 1);

    assert.equal(finding.status, 'excepted');
    assert.deepEqual(finding.acceptedBy, {
      source: 'comment',
      entry: 'nhi-audit: ignore[job-token-write-all]',
      place: 'ci.yml:1',
      repository: 'harbour/shop',
      reason: 'release job',
    });
    assert.deepEqual(
      uses.map(({ state, findings, accepts }) => [state, findings, accepts]),
      [['used', 1, [finding.fingerprint]]],
    );
  });

  it('are accepted at the line that begins their job, unless a credential is written out in it', async () => {
    const text = 'deploy: # nhi-audit: ignore[job-token-write-all] release job\n  steps:\n    - run: x\nother:\n  - y\n';

    assert.equal((await accept(text, 3)).finding.status, 'excepted');
    assert.equal((await accept(text, 3, true, 'sighting')).finding.status, 'new');
    assert.equal((await accept(text, 5)).finding.status, 'new');
  });

  it("are accepted by zizmor's comment where its rule means the same", async () => {
    const { finding } = await accept('permissions: write-all # zizmor: ignore[excessive-permissions]\n', 1);

    assert.equal(finding.status, 'excepted');
  });

  for (const [why, text, line] of [
    ['no reason is given', 'permissions: write-all # nhi-audit: ignore[job-token-write-all]\n', 1],
    ['another check is named', 'permissions: write-all # nhi-audit: ignore[secret-on-command-line] because\n', 1],
    ["another rule of zizmor's is named", 'permissions: write-all # zizmor: ignore[artipacked]\n', 1],
    [
      'the comment is on another line',
      'a: b # nhi-audit: ignore[job-token-write-all] because\nc: d\npermissions: write-all\n',
      3,
    ],
  ] as const) {
    it(`stay open where ${why}, and the comment is told to be stale`, async () => {
      const { finding, uses } = await accept(text, line);

      assert.equal(finding.status, 'new');
      assert.deepEqual(
        uses.map(({ state }) => state),
        ['stale'],
      );
    });
  }

  for (const [text, words] of [
    [
      'permissions: write-all # nhi-audit: ignore[job-token-write-all]\n',
      'Not honoured, it gives no reason: write one behind the bracket: the comment ci.yml:1 nhi-audit: ignore[job-token-write-all]',
    ],
    [
      'permissions: write-all # nhi-audit: ignore[job-tokens-write-all] reviewed\n',
      'Not honoured, there is no check job-tokens-write-all (did you mean job-token-write-all?): the comment ci.yml:1 nhi-audit: ignore[job-tokens-write-all]',
    ],
    [
      'permissions: read-all # nhi-audit: ignore[job-token-write-all] reviewed\n\n\n',
      'Covers nothing any more, can be removed: the comment ci.yml:1 nhi-audit: ignore[job-token-write-all]',
    ],
  ] as const) {
    it(`are told with what keeps a comment from counting: ${words.slice(0, 40)}`, async () => {
      const { uses } = await accept(text, words.startsWith('Covers') ? 3 : 1);

      assert.deepEqual(
        acceptanceLines({ acceptances: uses } as unknown as Report).map((line) => line.text),
        [words],
      );
    });
  }

  it('stay open where comments are not honoured', async () => {
    const { finding, uses } = await accept('permissions: write-all # nhi-audit: ignore[job-token-write-all] x\n', 1, false);

    assert.equal(finding.status, 'new');
    assert.deepEqual(uses, []);
  });

  async function accept(text: string, line: number, comments = true, kind: Finding['evidence'][number]['kind'] = 'grant') {
    const at = { repository: 'harbour/shop', path: 'ci.yml', line };
    const row: CoverageObservation = {
      kind: 'coverage',
      surface: 'ci',
      subject: 'ci.yml',
      outcome: 'complete',
      covers: [],
      at: { repository: 'harbour/shop', path: 'ci.yml' },
      detail: ruleCommentsDetail(ruleCommentsIn(text)),
    };
    const open: Finding = {
      fingerprint: 'f'.repeat(64),
      rule: 'job-token-write-all',
      title: 't',
      message: 'm',
      severity: 'high',
      confidence: 'high',
      persona: 'dev',
      status: 'new',
      subject: 's',
      controls: [],
      evidence: [{ observation: 'o', kind, summary: '', at }],
      surfaces: [],
      firstSeen: '2026-06-01T00:00:00.000Z',
      lastSeen: '2026-06-01T00:00:00.000Z',
      fix: 'f',
    };
    const observations: readonly Observation[] = [row];
    return await withRun(observations, async (store) => {
      const acceptors = {
        comments,
        ignored: new Map(),
        known: [],
        exceptions: [],
        detectors: new Set<string>(),
        isKeyKept: true,
        isWholeLook: true,
        mask: (name: string) => name,
      };
      const { findings, uses } = await acceptFindings(store, [open], [], acceptors, EQUIVALENTS);
      const [finding] = findings;
      assert.ok(finding);
      return { finding, uses };
    });
  }
});
