import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildEstate, type Estate } from '../../samples/build.ts';
import { readExpected } from '../../samples/expected.ts';
import { lookUp } from '../../samples/secrets.ts';
import { expand } from '../../samples/template.ts';
import { packageRoot } from '../../src/util/package-root.ts';
import { tempDir } from '../helpers/temp-repo.ts';

const SAMPLES = join(packageRoot(), 'samples');

function git(repository: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();
}

/** Every file below a directory, as text. */
function textsOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

describe('sample estate', () => {
  let estate: Estate;
  before(async () => {
    estate = await buildEstate(tempDir());
  });

  it('is the same each time, to the commit', async () => {
    const again = await buildEstate(tempDir());

    const heads = (one: Estate) => Object.values(one.repositories).map((path) => git(path, 'rev-parse', 'HEAD'));
    assert.deepEqual(heads(again), heads(estate));
    assert.deepEqual(again.planted, estate.planted);
    assert.deepEqual(textsOf(again.exports), textsOf(estate.exports));
  });

  it('is built in less than a second or two', async () => {
    const started = performance.now();
    await buildEstate(tempDir());

    assert.ok(performance.now() - started < 2000);
  });

  it('has clean, whole repositories with a remote', () => {
    for (const [name, path] of Object.entries(estate.repositories)) {
      assert.equal(git(path, 'status', '--porcelain'), '', name);
      assert.equal(git(path, 'fsck', '--strict', '--no-dangling'), '', name);
      assert.equal(git(path, 'remote', 'get-url', 'origin'), `https://github.com/harbour-coffee/${name}.git`);
    }
    assert.deepEqual(Object.keys(estate.repositories), ['churn-model', 'data-pipelines', 'platform-infra', 'shop-web']);
  });

  it('plants the key of ml-batch in a notebook, a workflow, an old commit and the gateway', () => {
    const planted = estate.planted.find((secret) => secret.name === 'aws.ml-batch.secret');

    assert.deepEqual(planted?.where, [
      'churn-model@2:.github/workflows/train.yml',
      'churn-model@3:notebooks/churn.ipynb',
      'exports/hoop/connection-aws-prod.json',
      'shop-web@5:scripts/sync-models.sh',
    ]);
    assert.equal(existsSync(join(estate.repositories['shop-web'] ?? '', 'scripts/sync-models.sh')), false);
    assert.ok(git(estate.repositories['shop-web'] ?? '', 'log', '-p', '--all').includes(planted?.value ?? '?'));
  });

  it('leaves no placeholder, and no broken JSON', () => {
    for (const text of [...textsOf(estate.exports), ...Object.values(estate.repositories).flatMap(worktree)]) {
      assert.doesNotMatch(text, /\{\{[a-z0-9]+[.:]/);
    }
    for (const file of readdirSync(estate.exports, { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('.json')) JSON.parse(readFileSync(join(estate.exports, file), 'utf8'));
    }
  });

  function worktree(path: string): string[] {
    return git(path, 'ls-files')
      .split('\n')
      .map((file) => readFileSync(join(path, file), 'utf8'));
  }

  it('keeps every secret out of this repository', () => {
    const ours = textsOf(SAMPLES).join('\n');

    assert.ok(estate.planted.length >= 10);
    for (const { name, value, encoded } of estate.planted) {
      for (const text of [value, ...encoded]) assert.ok(!ours.includes(text), name);
    }
  });

  it('says where the last use of the key lies outside every session of its connection', () => {
    const { data } = JSON.parse(readFileSync(join(estate.exports, 'hoop/sessions.json'), 'utf8'));
    const used = Date.parse('2026-11-17T03:12:00Z');
    const sessions = data.filter((row: { connection: string }) => row.connection === 'aws-prod');

    assert.ok(sessions.length > 15);
    for (const { start_date, end_date } of sessions) {
      assert.ok(Date.parse(end_date) < used - 3_600_000 || Date.parse(start_date) > used + 3_600_000);
      // A later session would have moved the last use.
      assert.ok(Date.parse(start_date) < used);
    }
  });

  it('gives every session that stands alone in the list too', () => {
    const listed = new Set(
      ['sessions.json', 'sessions-2026-03-12.json'].flatMap((file) =>
        JSON.parse(readFileSync(join(estate.exports, 'hoop', file), 'utf8')).data.map((row: { id: string }) => row.id),
      ),
    );
    const singles = readdirSync(join(estate.exports, 'hoop')).filter((file) => file.startsWith('session-'));

    assert.ok(singles.length >= 8);
    for (const file of singles) assert.ok(listed.has(file.slice('session-'.length, -'.json'.length)), file);
  });

  it('lists what is expected under places and ids that exist', async () => {
    const { hits, silent } = await readExpected();
    const exported = [...textsOf(estate.exports), ...Object.values(estate.repositories).flatMap(declared)].join('\n');

    assert.ok(hits.length >= 30);
    assert.ok(silent.length >= 20);
    const entries = new Set(hits.flatMap((hit) => hit.nhi));
    assert.equal(entries.size, 10);
    for (const item of [...hits, ...silent]) {
      if (item.where !== undefined) assert.ok(placeExists(...item.where), `${item.what}: ${item.where}`);
      const local = item.identity?.replace(/^[a-z]+:[^:]+:[a-zA-Z-]+\//, '');
      if (local !== undefined && !local.endsWith('static-admin-key')) assert.ok(exported.includes(local), item.identity);
      const publicId = item.credential?.split('/')[1];
      if (publicId !== undefined) assert.ok(exported.includes(publicId), item.credential);
      if (item.session !== undefined) assert.ok(exported.includes(item.session), item.session);
    }
  });

  /** Accounts that only code knows. */
  function declared(repository: string): string[] {
    return git(repository, 'ls-tree', '-r', '--name-only', 'HEAD')
      .split('\n')
      .filter((path) => path.endsWith('.tf'))
      .map((path) => git(repository, 'show', `HEAD:${path}`));
  }

  function placeExists(root: string, path: string): boolean {
    if (root === 'exports') return existsSync(join(estate.exports, path));
    const repository = estate.repositories[root];
    return repository !== undefined && git(repository, 'log', '--all', '--format=%h', '--', path) !== '';
  }
});

describe('sample secrets', () => {
  it('have the account inside their id, as AWS makes them', () => {
    const id = lookUp('aws.ml-batch.id')?.text ?? '';

    let bits = 0n;
    for (const character of id.slice(4, 14)) bits = (bits << 5n) | BigInt('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character));
    assert.match(id, /^AKIA[A-Z2-7]{16}$/);
    assert.equal((((bits >> 2n) & 0x7fffffffff80n) >> 7n).toString(), '219484930172');
  });

  it('differ by name, and are the same each time', () => {
    for (const shape of [
      'aws.NAME.secret',
      'hoop.NAME.key',
      'github.NAME.token',
      'gcp.NAME.private-key',
      'postgres.NAME.password',
    ]) {
      const value = (name: string) => lookUp(shape.replace('NAME', name))?.text;

      assert.equal(value('a'), value('a'));
      assert.notEqual(value('a'), value('b'));
    }
  });

  it('are refused when nothing is known of their shape', () => {
    assert.throws(
      () => expand('x {{aws.ml-batch.colour}}', 'a.txt'),
      /a\.txt: nothing is known of \{\{aws\.ml-batch\.colour\}\}/,
    );
    assert.throws(() => expand('{{rot13:aws.ml-batch.id}}', 'a.txt'), /there is no form called rot13/);
    assert.equal(lookUp('constructor'), undefined);
    assert.equal(lookUp('__proto__'), undefined);
  });

  it('leave the expressions of GitHub alone', () => {
    const text = ['key: $', '{{ secrets.KEY }}'].join('');

    assert.equal(expand(text, 'a.yml').text, text);
  });
});
