import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseTarget } from '../../../src/config/target.ts';
import { tellApart } from '../../../src/run/tell-apart.ts';
import { tempDir, tempRepo } from '../../helpers/temp-repo.ts';

describe('targets of one run', () => {
  let root: string;

  beforeEach(() => {
    root = tempDir();
  });

  function labels(...names: readonly string[]): readonly (string | undefined)[] {
    for (const name of names) mkdirSync(join(root, name), { recursive: true });
    return tellApart(names.map((name) => parseTarget(name, root, []))).map((target) =>
      target.kind === 'path' ? target.label : undefined,
    );
  }

  it('have no label where there is one alone', () => {
    assert.deepEqual(labels('shop'), [undefined]);
  });

  it('are called by their names, where these differ', () => {
    assert.deepEqual(labels('a/shop', 'b/press'), ['shop', 'press']);
  });

  it('are called by as much of their paths as tells those of one name apart', () => {
    assert.deepEqual(labels('a/x/shop', 'b/x/shop', 'c/shop', 'press'), ['a/x/shop', 'b/x/shop', 'c/shop', 'press']);
  });

  it('tell a repository by its own name, whichever of its directories was named', () => {
    for (const name of ['a/shop', 'b/shop']) {
      mkdirSync(join(root, name), { recursive: true });
      tempRepo([], join(root, name));
    }

    assert.deepEqual(labels('a/shop/src', 'a/shop/docs', 'b/shop'), ['a/shop', 'a/shop', 'b/shop']);
  });
});
