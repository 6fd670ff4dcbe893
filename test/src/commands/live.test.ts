import assert from 'node:assert/strict';
import { doctorCommand } from '../../../src/commands/doctor.ts';
import { dryRun, probeTargets } from '../../../src/commands/live.ts';
import { scanCommand } from '../../../src/commands/scan.ts';
import { defineServiceScanner, type LiveCall, type ServiceScanner } from '../../../src/contracts/index.ts';
import { openHttp, openSession, probeCalls } from '../../../src/live/index.ts';
import type { Runtime } from '../../../src/run/request.ts';
import { TargetError } from '../../../src/util/errors.ts';
import { SILENT_PROGRESS } from '../../../src/util/progress.ts';
import { type TestIo, testIo } from '../../helpers/io.ts';
import { type Loopback, loopback, reply } from '../../helpers/loopback.ts';
import { tempDir, testContext } from '../../helpers/scan-context.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';

const CALLS: readonly LiveCall[] = [
  { host: 'harbour.example', operation: 'GET /users', right: 'users.read', tells: 'who the users are' },
  { host: 'harbour.example', operation: 'GET /keys', right: 'keys.read', tells: 'age and use of keys' },
];

/** Asks `HARBOUR_URL`; each right is tried with the call of its name. */
function harbour(more: Partial<ServiceScanner> = {}): ServiceScanner {
  return defineServiceScanner({
    id: 'harbour',
    title: 'Harbour',
    emits: ['identity', 'coverage'],
    surfaces: ['okta'],
    version: 1,
    scheme: 'harbour',
    calls: () => CALLS,
    async *probe(target, context) {
      const session = openSession({ context, target, surface: 'okta', service: 'Harbour' });
      const http = openHttp({ context, service: 'Harbour', baseUrl: context.env.HARBOUR_URL ?? '', firstPauseMs: 1, tries: 2 });
      yield* probeCalls(session, CALLS, ({ operation, ...options }) => http.json('GET', operation.slice(4), options));
    },
    scan() {
      throw new Error('neither a dry run nor a probe scans');
    },
    ...more,
  });
}

describe('a dry run', () => {
  let io: TestIo;

  beforeEach(() => {
    io = testIo(tempDir(), { env: { HARBOUR_URL: 'http://127.0.0.1:1' } });
  });

  it('prints every call with its host, its right and what it tells', async () => {
    const code = await dryRun(io, ['harbour:audit'], { format: 'terminal' }, [harbour()]);

    assert.equal(code, 0);
    assert.equal(
      io.out(),
      [
        'harbour:audit  2 read-only calls',
        '',
        'harbour.example',
        'call        right       tells',
        'GET /users  users.read  who the users are',
        'GET /keys   keys.read   age and use of keys',
        '',
      ].join('\n'),
    );
  });

  it('says the host of each call where there are several', async () => {
    const calls = () => CALLS.map((call, index) => ({ ...call, host: `h${index}.example` }));

    await dryRun(io, ['harbour:'], { format: 'terminal' }, [harbour({ calls })]);

    assert.match(io.out(), /^h0\.example\ncall +right +tells\nGET \/users/m);
    assert.match(io.out(), /^h1\.example\ncall +right +tells\nGET \/keys {2}keys\.read/m);
  });

  it('says a right once that has the name of its call', async () => {
    const calls = () => [{ host: 'h.example', operation: 'iam:ListUsers', right: 'iam:ListUsers', tells: 'users' }];

    await dryRun(io, ['harbour:'], { format: 'terminal' }, [harbour({ calls })]);

    assert.match(io.out(), /^right +tells\niam:ListUsers {2}users$/m);
  });

  it('says that nothing is contacted for what lies on this machine', async () => {
    const code = await scanCommand(io, [], { ...SCAN_OPTIONS, dryRun: true, format: 'terminal' });

    assert.equal(code, 0);
    assert.equal(io.out(), '.: read on this machine. Nothing is contacted.\n');
  });

  it('says that --verify contacts more', async () => {
    await dryRun(io, ['.'], { format: 'terminal', verify: true }, []);

    assert.match(io.out(), /--verify: the providers/);
  });

  it('gives the same to programs', async () => {
    await dryRun(io, ['.', 'harbour:audit', '.'], { format: 'json' }, [harbour()]);

    assert.deepEqual(JSON.parse(io.out()), {
      targets: [
        { target: '.', contacts: [] },
        { target: 'harbour:audit', contacts: CALLS },
      ],
      verify: false,
    });
  });

  it('refuses a target that a scan would refuse', async () => {
    await assert.rejects(dryRun(io, ['harbor:x'], { format: 'terminal' }, [harbour()]), {
      code: 'TARGET_SCHEME',
      hint: 'Did you mean "harbour:"?',
    });
  });
});

describe('doctor of a live target', () => {
  let io: TestIo;
  const servers: Loopback[] = [];

  beforeEach(() => {
    io = testIo(tempDir());
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function doctor(answer: Parameters<typeof loopback>[0], scanner = harbour(), name = 'harbour:audit') {
    const server = await loopback(answer);
    servers.push(server);
    const runtime: Runtime = {
      scanners: [scanner],
      env: { HARBOUR_URL: server.url },
      clock: io.clock,
      signal: io.signal,
      log: testContext().log,
      progress: SILENT_PROGRESS,
    };
    return { isWell: await probeTargets(io, [name], runtime), server };
  }

  it('says which right is missing, what stays unknown, and what to grant', async () => {
    const { isWell } = await doctor(({ url }, response) => reply(response, url === '/keys' ? 403 : 200, {}));

    assert.equal(isWell, false);
    assert.equal(
      io.out(),
      [
        'harbour:audit',
        'ok    users.read: who the users are',
        'DENIED keys.read: without it unknown: age and use of keys',
        '      keys.read is not allowed to these credentials (HTTP 403): grant it; without it age and use of keys stays unknown',
        '      1 of 2 calls gave nothing. Checks that need them say "not assessed".',
        '      To grant: keys.read',
        '      The smallest policy or role that is enough is in scanners/harbour/README.md',
        '',
      ].join('\n'),
    );
  });

  it('finds all rights in place, by the scheme alone', async () => {
    const { isWell, server } = await doctor((_, response) => reply(response, 200, {}), harbour(), 'harbour');

    assert.equal(isWell, true);
    assert.equal(server.asked.length, 2);
    assert.doesNotMatch(io.out(), /DENIED|FAIL/);
  });

  it('asks once with credentials that are not accepted', async () => {
    const { isWell, server } = await doctor((_, response) => reply(response, 401, {}));

    assert.equal(isWell, false);
    assert.equal(server.asked.length, 1);
    assert.equal(io.out().match(/401/g)?.length, 1, 'said once');
    assert.doesNotMatch(io.out(), /To grant/, 'no right is the reason');
    assert.doesNotMatch(io.out(), /DENIED|without it unknown/, 'nor is any call told by itself');
    assert.match(io.out(), /^FAIL .*401.*\n {6}2 of 2 calls gave nothing/m);
  });

  it('tells what it was answered before the credentials ran out', async () => {
    const { isWell } = await doctor(({ url }, response) => reply(response, url === '/keys' ? 401 : 200, {}));

    assert.equal(isWell, false);
    assert.match(io.out(), /^ok {4}users\.read/m);
    assert.match(io.out(), /401/);
  });

  it('grants no right that is no reason: of a call that failed, that just worked, or that is none', async () => {
    const call = (right: string, operation: string) => ({ host: 'h.example', operation, right, tells: 'x' });
    const scanner = harbour({
      async *probe() {
        yield { call: call('users.read', 'GET /users'), outcome: 'ok' };
        yield { call: call('users.read', 'GET /users/1'), outcome: 'denied', why: 'a' };
        yield { call: call('plans.read', 'GET /plans'), outcome: 'failed', why: 'its plan has none' };
        yield { call: call('none, for what anybody may see', 'GET /apps'), outcome: 'denied', why: 'b' };
        yield { call: call('keys.read', 'GET /keys'), outcome: 'denied', why: 'c' };
      },
    });

    await doctor((_, response) => reply(response, 200, {}), scanner);

    assert.match(io.out(), /4 of 5 calls gave nothing/);
    assert.match(io.out(), /To grant: keys\.read\n/);
  });

  it('tells what else a call that worked showed', async () => {
    const scanner = harbour({
      async *probe() {
        const call = { host: 'h.example', operation: 'GET /me', right: 'me.read', tells: 'who asks' };
        yield { call, outcome: 'ok', why: 'the clock is off' };
      },
    });

    const { isWell } = await doctor((_, response) => reply(response, 200, {}), scanner);

    assert.equal(isWell, true);
    assert.match(io.out(), /ok {4}me\.read: who asks\n {6}the clock is off\n/);
  });

  it('tells what a scanner refuses before it asks', async () => {
    const scanner = harbour({
      // biome-ignore lint/correctness/useYield: it refuses before
      async *probe() {
        throw new TargetError('no credentials were found', { code: 'HARBOUR_LOGIN', hint: 'Set HARBOUR_TOKEN.' });
      },
    });

    const { isWell } = await doctor((_, response) => reply(response, 200, {}), scanner);

    assert.equal(isWell, false);
    assert.match(io.out(), /^FAIL {2}no credentials were found\n {6}Set HARBOUR_TOKEN\.$/m);
  });

  it('points to the README of a scanner that cannot try', async () => {
    const { probe: _, ...scanner } = harbour();

    await doctor((_asked, response) => reply(response, 200, {}), scanner);

    assert.match(io.out(), /scanners\/harbour\/README\.md/);
  });

  it('has nothing to try on this machine', async () => {
    assert.equal(await doctorCommand(io, ['.'], {}), 0);
    assert.match(io.out(), /^ok {4}\.: on this machine/);
  });
});
