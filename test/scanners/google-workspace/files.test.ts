import assert from 'node:assert/strict';
import fc from 'fast-check';
import { googleWorkspaceFiles } from '../../../scanners/google-workspace/index.ts';
import { capabilitiesForAll, openedBy, scopesIn } from '../../../scanners/google-workspace/scopes.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { kinds } from '../../helpers/scan-context.ts';
import {
  ACCOUNT,
  APP,
  activities,
  appPassword,
  CONSOLE_LIST,
  CUSTOMER,
  DIRECTORY,
  DRIVE,
  delegation,
  headOf,
  LOG_ENTRY,
  MAIL,
  MARA,
  ROOT,
  scanBeside,
  scanJson,
  scanText,
  token,
  tokenActivity,
  tokens,
  user,
} from './exports.ts';

const CLIENT = `google-workspace:${CUSTOMER}:oauth-client/${ACCOUNT}`;
const coverageOf = (observations: Observation[]) => kinds(observations, 'coverage').at(-1);
const scopesOf = (observations: Observation[], kind = 'domain-wide') =>
  kinds(observations, 'grant')
    .filter((one) => one.capability === undefined && one.viaKind === kind)
    .map((one) => one.permission);

describe('google-workspace scanner: domain-wide delegation', () => {
  it('says that not all neighbours were read for what they add', async () => {
    const others = Array.from({ length: 510 }, (_, index) => [`ws/users-${index}.json`, JSON.stringify(user())]);
    const observations = await scanBeside({ 'ws/tokens.json': JSON.stringify(tokens(token())), ...Object.fromEntries(others) });

    assert.ok(kinds(observations, 'grant').length > 0);
    assert.equal(coverageOf(observations)?.outcome, 'partial');
    assert.match(coverageOf(observations)?.why ?? '', /^11 of the 511 files beside it were not read/);
  });

  it('rebuilds it from the log: who authorised what, and when', async () => {
    const observations = await scanJson(activities(delegation('AUTHORIZE', '2026-03-01T10:00:00.000Z', [DRIVE, MAIL])));

    const [identity] = kinds(observations, 'identity');
    assert.equal(identity?.id, CLIENT);
    assert.equal(identity?.createdAt, '2026-03-01T10:00:00.000Z');
    assert.equal(identity?.owner, ROOT);
    assert.equal(identity?.enabled, true);
    assert.deepEqual(scopesOf(observations), [MAIL, DRIVE]);
    assert.match(coverageOf(observations)?.why ?? '', /six months/);
  });

  const courses: [string, object[], boolean, string[]][] = [
    [
      'removed',
      [delegation('AUTHORIZE', '2026-03-01T00:00:00Z', [DRIVE]), delegation('REMOVE', '2026-04-01T00:00:00Z', [])],
      false,
      [],
    ],
    [
      'removed, and the pages turned around',
      [delegation('REMOVE', '2026-04-01T00:00:00Z', [DRIVE]), delegation('AUTHORIZE', '2026-03-01T00:00:00Z', [DRIVE])],
      false,
      [],
    ],
    [
      'removed and authorised again',
      [
        delegation('AUTHORIZE', '2026-03-01T00:00:00Z', [DRIVE]),
        delegation('REMOVE', '2026-04-01T00:00:00Z', []),
        delegation('AUTHORIZE', '2026-05-01T00:00:00Z', [MAIL]),
      ],
      true,
      [MAIL],
    ],
    [
      'one of two scopes taken back',
      [delegation('AUTHORIZE', '2026-03-01T00:00:00Z', [DRIVE, MAIL]), delegation('REMOVE', '2026-04-01T00:00:00Z', [MAIL])],
      true,
      [DRIVE],
    ],
    ['removed, of which the log no longer has the beginning', [delegation('REMOVE', '2026-04-01T00:00:00Z', [DRIVE])], false, []],
  ];
  for (const [what, events, isEnabled, scopes] of courses) {
    it(`goes by the last event: ${what}`, async () => {
      const observations = await scanJson(activities(...events));

      assert.equal(kinds(observations, 'identity')[0]?.enabled, isEnabled);
      assert.deepEqual(scopesOf(observations), scopes);
    });
  }

  it('puts the pages of several files together', async () => {
    const observations = await scanBeside({
      'gws/a.json': JSON.stringify(activities(delegation('AUTHORIZE', '2026-03-01T00:00:00Z', [DRIVE]))),
      'gws/b.json': JSON.stringify(activities(delegation('REMOVE', '2026-04-01T00:00:00Z', []))),
    });

    assert.equal(kinds(observations, 'identity')[0]?.enabled, false);
  });

  it('reads the list of the console, with lists of scopes over several lines', async () => {
    const observations = await scanText(CONSOLE_LIST, 'exports/domain-wide-delegation.csv');

    const [one, other] = kinds(observations, 'identity');
    assert.equal(one?.id, `google-workspace:-:oauth-client/${ACCOUNT}`);
    assert.equal(one?.name, 'Sync');
    assert.equal(other?.name, 'Backup, old');
    assert.deepEqual(scopesOf(observations), [MAIL, DRIVE, 'https://www.googleapis.com/auth/drive.file']);
    assert.equal(coverageOf(observations)?.outcome, 'complete');
    assert.deepEqual(coverageOf(observations)?.detail?.types, ['delegation']);
  });

  it('reads what was pasted from the console, with tabs', async () => {
    const text = `Name\tClient ID\tScopes\nSync\t${ACCOUNT}\t${DRIVE}\n`;
    const observations = await scanText(text, 'delegation.txt');

    assert.deepEqual(scopesOf(observations), [DRIVE]);
  });

  it('takes the customer from the files beside the list, and believes the log whole beside it', async () => {
    const events = JSON.stringify(activities(delegation('AUTHORIZE', '2026-03-01T00:00:00Z', [DRIVE])));
    const list = await scanBeside({ 'gws/delegation.csv': CONSOLE_LIST, 'gws/a.json': events });
    const log = await scanBeside({ 'gws/a.json': events, 'gws/delegation.csv': CONSOLE_LIST });

    assert.equal(kinds(list, 'identity')[0]?.id, CLIENT);
    assert.equal(kinds(list, 'identity')[0]?.owner, ROOT);
    assert.equal(coverageOf(log)?.outcome, 'complete');
  });

  it('reads the same event from Cloud Logging', async () => {
    const observations = await scanJson([LOG_ENTRY]);

    assert.deepEqual(scopesOf(observations), [DRIVE]);
    assert.equal(kinds(observations, 'identity')[0]?.owner, ROOT);
  });

  it('tells what it amounts to, as any user', async () => {
    const observations = await scanJson(activities(delegation('AUTHORIZE', '2026-03-01T00:00:00Z', [DIRECTORY])));

    const capabilities = kinds(observations, 'grant').flatMap((one) => one.capability ?? []);
    assert.deepEqual(capabilities.toSorted(), ['admin', 'manages-identities']);
  });
});

describe('google-workspace scanner: scopes', () => {
  const cases: [string, string | undefined, boolean | undefined, string[]][] = [
    [MAIL, 'mail', false, ['reads-data', 'writes-data']],
    ['https://mail.google.com', 'mail', false, ['reads-data', 'writes-data']],
    ['https://www.googleapis.com/auth/gmail.readonly', 'mail', true, ['reads-data']],
    ['https://www.googleapis.com/auth/drive.readonly', 'files', true, ['reads-data']],
    ['https://www.googleapis.com/auth/drive.file', undefined, undefined, []],
    ['https://www.googleapis.com/auth/admin.directory.group', 'administration', false, ['manages-identities']],
    ['https://www.googleapis.com/auth/admin.directory.user.readonly', 'directory', true, ['reads-data']],
    ['https://www.googleapis.com/auth/cloud-platform', 'cloud', false, ['admin', 'impersonates', 'reads-data', 'writes-data']],
    ['https://www.googleapis.com/auth/cloud-platform.read-only', 'cloud', true, ['reads-data']],
    ['https://www.googleapis.com/auth/userinfo.email', undefined, undefined, []],
    ['openid', undefined, undefined, []],
    ['https://www.googleapis.com.evil.example/auth/drive', undefined, undefined, []],
  ];
  for (const [scope, breadth, isReadOnly, capabilities] of cases) {
    it(`${scope} opens ${breadth ?? 'nothing broad'}`, () => {
      assert.equal(openedBy(scope)?.breadth, breadth);
      assert.equal(openedBy(scope)?.isReadOnly, isReadOnly);
      assert.deepEqual(capabilitiesForAll(scope), capabilities);
    });
  }

  it('takes lists apart, however they are written', () => {
    const scopes = scopesIn([`[${DRIVE}, ${MAIL}]`, `${DRIVE} openid`, '"x-y"']);

    assert.deepEqual(scopes, [MAIL, DRIVE, 'openid']);
  });
});

describe('google-workspace scanner: what users let in', () => {
  it('tells one identity a client, and one grant a scope, whoever granted it', async () => {
    const observations = await scanJson([
      tokens(token(MARA), token(ROOT)),
      { kind: 'admin#directory#users', users: [user(MARA), user(ROOT, { isAdmin: true })] },
    ]);

    const [client] = kinds(observations, 'identity');
    const grants = kinds(observations, 'grant');
    assert.equal(client?.id, `google-workspace:${CUSTOMER}:oauth-client/${APP}`);
    assert.equal(client?.detail?.users, 2);
    assert.equal(client?.detail?.admins, 1);
    assert.deepEqual(
      grants.map((one) => [one.permission, one.resource, one.detail?.breadth]),
      [
        [DRIVE, '2 users', 'files'],
        ['openid', '2 users', undefined],
      ],
    );
    assert.deepEqual(grants[0]?.detail?.admins, [ROOT]);
    assert.equal(kinds(observations, 'person').length, 2);
  });

  it('counts what an administrator let in as the right to administer', async () => {
    const observations = await scanJson([tokens(token(ROOT, { scopes: [DIRECTORY] })), user(ROOT, { isAdmin: true })]);
    const harmless = await scanJson([tokens(token(MARA, { scopes: [DIRECTORY] })), user(MARA)]);

    assert.ok(kinds(observations, 'grant').some((one) => one.capability === 'admin'));
    assert.ok(!kinds(harmless, 'grant').some((one) => one.capability !== undefined));
  });

  it('takes whose tokens they are from the name of the file', async () => {
    const observations = await scanJson(tokens(token(MARA, { userKey: undefined })), `gws/tokens-${MARA}.json`);

    assert.equal(kinds(observations, 'grant')[0]?.resource, `user/${MARA}`);
  });

  it('reads the tokens that GAM prints', async () => {
    const text = `user,clientId,displayText,anonymous,nativeApp,scopes\n${MARA},${APP},Notes,False,False,${DRIVE} openid\n`;
    const observations = await scanText(text, 'tokens.csv');

    assert.deepEqual(scopesOf(observations, 'consent'), [DRIVE, 'openid']);
    assert.deepEqual(coverageOf(observations)?.detail?.types, ['consent']);
  });

  it('tells app passwords of people; zero is never', async () => {
    const observations = await scanJson({
      kind: 'admin#directory#aspList',
      items: [appPassword(), appPassword({ codeId: 4, lastTimeUsed: '1748736000000' })],
    });

    const [one, other] = kinds(observations, 'credential');
    assert.equal(kinds(observations, 'identity').length, 1);
    assert.equal(kinds(observations, 'identity')[0]?.human, true);
    assert.equal(one?.createdAt, '2025-01-01T00:00:00.000Z');
    assert.equal(one?.lastUsedAt, undefined);
    assert.equal(other?.lastUsedAt, '2025-06-01T00:00:00.000Z');
  });

  it('tells use by the token log: one row a client and day', async () => {
    const observations = await scanJson([
      activities(
        tokenActivity('2026-05-20T10:00:00Z'),
        tokenActivity('2026-05-20T11:00:00Z'),
        tokenActivity('2026-05-21T10:00:00Z'),
      ),
      tokens(token()),
    ]);

    const usages = kinds(observations, 'usage').map((one) => [one.usedAt, one.detail?.count]);
    assert.deepEqual(usages, [
      ['2026-05-20T11:00:00.000Z', 2],
      ['2026-05-21T10:00:00.000Z', 1],
    ]);
    assert.equal(kinds(observations, 'identity')[0]?.lastUsedAt, '2026-05-21T10:00:00.000Z');
  });
});

describe('google-workspace scanner: what is missing', () => {
  it('says that more pages follow', async () => {
    const coverage = coverageOf(await scanJson({ ...tokens(token()), nextPageToken: 'x' }));

    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /next page/);
  });

  it('looks at an empty answer', async () => {
    const coverage = coverageOf(await scanJson({ kind: 'admin#directory#tokenList', etag: '"x"' }));

    assert.equal(coverage?.outcome, 'complete');
    assert.deepEqual(coverage?.detail?.types, ['consent']);
  });

  it('says that an error was saved', async () => {
    const observations = await scanJson([tokens(token()), { error: { code: 403, message: 'Not Authorized', errors: [] } }]);

    assert.match(coverageOf(observations)?.why ?? '', /Google's error 403/);
  });

  it('names what it cannot read, and reads the rest', async () => {
    const json = await scanJson(tokens(token(), token(ROOT, { scopes: 'all' })));
    const table = await scanText(`Name,Client ID,Scopes\nA,?,${DRIVE}\nB,${ACCOUNT},${DRIVE}\n`, 'delegation.csv');
    const event = await scanJson(activities({ ...delegation('AUTHORIZE', 'yesterday', [DRIVE]) }));

    assert.match(coverageOf(json)?.why ?? '', /items\[1\]\.scopes: /);
    assert.equal(kinds(json, 'identity').length, 1);
    assert.match(coverageOf(table)?.why ?? '', /row 2: not a client id/);
    assert.equal(kinds(table, 'identity').length, 1);
    assert.match(coverageOf(event)?.why ?? '', /without a client or a time/);
  });
});

describe('google-workspace scanner recognises', () => {
  const json = (value: unknown) => JSON.stringify(value, null, 2);
  const hits: [string, string, string?][] = [
    ['tokens', json(tokens(token()))],
    ['app passwords', json({ kind: 'admin#directory#aspList', items: [appPassword()] })],
    ['users', json({ kind: 'admin#directory#users', users: [user()] })],
    ['activities', json(activities(delegation('AUTHORIZE', '2026-03-01T00:00:00Z', [DRIVE])))],
    ['entries of Cloud Logging', json([LOG_ENTRY])],
    ['tokens without their kind', json([{ clientId: APP, displayText: 'x', userKey: MARA, scopes: [DRIVE] }])],
    ['the list of the console', CONSOLE_LIST, 'list.csv'],
    ['a list without a known scope, by its name', `Name,Client ID,Scopes\nA,${ACCOUNT},x\n`, 'domain-wide-delegation.csv'],
  ];
  for (const [what, text, path] of hits) it(what, () => assert.equal(googleWorkspaceFiles.recognises(headOf(text, path)), true));

  const misses: [string, string, string?][] = [
    ['another table', 'name,client id,amount\nA,1,2\n', 'clients.csv'],
    ['a table of scopes of something else', 'app,client id,scopes\nA,1,read write\n', 'oauth.csv'],
    ['code', json(tokens(token())), 'tokens.ts'],
    ['OAuth clients of something else', json([{ clientId: 'x', displayText: 'y', scopes: ['read'] }])],
    ['a client secret file', json({ web: { client_id: APP, project_id: 'x' } })],
    ['text about it', 'the kind is "admin#directory#token"', 'a.txt'],
  ];
  for (const [what, text, path] of misses)
    it(`but not ${what}`, () => assert.equal(googleWorkspaceFiles.recognises(headOf(text, path)), false));
});

describe('google-workspace scanner on what strangers send', () => {
  it('decides quickly about whatever repeats its marks', () => {
    for (const mark of ['"clientId":"x"', '"displayText":', '"scopes":[', '"kind":', 'client id,scopes,']) {
      const text = `{"a":1,${mark.repeat(4096 / mark.length)}`;
      const start = cpuTime();
      for (let i = 0; i < 20; i++) googleWorkspaceFiles.recognises(headOf(text));

      assert.ok(cpuTime() - start < 1000, mark);
    }
  });

  const all = [
    tokens(token()),
    token(ROOT),
    appPassword(),
    user(),
    activities(delegation('AUTHORIZE', '2026-03-01T00:00:00Z', [DRIVE])),
    tokenActivity('2026-05-20T10:00:00Z'),
    LOG_ENTRY,
  ];

  it('never throws on a good export with a hole in it', async () => {
    const good = all.map((one) => JSON.stringify(one)).join('\n');
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length), fc.nat(40), fc.string({ maxLength: 5 }), async (start, length, patch) => {
        const observations = await scanText(good.slice(0, start) + patch + good.slice(start + length));

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 400 },
    );
  });

  it('never throws on fields of another kind', async () => {
    const places = all.flatMap((one, index) => Object.keys(one).map((name) => [index, name] as const));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 3 }), async ([index, name], odd) => {
        const observations = await scanJson(all.map((one, i) => (i === index ? { ...one, [name]: odd } : one)));

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 400 },
    );
  });

  it('never throws on a table with a hole in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(CONSOLE_LIST.length), fc.nat(30), fc.string({ maxLength: 5 }), async (start, length, patch) => {
        const text = CONSOLE_LIST.slice(0, start) + patch + CONSOLE_LIST.slice(start + length);
        const observations = await scanText(text, 'delegation.csv');

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 300 },
    );
  });
});
