import assert from 'node:assert/strict';
import fc from 'fast-check';
import { people } from '../../../scanners/people/index.ts';
import type { Observation, SourceFile } from '../../../src/contracts/index.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';

function source(path: string, text: string | Uint8Array): SourceFile {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return { path, bytes, text: () => new TextDecoder().decode(bytes), at: { repository: 'harbour/shop', path }, place: 'file' };
}

async function scan(path: string, text: string | Uint8Array): Promise<Observation[]> {
  return collect(people.scan(source(path, text), testContext()));
}

function recognises(path: string, text: string): boolean {
  return people.recognises({ path, size: text.length, head: () => text.slice(0, 4096) });
}

/** The one coverage row, and nothing else of it but what a test asks for. */
function coverageOf(observations: readonly Observation[]) {
  const [row, ...others] = kinds(observations, 'coverage');
  assert.ok(row);
  assert.equal(others.length, 0);
  return row;
}

describe('people scanner', () => {
  describe('recognises', () => {
    const rosters: readonly (readonly [string, string])[] = [
      ['people.csv', 'name,email,team\n'],
      ['people.csv', 'E-Mail Address;Department\r\n'],
      ['export.tsv', 'Work Email\tEnd Date\n'],
      ['users.csv', '"First Name [Required]","Email Address [Required]","Status [READ ONLY]"\n'],
      ['hr/roster.csv', '\n\nmail,left_at\n'],
      ['people.json', '[{"email": "ada@harbour.example", "leftAt": null}]'],
      ['people.json', '{"employees": [{"Work Email": "ada@harbour.example", "manager": "bo"}]}'],
      ['CODEOWNERS', '* @harbour/platform\n'],
      ['.github/CODEOWNERS', ''],
      ['docs/CODEOWNERS', '# none yet\n'],
    ];
    for (const [path, text] of rosters) it(`${path}: ${text.trim()}`, () => assert.equal(recognises(path, text), true));

    const others: readonly (readonly [string, string])[] = [
      ['people.csv', 'name,team\n'],
      ['people.csv', 'email,name\n'],
      ['people.csv', 'email\n'],
      ['people.csv', ''],
      ['keys.csv', 'user,arn,access_key_1_active\n'],
      ['people.md', 'email,team\n'],
      ['accounts.json', '[{"email": "etl@hc-prod.iam.gserviceaccount.com", "oauth2ClientId": "1", "state": "ENABLED"}]'],
      ['users.json', '[{"id": "u1", "email": "ada@harbour.example", "status": "active", "slack_id": ""}]'],
      ['package.json', '{"name": "x", "author": {"email": "a@b.example"}}'],
      ['names.json', '[{"email": "ada@harbour.example", "name": "Ada"}]'],
      ['notes.json', '[1, 2'],
      ['CODEOWNERS.md', '* @harbour/platform\n'],
      ['codeowners.ts', ''],
    ];
    for (const [path, text] of others) it(`not ${path}: ${text.trim()}`, () => assert.equal(recognises(path, text), false));
  });

  describe('given a CSV roster', () => {
    it('reads a person', async () => {
      const text =
        'Full Name,Work Email,GitHub,Team,Manager,Employment Type,Status,End Date\nAda Quay,Ada@Harbour.example,@ada-q,Platform,bo@harbour.example,Contractor,Active,2026-03-31\n';

      const [person, coverage] = await scan('people.csv', text);

      assert.deepEqual(person, {
        kind: 'person',
        email: 'ada@harbour.example',
        name: 'Ada Quay',
        handle: 'ada-q',
        team: 'Platform',
        leftAt: '2026-03-31T00:00:00.000Z',
        relation: 'contractor',
        at: { repository: 'harbour/shop', path: 'people.csv', line: 2 },
        detail: { source: 'roster', status: 'active', manager: 'bo@harbour.example' },
      });
      assert.deepEqual(coverage, {
        kind: 'coverage',
        surface: 'people',
        subject: 'people.csv',
        outcome: 'complete',
        covers: ['person'],
        seen: 1,
        read: 1,
        failed: 0,
        bytes: text.length,
        at: { repository: 'harbour/shop', path: 'people.csv' },
        detail: { source: 'roster', types: ['roster'], left: 1 },
      });
    });

    it('joins first and last names', async () => {
      const [person] = kinds(await scan('p.csv', 'First Name,Last Name,email,team\nBo,Mole,bo@harbour.example,ops\n'), 'person');

      assert.equal(person?.name, 'Bo Mole');
    });

    for (const delimiter of [',', ';', '\t', '|']) {
      it(`reads cells parted by ${JSON.stringify(delimiter)}`, async () => {
        const text = ['email,team', 'a@harbour.example,one', '"b@harbour.example","two"'].join('\n').replaceAll(',', delimiter);

        const persons = kinds(await scan('p.csv', text), 'person');

        assert.deepEqual(
          persons.map(({ email, team }) => [email, team]),
          [
            ['a@harbour.example', 'one'],
            ['b@harbour.example', 'two'],
          ],
        );
      });
    }

    it('reads byte order mark, CRLF, quotes, cells of several lines and empty lines, and keeps count of lines', async () => {
      const text =
        '\ufeffemail,team,name\r\n\r\n"a@harbour.example","one, ""first""","Ada\r\nQuay"\r\n,,\r\nb@harbour.example,two,Bo\r\n';

      const observations = await scan('p.csv', text);

      assert.deepEqual(
        kinds(observations, 'person').map(({ email, team, at }) => [email, team, at?.line]),
        [
          ['a@harbour.example', 'one, "first"', 3],
          ['b@harbour.example', 'two', 6],
        ],
      );
      assert.equal(coverageOf(observations).outcome, 'complete');
    });

    for (const status of ['terminated', 'Left', 'INACTIVE', 'Offboarded', 'former']) {
      it(`takes the status ${status} for gone without a day`, async () => {
        const [person] = kinds(await scan('p.csv', `email,status\na@harbour.example,${status}\n`), 'person');

        assert.equal(person?.detail?.left, true);
        assert.equal(person?.leftAt, undefined);
      });
    }

    for (const status of ['active', 'on leave', 'suspended', 'not terminated', '']) {
      it(`takes the status ${JSON.stringify(status)} for still here`, async () => {
        const [person] = kinds(await scan('p.csv', `email,status\na@harbour.example,${status}\n`), 'person');

        assert.equal(person?.detail?.left, undefined);
      });
    }

    it('goes by the day where there is one', async () => {
      const [person] = kinds(await scan('p.csv', 'email,status,end date\na@harbour.example,terminated,2027-01-01\n'), 'person');

      assert.equal(person?.leftAt, '2027-01-01T00:00:00.000Z');
      assert.equal(person?.detail?.left, undefined);
    });

    it('reads "active: no" and "left: yes"', async () => {
      const observations = await scan(
        'p.csv',
        'email,active,left\na@harbour.example,no,\nb@harbour.example,yes,yes\nc@harbour.example,yes,no\n',
      );

      assert.deepEqual(
        kinds(observations, 'person').map(({ detail }) => detail?.left),
        [true, true, undefined],
      );
      assert.equal(coverageOf(observations).detail?.left, 2);
    });

    const days: readonly (readonly [string, string | undefined])[] = [
      ['2026-03-12', '2026-03-12T00:00:00.000Z'],
      ['2026/3/2', '2026-03-02T00:00:00.000Z'],
      ['12.03.2026', '2026-03-12T00:00:00.000Z'],
      ['2026-03-12T08:30:00+02:00', '2026-03-12T06:30:00.000Z'],
      ['2026-03-12 08:30', '2026-03-12T08:30:00.000Z'],
      ['25/12/2025', '2025-12-25T00:00:00.000Z'],
      ['12/25/2025', '2025-12-25T00:00:00.000Z'],
      ['05/05/2025', '2025-05-05T00:00:00.000Z'],
      ['n/a', undefined],
      ['-', undefined],
    ];
    for (const [written, expected] of days) {
      it(`reads the day ${written}`, async () => {
        const observations = await scan('p.csv', `email;left_at\na@harbour.example;${written}\n`);

        assert.equal(kinds(observations, 'person')[0]?.leftAt, expected);
        assert.equal(coverageOf(observations).outcome, 'complete');
      });
    }

    for (const written of [
      '03/04/2025',
      '3-4-2025',
      '2026-02-30',
      '31.02.2026',
      '46022',
      'last summer',
      '2026-03-12T99:99',
      '13/13/2025',
    ]) {
      it(`refuses the day ${written}, names its line and keeps the person`, async () => {
        const observations = await scan('p.csv', `email;left_at\na@harbour.example;\nb@harbour.example;${written}\n`);

        const [, person] = kinds(observations, 'person');
        assert.equal(person?.email, 'b@harbour.example');
        assert.equal(person?.leftAt, undefined);
        assert.equal(person?.detail?.leavingDateUnclear, true);
        assert.equal(coverageOf(observations).outcome, 'partial');
        assert.match(coverageOf(observations).why ?? '', /^line 3: its leaving date /);
      });
    }

    it('names bad rows and keeps the good ones', async () => {
      const text =
        'email,team\na@harbour.example,one\nnot an address,two\n,three\nb@harbour.example,four,five\nc@harbour.example\n';

      const observations = await scan('p.csv', text);

      assert.deepEqual(
        kinds(observations, 'person').map(({ email }) => email),
        ['a@harbour.example', 'c@harbour.example'],
      );
      const { outcome, why, seen, read, failed } = coverageOf(observations);
      assert.equal(outcome, 'partial');
      assert.equal(
        why,
        'line 3: its e-mail address is not one; line 4: it has no e-mail address; line 5: it has 3 cells for 2 columns',
      );
      assert.deepEqual([seen, read, failed], [5, 2, 3]);
    });

    it('goes on after a quote that is never closed', async () => {
      const text = 'email,team\na@harbour.example,one\n"b@harbour.example,two\nc@harbour.example,three\n';

      const observations = await scan('p.csv', text);

      assert.deepEqual(
        kinds(observations, 'person').map(({ email, at }) => [email, at?.line]),
        [
          ['a@harbour.example', 2],
          ['c@harbour.example', 4],
        ],
      );
      assert.match(coverageOf(observations).why ?? '', /^line 3: it cannot be read as CSV \(CSV_QUOTE_NOT_CLOSED\)$/);
    });

    it('gives up on a file of nothing but open quotes, and says so', async () => {
      const text = `email,team\n${Array.from({ length: 201 }, () => '"x').join('\n')}\na@harbour.example,one\n`;

      const { why } = coverageOf(await scan('p.csv', text));

      assert.match(why ?? '', /and \d+ more$/);
    });

    it('never shows a cell in the coverage', async () => {
      const { why } = coverageOf(await scan('p.csv', 'email,end date\ntide and anchor,03/04/2025\n'));

      assert.ok(!why?.includes('tide'));
    });

    it('takes columns named like the prototype for plain columns', async () => {
      const observations = await scan('p.csv', '__proto__,constructor,email,team\nx,y,a@harbour.example,one\n');

      assert.equal(kinds(observations, 'person')[0]?.team, 'one');
      assert.equal(({} as { x?: string }).x, undefined);
    });

    it('reads a hundred thousand rows', async () => {
      const text = `email,team,left_at\n${Array.from({ length: 100_000 }, (_, i) => `p${i}@harbour.example,t${i % 7},2026-01-0${(i % 9) + 1}`).join('\n')}\n`;

      const observations = await scan('p.csv', text);

      assert.equal(kinds(observations, 'person').length, 100_000);
      assert.equal(coverageOf(observations).read, 100_000);
    });

    it('stops when it is told to', async () => {
      const context = testContext({ signal: AbortSignal.abort() });

      await assert.rejects(collect(people.scan(source('p.csv', 'email,team\na@harbour.example,one\n'), context)));
    });
  });

  describe('given a JSON roster', () => {
    it('reads objects and points to the line they start on', async () => {
      const text =
        '[\n  {"email": "A@harbour.example", "leftAt": "2026-01-31", "team": null},\n  {"email": "b@harbour.example",\n   "status": "left"}\n]';

      const persons = kinds(await scan('people.json', text), 'person');

      assert.deepEqual(
        persons.map(({ email, leftAt, detail, at }) => [email, leftAt, detail?.left, at?.line]),
        [
          ['a@harbour.example', '2026-01-31T00:00:00.000Z', undefined, 2],
          ['b@harbour.example', undefined, true, 3],
        ],
      );
    });

    it('reads a list inside an object', async () => {
      const persons = kinds(
        await scan('people.json', '{"version": 1, "people": [{"email": "a@harbour.example", "active": false}]}'),
        'person',
      );

      assert.equal(persons[0]?.detail?.left, true);
    });

    it('keeps what stands before a break', async () => {
      const observations = await scan('people.json', '[{"email": "a@harbour.example", "team": "one"},\n{"email": "b@harbour.exa');

      assert.equal(kinds(observations, 'person')[0]?.email, 'a@harbour.example');
      assert.equal(coverageOf(observations).outcome, 'partial');
      assert.match(coverageOf(observations).why ?? '', /line 2: it is not valid JSON/);
    });

    it('names elements that are no person', async () => {
      const observations = await scan(
        'people.json',
        '[{"email": "a@harbour.example", "team": "one"},\n7,\n{"email": 7, "team": []}]',
      );

      assert.equal(kinds(observations, 'person').length, 1);
      assert.equal(coverageOf(observations).why, 'line 2: it is no object; line 3: its e-mail address is not one');
    });

    it('reads keys of the prototype as plain keys', async () => {
      const observations = await scan(
        'people.json',
        '[{"__proto__": {"email": "x@harbour.example"}, "email": "a@harbour.example", "team": "one"}]',
      );

      assert.equal(kinds(observations, 'person')[0]?.email, 'a@harbour.example');
    });

    it('survives deep nesting', async () => {
      const text = `[{"email": "a@harbour.example", "team": ${'['.repeat(50_000)}`;

      const observations = await scan('people.json', text);

      assert.equal(coverageOf(observations).outcome, 'partial');
    });
  });

  describe('given CODEOWNERS', () => {
    const text = [
      '# Harbour Coffee',
      '*            @harbour/platform',
      '/etl/        Ada@harbour.example @bo-mole  # nightly jobs',
      'docs\\ old/   @Bo-Mole @harbour/docs',
      '/generated/',
      '',
    ].join('\n');

    it('reads people with the patterns that name them', async () => {
      const observations = await scan('.github/CODEOWNERS', text);

      assert.deepEqual(kinds(observations, 'person'), [
        {
          kind: 'person',
          email: 'ada@harbour.example',
          owns: ['/etl/'],
          at: { repository: 'harbour/shop', path: '.github/CODEOWNERS', line: 3, column: 14 },
          detail: { source: 'codeowners', emailKnown: true, lines: [3] },
        },
        {
          kind: 'person',
          email: 'bo-mole@github.invalid',
          handle: 'bo-mole',
          owns: ['/etl/', 'docs old/'],
          at: { repository: 'harbour/shop', path: '.github/CODEOWNERS', line: 3, column: 34 },
          detail: { source: 'codeowners', emailKnown: false, lines: [3, 4] },
        },
      ]);
    });

    it('keeps teams beside the coverage', async () => {
      const { detail, outcome, seen, read } = coverageOf(await scan('CODEOWNERS', text));

      assert.equal(outcome, 'complete');
      assert.deepEqual([seen, read], [4, 4]);
      assert.deepEqual(detail, {
        source: 'codeowners',
        types: ['codeowners'],
        teams: [
          { team: '@harbour/platform', patterns: ['*'], lines: [2] },
          { team: '@harbour/docs', patterns: ['docs old/'], lines: [4] },
        ],
        unowned: { patterns: ['/generated/'], lines: [5] },
      });
    });

    it('keeps each pattern in step with its line, although it comes twice', async () => {
      const observations = await scan('CODEOWNERS', '*.tf @ada @ada\n/x/ @ada\n*.tf @ada\n');

      const [ada] = kinds(observations, 'person');
      assert.deepEqual(ada?.owns, ['*.tf', '/x/', '*.tf']);
      assert.deepEqual(ada?.detail?.lines, [1, 2, 3]);
    });

    it('reads sections with owners of their own, as GitLab has them', async () => {
      const sections = '[Coffee][2] @ada\nbeans/\nmilk/ @bo\n^[Tea] @@maintainer\ntea/\n';

      const observations = await scan('CODEOWNERS', sections);

      assert.deepEqual(
        kinds(observations, 'person').map(({ handle, owns }) => [handle, owns]),
        [
          ['ada', ['beans/']],
          ['bo', ['milk/']],
        ],
      );
      assert.deepEqual(coverageOf(observations).detail?.teams, [{ team: '@@maintainer', patterns: ['tea/'], lines: [5] }]);
    });

    it('names lines with something else than an owner, and keeps the rest', async () => {
      const observations = await scan('CODEOWNERS', '* @ada\n/a/ nobody @bo\n/b/ @\r\n');

      assert.deepEqual(
        kinds(observations, 'person').map(({ handle }) => handle),
        ['ada', 'bo'],
      );
      const { outcome, why, seen, read, failed } = coverageOf(observations);
      assert.equal(outcome, 'partial');
      assert.match(why ?? '', /^line 2: what stands at column 5 is neither .*; line 3: what stands at column 5 /);
      assert.deepEqual([seen, read, failed], [3, 1, 2]);
    });

    it('reads an empty file as one that names nobody', async () => {
      const observations = await scan('CODEOWNERS', '');

      assert.equal(observations.length, 1);
      assert.equal(coverageOf(observations).outcome, 'complete');
    });
  });

  describe('never throws, whatever the bytes', () => {
    for (const [path, head] of [
      ['p.csv', 'email,team\n'],
      ['p.csv', ''],
      ['p.json', '[{"email":"a@b.example","team":'],
      ['CODEOWNERS', '* '],
    ] as const) {
      it(`of ${path} after ${JSON.stringify(head)}`, async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.oneof(
              fc.uint8Array({ maxLength: 300 }),
              fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
            ),
            async (bytes) => {
              const observations = await scan(path, Buffer.concat([Buffer.from(head), bytes]));

              const { outcome, why } = coverageOf(observations);
              assert.equal(outcome === 'complete', why === undefined);
              for (const person of kinds(observations, 'person')) assert.match(person.email, /^[^\s@]+@[^\s@]+$/);
            },
          ),
        );
      });
    }
  });
});
