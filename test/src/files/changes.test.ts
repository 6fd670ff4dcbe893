import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isAdded, listChanges } from '../../../src/files/changes.ts';
import { findRepository, type GitRepository } from '../../../src/files/git.ts';
import { tempRepo } from '../../helpers/temp-repo.ts';

describe('listChanges', () => {
  it('gives lines that, taken away, leave nothing that was not there before', async () => {
    const repo = tempRepo();
    const found = findRepository(repo.path) as GitRepository;
    const line = fc.constantFrom('a', 'b', 'c', '', '@@ -1 +1 @@', '+d', '-e', 'index 1..2');
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.array(line, { maxLength: 12 }), async (before, after) => {
        fc.pre(before.length > 0 && after.length > 0);
        repo.write('x.txt', `${before.join('\n')}\n`);
        repo.commit('Before');
        repo.write('x.txt', `${after.join('\n')}\n`);
        repo.commit('After');

        const changes = await listChanges(found, ['diff-tree', 'HEAD~1', 'HEAD']);

        if (before.join('\n') === after.join('\n')) {
          assert.deepEqual(changes, []);
          return;
        }
        const [change] = changes;
        assert.ok(change !== undefined && change.added !== 'all');
        const kept = after.filter((_, index) => !isAdded(change, index + 1, index + 1));
        assert.ok(isSubsequence(kept, before), JSON.stringify({ before, after, kept }));
        const added = after.length - kept.length;
        assert.equal(
          added,
          change.added.reduce((sum, { first, last }) => sum + last - first + 1, 0),
        );
      }),
      { numRuns: 15 },
    );
  });

  it('keeps the beginning of a changed line only, however long', async () => {
    const repo = tempRepo();
    repo.write('x.txt', 'short\n');
    repo.commit('Before');
    repo.write('x.txt', `${'long '.repeat(2_000_000)}\nend\n`);
    repo.commit('After');

    const [change] = await listChanges(findRepository(repo.path) as GitRepository, ['diff-tree', 'HEAD~1', 'HEAD']);

    assert.deepEqual(change?.added, [{ first: 1, last: 2 }]);
  });
});

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const item of whole) if (item === part[at]) at += 1;
  return at === part.length;
}
