import assert from 'node:assert/strict';
import { join } from 'node:path';
import { sessionsCommand, whoCommand } from '../../../src/commands/who.ts';
import { openStore } from '../../../src/store/index.ts';
import { type TestIo, testIo } from '../../helpers/io.ts';
import { tempDir } from '../../helpers/temp-repo.ts';
import { loadRun, RUN_START } from '../correlate/run-store.ts';
import { apiKey, by, CONNECTION, record, session, WHOLE_MARCH } from '../trace/who-facts.ts';

const ASKED = { target: 'pg-features-prod', store: 'audit.duckdb', format: 'text' } as const;

describe('commands who and sessions', () => {
  let root: string;
  let io: TestIo;

  before(async () => {
    root = tempDir();
    const store = await openStore({ mode: 'write', file: join(root, 'audit.duckdb') });
    try {
      const job = by('nightly', {
        job: 'gha-1-train',
        infoTypes: ['EMAIL_ADDRESS'],
        masked: true,
        endedAt: '2026-03-12T02:10:00Z',
      });
      const refused = session('s-2', '2026-03-13T02:00:00Z', {
        ...by('nightly', { approval: 'rejected', endedAt: undefined }),
        detail: { status: 'open', userId: 'uid-nightly' },
      });
      const facts = [session('s-1', '2026-03-12T02:00:00Z', job), refused, record('r-1', '2026-03-14T09:00:00Z'), ...WHOLE_MARCH];
      await loadRun(store, [CONNECTION, apiKey('nightly'), ...facts]);
      await store.saveResults({ findings: [], checks: [], controls: [] }, RUN_START);
    } finally {
      store.close();
    }
  });

  beforeEach(() => {
    io = testIo(root);
  });

  it('exit 4 where the answer is not whole, for who asks for that', async () => {
    const of = async (on: string, strictCoverage: boolean) => await whoCommand(io, { ...ASKED, on: [on], strictCoverage });

    assert.deepEqual([await of('2026-03-12', true), await of('2026-03-20', true)], [0, 0]);
    assert.deepEqual([await of('2026-04-12', true), await of('2026-03-14', true)], [4, 4]);
    assert.deepEqual([await of('2026-04-12', false), await of('2026-03-14', false)], [0, 0]);
  });

  it('refuse a second day', async () => {
    await assert.rejects(whoCommand(io, { ...ASKED, on: ['2026-03-12', '2026-03-14'] }), { code: 'USAGE', exit: 2 });
  });

  it('give programs all that people are told, and the verdict on standard error', async () => {
    await whoCommand(io, { ...ASKED, on: ['2026-03-12'], format: 'csv' });

    const [head = '', row = ''] = io.out().split('\r\n');
    const cells = new Map(head.split(',').map((name, index) => [name, row.split(',')[index]]));
    for (const [name, value] of Object.entries({
      until: '2026-03-12T02:10:00Z',
      infoTypes: 'EMAIL_ADDRESS',
      masking: 'masked',
      answerable: 'true',
      actorConfidence: 'high',
      passage: 'through',
      reasons: '',
      outcome: '',
      approvers: '',
    })) {
      assert.equal(cells.get(name), value, name);
    }
    assert.match(io.err(), /^Answered: 1 of 1 use/);
  });

  it('say of the whole list what is not in it, since it never ran', async () => {
    const { target: _, ...rest } = ASKED;
    const narrow = testIo(root);

    await sessionsCommand(io, { ...rest, format: 'csv' });
    await sessionsCommand(narrow, { ...ASKED, format: 'csv' });

    assert.equal(io.err(), 'Not listed: 1 request that never ran: 1 refused\n');
    assert.match(io.out(), /s-1/);
    assert.doesNotMatch(io.out(), /s-2/);
    assert.equal(narrow.err(), '');
  });

  it('refuse a target that nothing names, and propose one', async () => {
    const { target: _, ...rest } = ASKED;

    await assert.rejects(sessionsCommand(io, { ...rest, target: 'pg-feature-prod' }), {
      code: 'TARGET_UNKNOWN',
      exit: 2,
      hint: /Did you mean "pg-features-prod"/,
    });
  });

  it('list what went around the gateway beside what came through it', async () => {
    await sessionsCommand(io, { ...ASKED, format: 'json', since: '2026-03-10', until: '2026-03-15' });

    const uses = JSON.parse(io.out()) as readonly { readonly evidence: string; readonly passage: string }[];
    assert.deepEqual(
      uses.map(({ evidence, passage }) => [evidence, passage]),
      [
        ['s-1', 'through'],
        ['r-1', 'around'],
      ],
    );
  });

  it('answer account by account, and refuse what goes with single uses only', async () => {
    const { target: _, ...rest } = ASKED;
    await sessionsCommand(io, { ...rest, format: 'csv', byAccount: true });

    assert.match(io.out(), /role\/loader,around,1,0,1,0,0,/);
    assert.match(io.err(), /^No: 1 account used around it/);
    await assert.rejects(sessionsCommand(io, { ...ASKED, byAccount: true }), { code: 'USAGE', exit: 2 });
    await assert.rejects(sessionsCommand(io, { ...rest, strictCoverage: true }), { code: 'USAGE', exit: 2 });
  });
});
