import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { canonicalText } from '../../../src/pack/canonical.ts';
import { byPath, REQUIRED, sumsOf } from '../../../src/pack/format.ts';
import type { Manifest } from '../../../src/pack/manifest.ts';
import { leafHash, merkleRoot } from '../../../src/pack/merkle.ts';
import { previousDigest } from '../../../src/pack/previous.ts';
import type { Problem } from '../../../src/pack/problem.ts';
import { measure, openDirectory } from '../../../src/pack/source.ts';
import { signStatement, statementOf } from '../../../src/pack/statement.ts';
import { tellVerification } from '../../../src/pack/tell.ts';
import { type VerifyChoices, verifyPack } from '../../../src/pack/verify.ts';
import { writeZip } from '../../../src/pack/zip-write.ts';
import { sha256 } from '../../../src/util/digest.ts';
import { makeZip, type ZipPart } from '../../helpers/archives.ts';
import { HOSTILE_NAMES } from '../../helpers/report.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { hostileReport, NOW, signedBy, type TestKey, testKey, testPack } from './packs.ts';

const NOBODY: VerifyChoices = { trusted: [], now: NOW };

describe('verify', () => {
  const ours = testKey();
  let root: string;
  let unsigned: string;
  let signed: string;
  let copies = 0;

  before(async () => {
    root = tempDir();
    unsigned = (await testPack(root, { name: 'unsigned' })).path;
    signed = (await testPack(root, { name: 'signed', signing: signedBy(ours) })).path;
  });

  function copyOf(pack: string): string {
    const path = join(root, `copy-${copies++}`);
    cpSync(pack, path, { recursive: true });
    return path;
  }

  function found(path: string, choices: VerifyChoices = NOBODY): readonly string[] {
    const { good, problems } = verifyPack(path, choices);
    assert.equal(good, problems.length === 0);
    return problems.map(({ kind, file }) => `${kind} ${file}`);
  }

  it('says of an unsigned pack that it is one, and of a signed one whose word its key is', () => {
    const [bare, sealed, known] = [
      verifyPack(unsigned, NOBODY),
      verifyPack(signed, NOBODY),
      verifyPack(signed, { ...NOBODY, trusted: [ours.trusted] }),
    ];

    assert.deepEqual([bare.good, bare.signature], [true, { state: 'unsigned' }]);
    assert.deepEqual([sealed.good, sealed.signature.state, sealed.signature.keyId], [true, 'own-word', ours.signer.keyId]);
    assert.match(sealed.notes.join(), /Nobody but the pack says whose key/);
    assert.deepEqual([known.good, known.signature.state, known.notes], [true, 'trusted', []]);
  });

  for (const [what, change, expected] of [
    ['a missing file', (pack: string) => rmSync(join(pack, 'coverage.json')), ['missing coverage.json']],
    ['a missing manifest', (pack: string) => rmSync(join(pack, 'manifest.json')), ['missing manifest.json']],
    ['missing sums', (pack: string) => rmSync(join(pack, 'SHA256SUMS')), ['missing SHA256SUMS']],
    ['a further file', (pack: string) => writeFileSync(join(pack, 'reports/x.html'), ''), ['extra reports/x.html']],
    ['a hidden file', (pack: string) => writeFileSync(join(pack, '.x'), ''), ['extra .x']],
    ['an empty directory', (pack: string) => mkdirSync(join(pack, 'empty')), ['extra empty/']],
    ['a file that is cut', (pack: string) => truncateSync(join(pack, 'config.yml'), 3), ['changed config.yml']],
    [
      'a file under another name',
      (pack: string) => renameSync(join(pack, 'config.yml'), join(pack, 'config.yaml')),
      ['extra config.yaml', 'missing config.yml'],
    ],
    [
      'two files that changed places',
      (pack: string) => {
        renameSync(join(pack, 'config.yml'), join(pack, 'x'));
        renameSync(join(pack, 'rules.json'), join(pack, 'config.yml'));
        renameSync(join(pack, 'x'), join(pack, 'rules.json'));
      },
      ['changed config.yml', 'changed rules.json'],
    ],
    [
      'sums in another order',
      (pack: string) => {
        const lines = readFileSync(join(pack, 'SHA256SUMS'), 'utf8').trimEnd().split('\n');
        writeFileSync(join(pack, 'SHA256SUMS'), `${lines.reverse().join('\n')}\n`);
      },
      ['reordered SHA256SUMS'],
    ],
    [
      'a link to the very same content',
      (pack: string) => {
        renameSync(join(pack, 'config.yml'), join(pack, '../moved.yml'));
        symlinkSync('../moved.yml', join(pack, 'config.yml'));
      },
      ['symlink config.yml'],
    ],
    ['a link that leads out', (pack: string) => symlinkSync('/etc', join(pack, 'etc')), ['symlink etc']],
    [
      'a pipe, without waiting for it',
      (pack: string) => {
        rmSync(join(pack, 'config.yml'));
        execFileSync('mkfifo', [join(pack, 'config.yml')]);
      },
      ['extra config.yml'],
    ],
    [
      'a file whose name differs by a letter in upper case',
      (pack: string) => cpSync(join(pack, 'config.yml'), join(pack, 'Config.yml')),
      ['extra Config.yml'],
    ],
    [
      'a directory in place of a file',
      (pack: string) => {
        rmSync(join(pack, 'config.yml'));
        mkdirSync(join(pack, 'config.yml'));
      },
      ['extra config.yml/', 'missing config.yml'],
    ],
    [
      'a link in place of a directory',
      (pack: string) => {
        renameSync(join(pack, 'reports'), join(pack, '../reports-elsewhere'));
        symlinkSync('../reports-elsewhere', join(pack, 'reports'));
      },
      ['symlink reports', ...REQUIRED.filter((path) => path.startsWith('reports/')).map((path) => `missing ${path}`)],
    ],
    ['an empty manifest', (pack: string) => truncateSync(join(pack, 'manifest.json'), 0), ['changed manifest.json']],
    ['a manifest without end', (pack: string) => truncateSync(join(pack, 'manifest.json'), 2 ** 36), ['limit manifest.json']],
    [
      'an empty statement',
      (pack: string) => truncateSync(join(pack, 'statement.dsse.json'), 0),
      ['signature statement.dsse.json'],
    ],
    [
      'a statement without end',
      (pack: string) => truncateSync(join(pack, 'statement.dsse.json'), 2 ** 36),
      ['limit statement.dsse.json'],
    ],
    ['sums without end', (pack: string) => truncateSync(join(pack, 'SHA256SUMS'), 2 ** 36), ['limit SHA256SUMS']],
    ['a file without end', (pack: string) => truncateSync(join(pack, 'config.yml'), 2 ** 36), ['changed config.yml']],
    [
      'a manifest with a blank in it',
      (pack: string) => edit(join(pack, 'manifest.json'), '","', '", "'),
      ['changed manifest.json'],
    ],
  ] as const) {
    it(`names ${what}`, () => {
      const pack = copyOf(signed);
      change(pack);

      assert.deepEqual(found(pack), expected);
    });
  }

  it('names hostile names, and prints none of them raw', () => {
    const pack = copyOf(signed);
    const names = HOSTILE_NAMES.filter((name) => !name.includes('/') && name.length < 200 && name.isWellFormed());
    for (const name of names) writeFileSync(join(pack, name), '');

    const told = tellVerification(verifyPack(pack, NOBODY));

    assert.deepEqual(found(pack).toSorted(), names.map((name) => `extra ${name}`).sort());
    assert.doesNotMatch(told.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  });

  it('packs hostile findings as it packs others', async () => {
    const { path } = await testPack(root, { name: 'hostile.zip', signing: signedBy(ours), report: hostileReport() });

    assert.deepEqual(found(path), []);
  });

  describe('whose maker wrote a new manifest', () => {
    it('names files in it that are not in order, twice there or out of the pack', () => {
      const entry = { path: '../../etc/passwd', size: 1, sha256: '0'.repeat(64) };

      const [reordered, twice, out] = [
        (m: Manifest) => ({ ...m, files: m.files.toReversed() }),
        (m: Manifest) => ({ ...m, files: m.files.flatMap((file) => [file, file]) }),
        (m: Manifest) => ({ ...m, files: [entry, ...m.files] }),
      ].map((change) => found(reseal(copyOf(unsigned), change)));

      assert.deepEqual(reordered, ['reordered manifest.json']);
      assert.deepEqual(twice, ['duplicate manifest.json']);
      assert.deepEqual(out?.[0], 'unsafe-path manifest.json');
    });

    it('names findings that do not lead to the root', () => {
      const pack = copyOf(unsigned);
      const lines = readFileSync(join(pack, 'findings.jsonl'), 'utf8').split('\n');
      writeFileSync(join(pack, 'findings.jsonl'), lines.slice(1).join('\n'));

      assert.deepEqual(found(reseal(pack, measured(pack))), ['merkle findings.jsonl']);
    });

    it('names a manifest that was not signed, and files that are not as they were signed', () => {
      const pack = copyOf(signed);
      writeFileSync(join(pack, 'config.yml'), 'failOn: none\n');

      assert.deepEqual(found(reseal(pack, measured(pack))), [
        'changed manifest.json',
        'changed config.yml',
        'changed SHA256SUMS',
      ]);
    });
  });

  describe('that its signer made so, and signed', () => {
    const choices = { ...NOBODY, trusted: [ours.trusted] };

    for (const path of REQUIRED) {
      it(`is not whole without ${path}`, () => {
        const pack = copyOf(signed);
        rmSync(join(pack, path));

        signAnew(pack, ours, (manifest) => ({ ...manifest, files: manifest.files.filter((file) => file.path !== path) }));

        assert.deepEqual(found(pack, choices), [`missing ${path}`]);
      });
    }

    for (const [what, change, expected] of [
      [
        'the digest of another configuration',
        (m: Manifest) => ({ ...m, config: { sha256: '0'.repeat(64) } }),
        ['mismatch config.yml'],
      ],
      ['no digest of the configuration', (m: Manifest) => ({ ...m, config: {} }), ['mismatch config.yml']],
      [
        'the digest of other rules',
        (m: Manifest) => ({ ...m, run: { ...m.run, rulesDigest: 'nonsense' } }),
        ['mismatch rules.json', 'mismatch reports/report.json'],
      ],
      [
        'another run',
        (m: Manifest) => ({ ...m, run: { ...m.run, id: 'nonsense' } }),
        ['mismatch tables/manifest.json', 'mismatch reports/report.json'],
      ],
      [
        'another time of the run',
        (m: Manifest) => ({ ...m, run: { ...m.run, startedAt: '2020-01-01T00:00:00Z' } }),
        ['mismatch reports/report.json'],
      ],
      [
        'another number of findings',
        (m: Manifest) => ({ ...m, findings: { ...m.findings, count: m.findings.count + 1 } }),
        ['merkle findings.jsonl'],
      ],
    ] as const) {
      it(`does not fit together: ${what}`, () => {
        assert.deepEqual(found(signAnew(copyOf(signed), ours, change), choices), expected);
      });
    }

    for (const [what, file, change, expected] of [
      ['another configuration', 'config.yml', () => 'failOn: none\n', 'mismatch config.yml'],
      ['a configuration that is none', 'config.yml', () => '{[', 'mismatch config.yml'],
      ['no configuration', 'config.yml', () => '', 'mismatch config.yml'],
      [
        'rules of another digest',
        'rules.json',
        (text: string) => text.replace('"digest": "', '"digest": "0'),
        'mismatch rules.json',
      ],
      [
        'a list of tables of another run',
        'tables/manifest.json',
        () => '{"run":{"id":"x"},"tables":[]}',
        'mismatch tables/manifest.json',
      ],
      ['a table that is not in their list', 'tables/run.parquet', () => 'PAR2', 'mismatch tables/manifest.json'],
      ['a report that is none', 'reports/report.json', () => '{}', 'mismatch reports/report.json'],
      [
        'a report that leaves a finding out',
        'reports/report.json',
        (text: string) => {
          const report = JSON.parse(text);
          return JSON.stringify({ ...report, findings: report.findings.slice(1) });
        },
        'mismatch reports/report.json',
      ],
    ] as const) {
      it(`does not fit together: ${what}`, () => {
        const pack = copyOf(signed);
        writeFileSync(join(pack, file), change(readFileSync(join(pack, file), 'utf8')));

        assert.deepEqual(found(signAnew(pack, ours, measured(pack)), choices), [expected]);
      });
    }

    it('does not fit together: a finding twice', () => {
      const pack = copyOf(signed);
      const [first = '', ...rest] = readFileSync(join(pack, 'findings.jsonl'), 'utf8').trimEnd().split('\n');
      const lines = [first, first, ...rest];
      writeFileSync(join(pack, 'findings.jsonl'), `${lines.join('\n')}\n`);
      const findings = { count: lines.length, root: merkleRoot(lines.map((line) => leafHash(line))).toString('hex') };

      const path = signAnew(pack, ours, (manifest) => ({ ...measured(pack)(manifest), findings }));

      assert.deepEqual(found(path, choices), ['mismatch findings.jsonl']);
    });
  });

  describe('an archive that somebody else made', () => {
    const parts = (pack: string): ZipPart[] =>
      filesBelow(pack).map((name) => ({ name, content: readFileSync(join(pack, name)), method: 0 }));

    for (const [what, change, expected] of [
      [
        'compressed entries',
        (all: ZipPart[]) => all.map((part) => ({ ...part, method: 8 as const })),
        /compressed coverage\.json/,
      ],
      ['a bomb', (all: ZipPart[]) => [...all, bomb()], /(?:compressed|archive) /],
      ['an entry twice', (all: ZipPart[]) => [...all, ...all.slice(0, 1)], /duplicate SHA256SUMS/],
      [
        'a path that leaves it',
        (all: ZipPart[]) => [...all, { name: '../../x.sh', content: 'x', method: 0 as const }],
        /unsafe-path \.\.\/\.\.\/x\.sh/,
      ],
      [
        'an absolute path',
        (all: ZipPart[]) => [...all, { name: '/etc/x', content: 'x', method: 0 as const }],
        /unsafe-path \/etc\/x/,
      ],
      [
        'a path of Windows',
        (all: ZipPart[]) => [...all, { name: 'c:\\x', content: 'x', method: 0 as const }],
        /unsafe-path c:\\x/,
      ],
      [
        'a link',
        (all: ZipPart[]) => all.map((part) => (part.name === 'config.yml' ? { ...part, mode: 0o120777 } : part)),
        /symlink config\.yml/,
      ],
      ['entries in another order', (all: ZipPart[]) => all.toReversed(), /reordered SHA256SUMS/],
      ['entries over each other', (all: ZipPart[]) => all.map((part) => ({ ...part, isOverlapping: true })), /archive /],
      ['an encrypted entry', (all: ZipPart[]) => all.map((part) => ({ ...part, isEncrypted: true })), /archive config\.yml/],
      ['sizes behind the content', (all: ZipPart[]) => all.map((part) => ({ ...part, hasDescriptor: true })), /archive /],
      ['sizes for zip64', (all: ZipPart[]) => all.map((part) => ({ ...part, isZip64: true })), /archive /],
      ['other times and flags alone', (all: ZipPart[]) => all, /archive config\.yml/],
    ] as const) {
      it(`is not taken for one of nhi-audit: ${what}`, () => {
        const path = join(root, `made-${copies++}.zip`);
        writeFileSync(path, makeZip(change(parts(signed))));

        assert.match(found(path).join('\n'), expected);
      });
    }

    it('in which the entries are in another order, otherwise as nhi-audit writes it, is reordered', () => {
      const path = join(root, 'reversed.zip');
      writeZip(path, signed, openDirectory(signed).files.map(measure).toReversed());

      const kinds = new Set(found(path).map((line) => line.split(' ')[0]));

      assert.deepEqual([...kinds], ['reordered']);
    });
  });

  describe('who signed', () => {
    const theirs = testKey();

    it('is told apart from who should have', async () => {
      const { path } = await testPack(root, { name: 'theirs', signing: signedBy(theirs) });

      const { good, problems } = verifyPack(path, { ...NOBODY, trusted: [ours.trusted] });

      assert(!good);
      assert.deepEqual(kindsOf(problems), ['signer statement.dsse.json']);
      assert.match(problems[0]?.message ?? '', new RegExp(`${theirs.signer.keyId}.*${ours.signer.keyId}`));
    });

    it('must be there when a key is given', () => {
      const pack = copyOf(signed);
      rmSync(join(pack, 'statement.dsse.json'));

      assert.deepEqual(found(unsigned, { ...NOBODY, trusted: [ours.trusted] }), ['signature statement.dsse.json']);
      assert.deepEqual(found(pack, { ...NOBODY, trusted: [ours.trusted] }), ['signature statement.dsse.json']);
      assert.deepEqual(found(pack), ['missing statement.dsse.json']);
    });

    for (const [what, dates, now, expected] of [
      ['had expired', { notAfter: '2026-05-31T00:00:00Z' }, NOW, [/after the signer had expired \(2026-05-31/, /^$/]],
      ['was not valid yet', { notBefore: '2026-06-02T00:00:00Z' }, NOW, [/before the signer was valid/, /^$/]],
      ['has expired since', { notAfter: '2026-07-01T00:00:00Z' }, '2027-01-01T00:00:00Z', [/has expired since.*--at/, /^$/]],
      ['is valid', { notBefore: '2026-05-01T00:00:00Z', notAfter: '2026-07-01T00:00:00Z' }, NOW, [/^$/, /^$/]],
    ] as const) {
      it(`${what}: by what the verifier knows of the key, whatever the pack says`, () => {
        const { problems, notes } = verifyPack(signed, { now, trusted: [{ ...ours.trusted, ...dates }] });

        assert.match(problems.map(({ message }) => message).join(), expected[0]);
        assert.match(notes.join(), expected[1]);
      });
    }

    it('has expired since, and the pack is known to have been there before', () => {
      const [now, notAfter] = ['2027-01-01T00:00:00Z', '2026-07-01T00:00:00Z'];
      const at = (time: string): ReturnType<typeof verifyPack> =>
        verifyPack(signed, { now, at: time, trusted: [{ ...ours.trusted, notAfter }] });

      const [before, after, early] = [at('2026-06-15T00:00:00Z'), at('2026-07-02T00:00:00Z'), at('2026-05-31T00:00:00Z')];

      assert.deepEqual([before.good, before.signature.state], [true, 'trusted']);
      assert.match(before.notes.join(), /was there on 2026-06-15.* is the word of whoever verifies/);
      assert.match(after.problems.map(({ message }) => message).join(), /has expired since/);
      assert.match(early.problems.map(({ message }) => message).join(), /was not there on 2026-05-31/);
      assert.match(tellVerification(after), /^signed: NOT good\. 1 problem:/);
    });

    it('must have signed at a time that is one', () => {
      for (const createdAt of [
        'whenever',
        '2026-06-01',
        '2026-02-30T00:00:00Z',
        '2026-06-01T00:00:00',
        '2026-06-01T00:00:00+02:00',
      ]) {
        const pack = signAnew(copyOf(signed), ours, (manifest) => ({ ...manifest, createdAt }));

        const { good, signature } = verifyPack(pack, {
          ...NOBODY,
          trusted: [{ ...ours.trusted, notAfter: '2020-01-01T00:00:00Z' }],
        });

        assert.deepEqual([good, signature.state], [false, 'invalid'], createdAt);
        assert.deepEqual(found(pack).toSorted().slice(-2), ['changed manifest.json', 'signature statement.dsse.json'], createdAt);
      }
    });

    it('must be there when a signature is required', () => {
      const pack = copyOf(signed);
      rmSync(join(pack, 'statement.dsse.json'));
      const stripped = reseal(pack, (manifest) => manifest);

      for (const path of [unsigned, stripped]) {
        assert.deepEqual(found(path), []);
        assert.deepEqual(found(path, { ...NOBODY, needsSignature: true }), ['signature statement.dsse.json']);
      }
      assert.deepEqual(found(signed, { ...NOBODY, needsSignature: true }), []);
    });

    it('had expired, by what the pack says itself', async () => {
      const old = testKey({ notAfter: '2026-01-01T00:00:00Z' });
      const { path } = await testPack(root, { name: 'old', signing: signedBy(old) });

      assert.deepEqual(found(path, { ...NOBODY, trusted: [old.trusted] }), ['signer statement.dsse.json']);
    });

    it('is not whoever only says so: another key under the id of a trusted one', async () => {
      const forged = { ...theirs, signer: { ...theirs.signer, keyId: ours.signer.keyId } };
      const { path } = await testPack(root, { name: 'forged', signing: signedBy(forged) });

      assert.deepEqual(found(path, { ...NOBODY, trusted: [ours.trusted] }), ['signature statement.dsse.json']);
    });
  });

  it('follows the chain to the pack before, and says where it breaks', async () => {
    const first = await testPack(root, { name: 'first.zip', signing: signedBy(ours) });
    const second = await testPack(root, { name: 'second.zip', previous: first.digest });
    const previous = previousDigest('first.zip', root);

    assert.equal(previous, first.digest);
    assert.equal(previousDigest(first.digest, root), first.digest);
    assert.equal(verifyPack(second.path, { ...NOBODY, previous }).chain, 'good');
    assert.deepEqual(found(second.path, { ...NOBODY, previous: second.digest }), ['chain manifest.json']);
    assert.deepEqual(found(first.path, { ...NOBODY, previous }), ['chain manifest.json']);
    assert.throws(() => previousDigest('unsigned/config.yml', root), { code: 'PACK_UNREADABLE' });
  });

  it('refuses what is no pack at all, in words', () => {
    writeFileSync(join(root, 'text.txt'), 'no pack');
    mkdirSync(join(root, 'nothing'));

    assert.throws(() => verifyPack(join(root, 'absent.zip'), NOBODY), { code: 'PACK_UNREADABLE', exit: 2, message: /ENOENT/ });
    assert.throws(() => verifyPack('/dev/null', NOBODY), { code: 'PACK_UNREADABLE' });
    assert.deepEqual(found(join(root, 'text.txt')).slice(0, 2), ['archive text.txt', 'missing manifest.json']);
    assert.deepEqual(found(join(root, 'nothing')), ['missing manifest.json', 'missing SHA256SUMS']);
  });

  it('gives sums that sha256sum takes', () => {
    const checked = execFileSync('sh', ['-c', 'sha256sum -c SHA256SUMS'], { cwd: signed, encoding: 'utf8' });

    assert.match(checked, /^manifest\.json: OK$/m);
    assert.match(checked, /^reports\/report\.sarif: OK$/m);
  });
});

function bomb(): ZipPart {
  return { name: 'zeros.bin', content: Buffer.alloc(1024 * 1024), method: 8, claimedSize: 10 };
}

function kindsOf(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ kind, file }) => `${kind} ${file}`);
}

function edit(path: string, from: string, to: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
}

/** What somebody without the key can do: a new manifest, and sums that go with it. */
function reseal(pack: string, change: (manifest: Manifest) => Manifest): string {
  const manifest = change(JSON.parse(readFileSync(join(pack, 'manifest.json'), 'utf8')) as Manifest);
  const text = canonicalText(manifest);
  writeFileSync(join(pack, 'manifest.json'), text);
  const files = filesBelow(pack).map((path) => ({ path, sha256: sha256(readFileSync(join(pack, path))) }));
  writeFileSync(join(pack, 'SHA256SUMS'), sumsOf(files));
  return pack;
}

/** What somebody with the key can do: all of it anew, signed. */
function signAnew(pack: string, { key, signer }: TestKey, change: (manifest: Manifest) => Manifest): string {
  const manifest = change(JSON.parse(readFileSync(join(pack, 'manifest.json'), 'utf8')) as Manifest);
  const text = canonicalText(manifest);
  const files = [...manifest.files, { path: 'manifest.json', size: text.length, sha256: sha256(text) }].sort(byPath);
  writeFileSync(join(pack, 'statement.dsse.json'), canonicalText(signStatement(statementOf(manifest, files, signer), key)));
  return reseal(pack, () => manifest);
}

/** A manifest that tells the files as they are. */
function measured(pack: string): (manifest: Manifest) => Manifest {
  return (manifest) => ({
    ...manifest,
    files: manifest.files.map(({ path }) => {
      const bytes = readFileSync(join(pack, path));
      return { path, size: bytes.length, sha256: sha256(bytes) };
    }),
  });
}

function filesBelow(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
