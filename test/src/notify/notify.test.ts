import assert from 'node:assert/strict';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { notifyCommand } from '../../../src/commands/notify.ts';
import type { CoverageObservation, Finding, FindingStatus, Observation } from '../../../src/contracts/index.ts';
import { changesOf } from '../../../src/notify/changes.ts';
import { send, webhookOf } from '../../../src/notify/send.ts';
import { emailText, slackMessage, webhookBody } from '../../../src/notify/texts.ts';
import { openStore } from '../../../src/store/index.ts';
import { ConfigError } from '../../../src/util/errors.ts';
import { type TestIo, testIo } from '../../helpers/io.ts';
import { type Loopback, loopback, reply } from '../../helpers/loopback.ts';
import { emptyReport, HOSTILE_NAMES, hostileReport } from '../../helpers/report.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';
import { loadRun } from '../correlate/run-store.ts';

const DAYS = ['2026-05-31T00:00:00.000Z', '2026-06-01T00:00:00.000Z', '2026-06-02T00:00:00.000Z'] as const;

function found(name: string, status: FindingStatus, severity: Finding['severity'] = 'high'): Finding {
  return {
    fingerprint: name.padEnd(64, '0'),
    rule: 'owner-left',
    title: 'The owner has left',
    message: `The owner of ${name} has left.`,
    severity,
    confidence: 'high',
    persona: 'security',
    status,
    subject: name,
    identity: `aws:1:user/${name}`,
    controls: ['owasp-nhi-2025:NHI1:2025'],
    evidence: [],
    surfaces: [],
    firstSeen: DAYS[0],
    lastSeen: DAYS[1],
    fix: 'Name another owner.',
  };
}

function look(
  subject: string,
  outcome: CoverageObservation['outcome'],
  surface: CoverageObservation['surface'] = 'aws',
): Observation {
  return {
    kind: 'coverage',
    surface,
    subject,
    outcome,
    covers: ['identity'],
    ...(outcome === 'complete' ? {} : { why: 'AccessDenied' }),
  };
}

/** A store with one run for each list, a day apart. */
async function storeOf(
  file: string,
  runs: readonly { readonly findings: readonly Finding[]; readonly looks: readonly Observation[] }[],
): Promise<void> {
  const store = await openStore({ mode: 'write', file });
  try {
    for (const [index, { findings, looks }] of runs.entries()) {
      const startedAt = DAYS[index] ?? '';
      await loadRun(store, looks, { startedAt });
      await store.saveResults({ findings, checks: [], controls: [] }, startedAt);
    }
  } finally {
    store.close();
  }
}

describe('nhi-audit notify', () => {
  let root: string;
  let io: TestIo;
  let hook: Loopback;
  let answers: number[];
  const read = ['report', 'people'].map((subject) => look(subject, 'complete'));

  before(async () => {
    root = tempDir();
    await storeOf(join(root, 'changed.duckdb'), [
      {
        findings: [
          found('old', 'new'),
          found('mended', 'new'),
          found('hidden', 'new'),
          found('lapsed', 'excepted'),
          found('grown', 'new', 'low'),
        ],
        looks: [...read, look('shop', 'complete', 'github')],
      },
      {
        findings: [
          found('fresh', 'new', 'critical'),
          found('old', 'open'),
          found('mended', 'fixed'),
          found('hidden', 'not-observed'),
          found('lapsed', 'open'),
          found('grown', 'open', 'high'),
        ],
        looks: [look('report', 'complete'), look('people', 'denied')],
      },
    ]);
    await storeOf(join(root, 'same.duckdb'), [
      { findings: [found('old', 'new'), found('hidden', 'not-observed')], looks: read },
      { findings: [found('old', 'open'), found('hidden', 'not-observed')], looks: read },
    ]);
    await storeOf(join(root, 'first.duckdb'), [{ findings: [found('old', 'new')], looks: read }]);
  });

  beforeEach(async () => {
    answers = [];
    hook = await loopback((_, response) => reply(response, answers.shift() ?? 200, {}));
    io = testIo(root, { env: { HOOK: `${hook.url}/services/T0/B0/secret-of-the-hook`, EMPTY: '' } });
  });

  afterEach(async () => await hook.close());

  const notify = (options: object) => notifyCommand(io, { store: 'changed.duckdb', ...options }, { second: 2 });

  it('tells a program what is new, open again, graver, fixed, not observed, and where coverage was lost', async () => {
    const code = await notify({ webhookEnv: 'HOOK' });

    const body = JSON.parse(hook.asked[0]?.body ?? '');
    const names = (rows: readonly { readonly subject: string }[]): readonly string[] => rows.map(({ subject }) => subject);
    assert.equal(code, 0);
    assert.equal(body.event, 'nhi-audit.changes');
    assert.deepEqual(
      [names(body.new), names(body.reopened), names(body.raised), names(body.fixed), names(body.notObserved)],
      [['fresh'], ['lapsed'], ['grown'], ['mended'], ['hidden']],
    );
    assert.deepEqual(body.coverageLost, [
      { what: 'GitHub organisation', why: 'it was looked at before, and not this time' },
      { what: 'AWS IAM: people', why: 'denied: AccessDenied' },
    ]);
    assert.deepEqual(body.counts, { new: 1, reopened: 1, raised: 1, fixed: 1, notObserved: 1, coverageLost: 2, open: 4 });
    assert.equal(
      body.summary,
      '1 new (1 critical), 1 open again, 1 graver than before, 1 fixed, 1 not observed, coverage lost in 2 places',
    );
    assert.equal(body.before.startedAt, DAYS[0]);
  });

  it('tells Slack in blocks, says the host, and never the address', async () => {
    await notify({ slackWebhookEnv: 'HOOK' });

    const { text, blocks } = JSON.parse(hook.asked[0]?.body ?? '');
    assert.match(text, /^nhi-audit: 1 new \(1 critical\)/);
    assert.equal(blocks[0].type, 'header');
    assert.match(
      JSON.stringify(blocks),
      /\*New \(1\)\*\\n• \*critical\* The owner of fresh has left\.\\n {3}Fix: Name another owner\./,
    );
    assert.match(io.err(), new RegExp(`Contacts 127\\.0\\.0\\.1:${hook.port}\\.`));
    assert.equal(io.err().includes('secret-of-the-hook'), false);
    assert.equal(io.out(), '');
  });

  it('prints an e-mail and contacts nobody', async () => {
    await notify({ emailText: true });

    assert.match(
      io.out(),
      /^Subject: nhi-audit: 1 new \(1 critical\), .*\nContent-Type: text\/plain; charset=utf-8\n\nNew \(1\)\n/,
    );
    assert.match(io.out(), /\[critical\] aws:1:user\/fresh|\[critical\] fresh/);
    assert.match(io.out(), /Coverage lost[^\n]*\(2\)\n\n {2}GitHub organisation: it was looked at before/);
    assert.equal(hook.asked.length, 0);
  });

  it('sends nothing where nothing changed, unless it is asked to', async () => {
    await notify({ store: 'same.duckdb', slackWebhookEnv: 'HOOK' });
    const silent = hook.asked.length;
    await notify({ store: 'same.duckdb', slackWebhookEnv: 'HOOK', always: true });

    assert.equal(silent, 0);
    assert.match(io.err(), /Nothing changed since the run before: nobody was told/);
    assert.match(hook.asked[0]?.body ?? '', /nothing changed/);
  });

  it('calls nothing new in a first run', async () => {
    await notify({ store: 'first.duckdb', webhookEnv: 'HOOK', emailText: true });

    assert.equal(JSON.parse(hook.asked[0]?.body ?? '').summary, 'first run: 1 high open');
    assert.match(io.out(), /\nOpen \(1\)\n/);
  });

  it('takes the address from a file', async () => {
    writeFile(root, 'hook.txt', `${hook.url}/from-file\n`);

    await notify({ webhookFile: 'hook.txt' });

    assert.equal(hook.asked[0]?.url, '/from-file');
  });

  it('tries again what the far end cannot do just now', async () => {
    answers = [503, 429, 500];

    await notify({ webhookEnv: 'HOOK' });

    assert.equal(hook.asked.length, 4);
    assert.match(io.err(), /Webhook: told/);
  });

  it('gives up in the end, and tells the other all the same', async () => {
    answers = [500, 500, 500, 500, 200];

    await assert.rejects(notify({ slackWebhookEnv: 'HOOK', webhookEnv: 'HOOK' }), {
      code: 'WEBHOOK_FAILED',
      exit: 5,
      message: /took no message in 4 tries: HTTP 500/,
    });

    assert.equal(hook.asked.length, 5);
    assert.match(io.err(), /Webhook: told/);
  });

  for (const [status, hint] of [
    [404, /taken away/],
    [400, /this kind of message/],
    [302, /sends on to another address/],
  ] as const) {
    it(`says that ${status} is a refusal, and does not insist`, async () => {
      answers = [status];

      await assert.rejects(notify({ webhookEnv: 'HOOK' }), (error: Error & { hint?: string; exit?: number }) => {
        assert.match(error.message, new RegExp(`Webhook at 127\\.0\\.0\\.1:\\d+ refuses the message: HTTP ${status}`));
        assert.match(error.hint ?? '', hint);
        assert.equal(`${error.message}${error.hint}`.includes('secret-of-the-hook'), false);
        return error.exit === 2;
      });
      assert.equal(hook.asked.length, 1);
    });
  }

  it('does not follow to another host with what it has to tell', async () => {
    await using elsewhere = await loopback((_, response) => reply(response, 200, {}));
    await using sender = await loopback((_, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/taken` }).end();
    });
    io = testIo(root, { env: { HOOK: `${sender.url}/secret-of-the-hook` } });

    await assert.rejects(notify({ webhookEnv: 'HOOK' }), /refuses the message: HTTP 307/);

    assert.deepEqual([sender.asked.length, elsewhere.asked.length], [1, 0]);
  });

  it('waits as long as it is asked to', async () => {
    await using busy = await loopback((_, response, before) =>
      before.length === 0 ? reply(response, 429, {}, { 'retry-after': '60' }) : reply(response, 200, {}),
    );
    io = testIo(root, { env: { HOOK: `${busy.url}/secret-of-the-hook` } });

    await notify({ webhookEnv: 'HOOK' });

    // A second of this test is two milliseconds.
    const [first, second] = busy.asked.map(({ at }) => at);
    assert.ok((second ?? 0) - (first ?? 0) >= 115);
  });

  it('gives up where nobody answers, and says so', async () => {
    await using silent = await loopback(() => undefined);
    const webhook = webhookOf('Webhook', { variable: 'HOOK' }, { HOOK: `${silent.url}/secret-of-the-hook` });
    assert(webhook !== undefined);

    await assert.rejects(send(webhook, {}, { signal: io.signal, second: 1, timeout: 50 }), (error: Error) => {
      assert.match(error.message, /took no message in 4 tries: no answer within 0\.05 s$/);
      return !error.message.includes('secret-of-the-hook');
    });
  });

  it('refuses an address on the command line without repeating it, an empty one and plain http', async () => {
    io = testIo(root, { env: { EMPTY: '', PLAIN: 'http://hooks.example/secret-of-the-hook' } });

    await assert.rejects(notify({ webhookEnv: 'https://hooks.example/secret-of-the-hook' }), (error: Error) => {
      return /is not named by an environment variable/.test(error.message) && !error.message.includes('secret');
    });
    await assert.rejects(notify({ webhookEnv: 'EMPTY' }), /EMPTY is empty/);
    await assert.rejects(notify({ webhookEnv: 'PLAIN' }), /PLAIN holds no https address/);
    await assert.rejects(notify({}), /There is nobody to notify/);
  });

  for (const [what, name, given] of [
    ['with a user and a password', 'HOOK', 'https://user:secret-of-the-hook@hooks.example/services/x'],
    ['with a password alone', 'HOOK', 'https://:secret-of-the-hook@hooks.example/services/x'],
    ['as the name of a file', undefined, 'https://hooks.example/services/secret-of-the-hook'],
    ['as the name of a file, without its beginning', undefined, 'hooks.example/services/secret-of-the-hook'],
  ] as const) {
    it(`prints nothing of an address ${what}`, async () => {
      io = testIo(root, { env: { HOOK: given } });

      const error = await notify(name === undefined ? { slackWebhookFile: given } : { webhookEnv: name }).catch(
        (e: unknown) => e,
      );

      assert(error instanceof ConfigError);
      const told = inspect(error, { depth: 5 }) + error.hint + io.err();
      assert.match(told, name === undefined ? /cannot be read \(ENOENT\)/ : /a user or a password/);
      assert.doesNotMatch(told, /secret-of-the-hook/);
    });
  }

  it('prints nothing of an address that fetch will not ask, whatever fetch says', async () => {
    // Browsers' list of ports that are never asked: fetch says so with a message of its own.
    const webhook = webhookOf('Webhook', { variable: 'HOOK' }, { HOOK: 'https://127.0.0.1:6667/secret-of-the-hook' });
    assert(webhook !== undefined);

    const error = await send(webhook, {}, { signal: io.signal, second: 1 }).catch((e: unknown) => e);

    assert.match(String(error), /took no message in 4 tries/);
    assert.doesNotMatch(inspect(error, { depth: 5 }), /secret-of-the-hook/);
  });

  it('reads a store that was copied while nobody had it open', async () => {
    copyFileSync(join(root, 'changed.duckdb'), join(root, 'backup.duckdb'));

    await notify({ store: 'backup.duckdb', emailText: true });

    assert.equal(existsSync(join(root, 'changed.duckdb.wal')), false, 'all of it is in the one file');
    assert.match(io.out(), /1 fixed/);
  });
});

describe('texts of notify', () => {
  const hostile = hostileReport();
  const changes = changesOf(
    {
      ...emptyReport(),
      findings: hostile.findings.map((finding) => ({ ...finding, status: 'new' as const })),
      coverage: hostile.coverage,
    },
    { run: 'r', startedAt: DAYS[0], statuses: new Map(), coverage: [] },
  );

  it('keep to what Slack takes, and make no mention, link or markup of names', () => {
    const { blocks } = slackMessage(changes) as {
      readonly blocks: readonly {
        readonly text?: { readonly text: string; readonly type: string; readonly verbatim?: boolean };
      }[];
    };

    assert.ok(blocks.length <= 50);
    for (const { text } of blocks) {
      if (text === undefined) continue;
      assert.ok(text.text.length <= (text.type === 'mrkdwn' ? 3000 : 150), `${text.text.length}`);
      assert.doesNotMatch(text.text, /[<>]/);
      assert.doesNotMatch(text.text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}]/u);
      if (text.type === 'mrkdwn') assert.equal(text.verbatim, true);
    }
  });

  it('put no name into the head of an e-mail, and no line of a stranger into its body', () => {
    const text = emailText(changes);

    assert.match(text, /^Subject: nhi-audit: \d+ new \([\w ,]+\), coverage lost in \d+ places\nContent-Type: [^\n]+\n\n/);
    assert.doesNotMatch(text, /^# heading|^\| forged/m);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}]/u);
    assert.ok(text.includes(`and ${HOSTILE_NAMES.length - 10} more`));
  });

  it('give programs all that was cut for people', () => {
    const body = webhookBody(changes) as { readonly new: readonly unknown[] };

    assert.equal(body.new.length, hostile.findings.length);
  });
});
