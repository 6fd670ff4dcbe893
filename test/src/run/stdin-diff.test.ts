import assert from 'node:assert/strict';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { git, tempDir, tempRepo } from '../../helpers/temp-repo.ts';

// Known to the shipped detectors: assembled here, so that no push protection stops this file.
const KEYS = ['QYLPMN5HFIQR7DZW', 'ZYLPMN5HFIQR7DZ2', 'XYLPMN5HFIQR7DZ3'].map((rest) => `${['AK', 'IA'].join('')}${rest}`);
const [OLD = '', NEW = '', KEPT = ''] = KEYS;

async function piped(text: string | Buffer, options: { readonly stdinPath?: string; readonly step?: number } = {}) {
  const { step = 1000, ...rest } = options;
  const bytes = Buffer.from(text);
  const io = testIo(tempDir(), {
    stdin: {
      isTTY: false,
      async *chunks() {
        for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
      },
    },
  });
  const lists = { output: [], framework: [], exclude: [], only: [], skip: [] };
  const code = await scanCommand(io, [], {
    ...lists,
    format: 'json',
    history: true,
    exitCode: true,
    failOn: 'low',
    stdin: true,
    ...rest,
  });
  const report = JSON.parse(io.out());
  const places: string[] = report.findings.flatMap((finding: { evidence: { place?: { path: string; line: number } }[] }) =>
    finding.evidence.flatMap(({ place }) => (place === undefined ? [] : [`${place.path}:${place.line}`])),
  );
  return { code, places: places.toSorted(), report, err: io.err() };
}

function changed() {
  const repo = tempRepo();
  repo.write('src/keys.txt', `a\nb\nc\nd\ne\nold = ${OLD}\nkept = ${KEPT}\n`);
  repo.commit('Start');
  repo.write('src/keys.txt', `a\nb\nc\nd\ne\nmore\nnew = ${NEW}\nkept = ${KEPT}\n`);
  return repo;
}

describe('a diff on standard input', () => {
  it('tells what stands on added lines, where it stands in the new version', async () => {
    const { code, places, report } = await piped(git(changed().path, ['diff']));

    assert.equal(code, 1);
    assert.deepEqual(places, ['src/keys.txt:7']);
    assert.equal(report.coverage[0].outcome, 'complete');
  });

  it('is clean where a credential goes away', async () => {
    const repo = changed();
    repo.write('src/keys.txt', 'a\n');

    const { code, places } = await piped(git(repo.path, ['diff']));

    assert.deepEqual(places, []);
    assert.equal(code, 0);
  });

  it('tells a secret over several lines of which one is added', async () => {
    const begin = ['-----BEGIN', 'RSA PRIVATE KEY-----'].join(' ');
    const body = Array.from({ length: 12 }, (_, i) => Buffer.alloc(48, `${i}kq7Zp1x`).toString('base64'));
    const end = begin.replace('BEGIN', 'END');
    const lines = [begin, ...body, end];
    const repo = tempRepo();
    repo.write('id_rsa', `${lines.toSpliced(6, 1).join('\n')}\n`);
    repo.commit('Start');
    repo.write('id_rsa', `${lines.join('\n')}\n`);

    const { places } = await piped(git(repo.path, ['diff', '-U20']));

    assert.deepEqual(places, ['id_rsa:1']);
  });

  it('searches the messages of git log -p as text, and gives the commit of what it finds in files', async () => {
    const repo = changed();
    const id = repo.commit(`Mend, see key_id ${OLD}`);

    const text = git(repo.path, ['log', '-p', '-1']);
    const { places, report } = await piped(text);

    const line =
      text
        .toString()
        .split('\n')
        .findIndex((each) => each.includes('Mend, see')) + 1;
    assert.deepEqual(places, [`<stdin>:${line}`, 'src/keys.txt:7']);
    assert(JSON.stringify(report.findings).includes(id));
  });

  it('searches what follows a hunk that breaks off, and says so', async () => {
    const text = `diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-key = ${OLD}\nno diff\n-key = ${NEW}\n`;

    const { places, err } = await piped(text);

    assert.deepEqual(places, ['<stdin>:7']);
    assert.match(err, /breaks off at line 6/);
  });

  it('says that the content of a binary file is not there', async () => {
    const text =
      'diff --git a/logo.png b/logo.png\nindex 1111111..2222222 100644\nBinary files a/logo.png and b/logo.png differ\n';

    const { report } = await piped(text);

    assert.equal(report.coverage[0].outcome, 'partial');
    assert.match(report.coverage[0].why, /1 binary file became.*logo\.png/);
  });

  it('takes the input for what it is said to be', async () => {
    const { places } = await piped(git(changed().path, ['diff']), { stdinPath: 'notes.txt' });

    assert.deepEqual(places, ['notes.txt:11', 'notes.txt:12', 'notes.txt:9']);
  });

  it('finds what lies deep in a long change, and across the pieces it is read in', async () => {
    const count = 300_000;
    const filler = `+${'x'.repeat(63)}\n`;
    const text = `diff --git a/x.sql b/x.sql\n--- a/x.sql\n+++ b/x.sql\n@@ -1,1 +1,${count + 2} @@\n same\n${filler.repeat(count)}+key_id = ${NEW}\n`;

    const { places } = await piped(text, { step: 65_521 });

    assert.deepEqual(places, [`x.sql:${count + 2}`]);
  });
});
