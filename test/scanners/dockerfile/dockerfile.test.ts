import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dockerfile } from '../../../scanners/dockerfile/index.ts';
import { Joined, pairsOf, parseDockerfile, wordsOf } from '../../../scanners/dockerfile/parse.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { headOfBytes, sourceFile } from '../../../src/files/source-file.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';

describe('dockerfile scanner', () => {
  it('recognises files by their names', () => {
    const yes = [
      'Dockerfile',
      'a/Containerfile',
      'Dockerfile.prod',
      'web.Dockerfile',
      'build/app.dockerfile',
      'Dockerfile-alpine',
      'Dockerfile.j2',
    ];
    const no = [
      'Dockerfile.dockerignore',
      'Dockerfile.md',
      'docs/dockerfile.html',
      'Dockerfiles/readme',
      'dockerfile.ts',
      'MyDockerfile',
    ];

    const answers = (names: readonly string[]) =>
      names.filter((name) => dockerfile.recognises(headOfBytes(name, Buffer.from('FROM scratch\n'))));

    assert.deepEqual(answers(yes), yes);
    assert.deepEqual(answers(no), []);
  });

  it('reads instructions, continued lines, comments within them, and knows where each stands', () => {
    const text = 'FROM a AS Build\nRUN one \\\n  # a comment\n\n  && two\nENV A=1 \\\n    B="x y" \\\n    C=\'z\'\n';

    const { stages, problems } = parseDockerfile(text);

    assert.deepEqual(problems, []);
    const [run, env] = stages[0]?.instructions ?? [];
    assert.equal(stages[0]?.name, 'build');
    assert.equal(run?.body.text.replace(/\s+/g, ' '), 'one && two');
    const pairs = pairsOf(env?.body.text ?? '', 'ENV');
    assert.deepEqual(
      pairs.map(({ name, value }) => [name, value]),
      [
        ['A', '1'],
        ['B', 'x y'],
        ['C', 'z'],
      ],
    );
    assert.deepEqual(
      pairs.map(({ start, end }) => text.slice(env?.body.offsetAt(start), (env?.body.offsetAt(end - 1) ?? 0) + 1)),
      ['1', 'x y', 'z'],
    );
  });

  it('reads here-documents, the old form of ENV, and another escape', () => {
    const text =
      '# escape=`\nFROM a\nENV PATH_NAME c:\\dir\\ rest of it\nRUN one `\n two\nCOPY <<A <<-B /etc/\nFROM x\nA\n\tcontent\n\tB\nRUN <<EOF\necho hello\nEOF\nLABEL last=1\n';

    const { stages, problems } = parseDockerfile(text);

    const own = stages[0]?.instructions ?? [];
    assert.deepEqual([stages.length, problems.length], [1, 0]);
    assert.deepEqual(
      own.map(({ keyword }) => keyword),
      ['ENV', 'RUN', 'COPY', 'RUN', 'LABEL'],
    );
    assert.deepEqual(own[2]?.heredocs, ['A', 'B']);
    assert.match(own[3]?.body.text ?? '', /echo hello/);
    assert.equal(text.slice(own[4]?.start, own[4]?.end), 'LABEL last=1');
  });

  it('goes on behind what is no instruction, and says the line', () => {
    const { stages, problems, unknown } = parseDockerfile('FROM a\n<<<<<<< HEAD\nRUN b\nRUNN c\nCMD d');

    assert.deepEqual(
      stages[0]?.instructions.map(({ keyword }) => keyword),
      ['RUN', 'CMD'],
    );
    assert.deepEqual([unknown, problems], [2, ['no Dockerfile instruction at line 2', 'no Dockerfile instruction at line 4']]);
  });

  it('reads around what a template fills in', async () => {
    const observations = await scan(
      'FROM {{ base }}\n{% if dev %}\nARG NPM_TOKEN\n{% endif %}\nRUN {{ command }}\n',
      'Dockerfile.j2',
    );

    assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
    assert.deepEqual(
      factsOf(observations).map(([fact, name, line]) => [fact, name, line]),
      [['build-argument', 'NPM_TOKEN', 3]],
    );
  });

  it('names variables and their credentials, with lines and pointers', async () => {
    const token = fakeToken('harbour1');
    const observations = await scan(`FROM a\nENV LOG=info \\\n    API_TOKEN=${token} \\\n    DB_PASSWORD='Tr0ub4dor&3x'\n`);

    const sightings = kinds(observations, 'sighting').map(({ detector, confidence, at }) => [
      detector,
      confidence,
      at?.line,
      at?.column,
      at?.pointer,
    ]);
    assert.deepEqual(sightings, [
      ['fake-token', 'high', 3, 15, 'stages.0.env.API_TOKEN'],
      ['generic-plain-value', 'medium', 4, 18, 'stages.0.env.DB_PASSWORD'],
    ]);
    assert.deepEqual(
      factsOf(observations).map(([fact, name]) => [fact, name]),
      [
        ['image-variable', 'API_TOKEN'],
        ['image-variable', 'DB_PASSWORD'],
      ],
    );
    assert.equal(kinds(observations, 'consumer')[0]?.credential, kinds(observations, 'sighting')[0]?.credential);
    assert.doesNotMatch(JSON.stringify(observations), /Tr0ub4dor|FAKE_TOKEN/);
  });

  it('knows which stages are in the image', async () => {
    const observations = await scan('FROM a AS base\nARG A_TOKEN\nFROM b AS build\nARG B_TOKEN\nFROM base\nARG C_TOKEN\n');

    const rows = kinds(observations, 'consumer').map(({ consumer, detail }) => [consumer, detail?.inFinalImage]);
    assert.deepEqual(rows, [
      ['harbour/shop:Dockerfile#base', true],
      ['harbour/shop:Dockerfile#build', false],
      ['harbour/shop:Dockerfile#2', true],
    ]);
  });

  it('lists mounted secrets and ssh agents, and finds nothing wrong with them', async () => {
    const observations = await scan(
      'FROM a\nRUN --mount=type=secret,id=npm,target=/root/.npmrc,required=true --mount=type=ssh npm ci\n',
    );

    assert.deepEqual(
      factsOf(observations).map(([fact, name]) => [fact, name]),
      [
        ['secret-mount', 'npm'],
        ['ssh-mount', 'default'],
      ],
    );
  });

  it('finds the role that a variable names', async () => {
    const observations = await scan(
      'FROM a\nENV AWS_ROLE_ARN=arn:aws:iam::123456789012:role/shop AZURE_CLIENT_ID=0f8fad5b-d9cb-469f-a165-70867728950e\n',
    );

    assert.deepEqual(
      kinds(observations, 'consumer').map(({ identity, how }) => [identity, how]),
      [
        ['aws:123456789012:role/shop', 'impersonation'],
        ['entra:-:app/0f8fad5b-d9cb-469f-a165-70867728950e', 'oidc'],
      ],
    );
  });

  for (const [what, script, kept] of [
    ['tee behind a pipe', 'echo $API_TOKEN | tee /etc/token', ['/etc/token']],
    ['a here-document', 'cat <<EOT > /app/.env\nKEY=$API_TOKEN\nEOT', ['/app/.env']],
    [
      'git settings',
      `git config --global url."https://x:\${API_TOKEN}@github.com/".insteadOf https://github.com/`,
      ['~/.gitconfig'],
    ],
    [
      'git settings taken back',
      `git config --global url."https://x:\${API_TOKEN}@github.com/".insteadOf https://github.com/ && go build && git config --global --unset url.x`,
      [],
    ],
    ['a check of its length', 'test -n "$API_TOKEN" && echo set', []],
    ['an output of a download', 'curl -u ci:$API_TOKEN https://x.example/a.tar.gz > a.tar.gz', []],
  ] as const) {
    it(`follows a secret through ${what}`, async () => {
      const heredoc = script.includes('\n') ? `RUN <<SCRIPT\n${script}\nSCRIPT\n` : `RUN ${script}\n`;

      const observations = await scan(`FROM a\nARG API_TOKEN\n${heredoc}`);

      assert.deepEqual(
        kinds(observations, 'consumer')
          .filter(({ detail }) => detail?.fact === 'secret-in-layer')
          .map(({ detail }) => detail?.file),
        kept,
      );
    });
  }

  it('masks a credential that somebody made a name of', async () => {
    const token = fakeToken('harbour1');

    const observations = await scan(`FROM a AS ${token}\nARG NPM_TOKEN\n`);

    assert.doesNotMatch(JSON.stringify(kinds(observations, 'consumer')), /harbour1/i);
  });

  it('says that a file is too long to be read by its structure', async () => {
    const observations = await scan(`FROM a\n${'# padding padding padding padding\n'.repeat(70_000)}ARG NPM_TOKEN\n`);

    assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /only searched for keys/);
  });

  it('never throws, keeps its counts together, and names lines that are there', async () => {
    const text =
      'FROM a AS b\nARG NPM_TOKEN=x\nENV A=$NPM_TOKEN "B=c d"\nRUN --mount=type=secret,id=x <<E\ncp /run/secrets/x y\nE\nCOPY --from=b [".npmrc", "/root/"]\nRUN git clone https://$NPM_TOKEN@h/x && rm -f /root/.npmrc\nCMD ["sh", "-c", "x $NPM_TOKEN"]\n';

    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.nat(text.length),
            fc.constantFrom('"', "'", '\\\n', '<<E\n', '$', '{', '`', '\r\n', '#', 'ONBUILD ', '\u0000', '=', ' '),
          ),
          { maxLength: 12 },
        ),
        async (changes) => {
          let changed = text;
          for (const [at, what] of changes) changed = changed.slice(0, at) + what + changed.slice(at);

          const observations = await scan(changed);

          const lines = changed.split('\n').length;
          const [row] = kinds(observations, 'coverage');
          assert.equal(row?.seen, (row?.read ?? 0) + (row?.failed ?? 0));
          for (const { at } of kinds(observations, 'consumer')) assert.ok((at?.line ?? 0) >= 1 && (at?.line ?? 0) <= lines);
        },
      ),
      { numRuns: 300 },
    );
  });

  for (const [what, text] of [
    ['here-documents', `FROM a\n${'RUN <<A\n'.repeat(9000)}${'x\n'.repeat(100_000)}`],
    ['openings of templates', `FROM a\nnothing\n${'{{'.repeat(500_000)}`],
    [
      'arguments and uses',
      `FROM a\n${Array.from({ length: 3000 }, (_, i) => `ARG A${i}_TOKEN\n`).join('')}RUN ${Array.from({ length: 3000 }, (_, i) => `x $A${i}_TOKEN`).join(' && ')}\n`,
    ],
    ['quotes', `FROM a\nENV ${'"a'.repeat(300_000)}\n`],
  ] as const) {
    it(`is done in seconds with many ${what}`, async function () {
      this.timeout(20_000);

      const [row] = kinds(await scan(text), 'coverage');

      assert.equal(row?.subject, 'Dockerfile');
    });
  }

  it('splits words as Docker does', () => {
    assert.deepEqual(
      wordsOf('a "b c" d\\ e \'f\'').map(({ value }) => value),
      ['a', 'b c', 'd e', 'f'],
    );
  });

  it('knows where joined pieces stood', () => {
    const joined = new Joined();
    joined.add('abc', 10);
    joined.add('def', 20);

    assert.deepEqual(
      [0, 2, 3, 5].map((at) => joined.offsetAt(at)),
      [10, 12, 20, 22],
    );
    assert.deepEqual([joined.from(4).text, joined.from(4).offsetAt(0)], ['ef', 21]);
  });
});

async function scan(text: string, path = 'Dockerfile'): Promise<Observation[]> {
  return await collect(
    dockerfile.scan(
      sourceFile(path, Buffer.from(text), { repository: 'harbour/shop', path, atHead: true }, 'iac'),
      testContext(),
    ),
  );
}

function factsOf(observations: readonly Observation[]) {
  return kinds(observations, 'consumer').map(({ detail, secretName, at }) => [detail?.fact, secretName, at?.line] as const);
}
