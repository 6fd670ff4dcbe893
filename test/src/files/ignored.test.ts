import assert from 'node:assert/strict';
import type { SourceFile } from '../../../src/contracts/index.ts';
import { isIgnoredByGit } from '../../../src/files/ignored.ts';
import { sourceFile } from '../../../src/files/source-file.ts';
import { surroundings } from '../../../src/files/surroundings.ts';

describe('what Git ignores', () => {
  for (const [path, ignored] of [
    ['.env', true],
    ['app/.env', true],
    ['app/.env.agent', false],
    ['app/secrets/x', true],
    ['other/secrets.json', false],
  ] as const) {
    it(`${ignored ? 'leaves out' : 'keeps'} ${path}`, async () => {
      const around = tree({ '.gitignore': '.env*\n', 'app/.gitignore': '!.env.agent\nsecrets/\n' });

      assert.equal(await isIgnoredByGit(path, around), ignored);
    });
  }

  it('says nothing where nobody says what to ignore', async () => {
    assert.equal(await isIgnoredByGit('.env', tree({ 'other/.gitignore': '.env\n' })), undefined);
  });
});

function tree(files: { readonly [path: string]: string }) {
  const all = new Map<string, SourceFile>(
    Object.entries(files).map(([path, text]) => [path, sourceFile(path, Buffer.from(text), { path }, 'work-tree')]),
  );
  return surroundings(
    () => all.keys(),
    (path) => all.get(path),
  );
}
