import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CommitOrders, type DatedCommit } from '../../../src/files/commit-orders.ts';

const idOf = (name: string | number): string => createHash('sha1').update(String(name)).digest('hex');

function ofHeaders(commits: readonly DatedCommit[]): CommitOrders {
  const headers = commits.map(({ id, date, parents }) => Buffer.from(`${id} ${date} ${parents.join(' ')}\u0002Ada\u00022026`));
  let end = 0;
  const ends = Uint32Array.from(headers, ({ length }) => (end += length));
  return CommitOrders.ofHeaders(Buffer.concat([...headers, Buffer.from('what was there before')]), ends, commits.length);
}

describe('the age of commits', () => {
  it('is the date, but never before that of a parent', () => {
    const [a, b, c] = [idOf('a'), idOf('b'), idOf('c')];

    const orders = ofHeaders([
      { id: c, date: 50, parents: [b, a] },
      { id: b, date: 100, parents: [a] },
      { id: a, date: 10, parents: [] },
    ]);

    assert.deepEqual(
      [a, b, c].map((id) => orders.of(id)),
      [10, 100, 101],
    );
  });

  it('is nothing for a commit that is not there, such as a parent beyond the edge of a shallow clone', () => {
    const orders = ofHeaders([{ id: idOf('a'), date: -5, parents: [idOf('gone')] }]);

    assert.deepEqual([orders.of(idOf('a')), orders.of(idOf('gone')), orders.of('not an id')], [1, 0, 0]);
  });

  it('may lie before 1970', () => {
    assert.equal(ofHeaders([{ id: idOf('a'), date: -86400, parents: [] }]).of(idOf('a')), -86400);
  });

  it('is told of a long line of commits', () => {
    const count = 50_000;
    const line = Array.from({ length: count }, (_, n) => ({ id: idOf(n), date: 7, parents: n === 0 ? [] : [idOf(n - 1)] }));

    const orders = ofHeaders(line.toReversed());

    assert.equal(orders.of(idOf(count - 1)), 7 + count - 1);
  });

  it('is the same whether commits come as headers in any order, or one by one, parents first, and after it was kept', () => {
    const histories = fc.array(fc.tuple(fc.nat(1000), fc.array(fc.nat(40), { maxLength: 3 }), fc.nat()), { maxLength: 30 });
    fc.assert(
      fc.property(histories, (rows) => {
        const commits = rows.map(([date, parents], n): DatedCommit => {
          const before = parents.flatMap((parent) => (parent < n ? [idOf(parent)] : parent > 35 ? [idOf(parent)] : []));
          return { id: idOf(n), date, parents: [...new Set(before)] };
        });
        const shuffled = rows.map(([, , key], n) => ({ key, n })).sort((a, b) => a.key - b.key || a.n - b.n);

        const one = CommitOrders.NONE.with(commits);
        const other = ofHeaders(shuffled.map(({ n }) => commits[n] as DatedCommit));
        const kept = new CommitOrders(other.encode(), 20);

        for (const { id } of commits) assert.deepEqual([other.of(id), kept.of(id)], [one.of(id), one.of(id)]);
      }),
    );
  });

  it('goes on where another scan ended', () => {
    const kept = new CommitOrders(ofHeaders([{ id: idOf('a'), date: 100, parents: [] }]).encode(), 20);

    const grown = kept.with([{ id: idOf('b'), date: 1, parents: [idOf('a')] }]);

    assert.deepEqual([grown.of(idOf('a')), grown.of(idOf('b')), kept.of(idOf('b'))], [100, 101, 0]);
    assert.equal(new CommitOrders(grown.encode(), 20).of(idOf('b')), 101);
  });
});
