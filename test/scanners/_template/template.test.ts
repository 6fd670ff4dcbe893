import assert from 'node:assert/strict';
import fc from 'fast-check';
import { template } from '../../../scanners/_template/index.ts';
import type { SourceFile } from '../../../src/contracts/index.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';

const PATH = 'tills/harbour-keys.json';

async function scan(text: string) {
  const bytes = Buffer.from(text);
  const file: SourceFile = { path: PATH, bytes, text: () => text, at: { repository: 'harbour/shop' }, place: 'work-tree' };
  return collect(template.scan(file, testContext()));
}

describe('template scanner', () => {
  it('recognises its file by name and head', () => {
    const head = (path: string, text: string) => template.recognises({ path, size: text.length, head: () => text });

    assert.equal(head(PATH, '{"keys": []}'), true);
    assert.equal(head(PATH, '{}'), false);
    assert.equal(head('other.json', '{"keys": []}'), false);
  });

  it('yields what is there', async () => {
    const [identity, coverage] = await scan('{"keys": [{"name": "till-7", "owner": " Ada@harbour.example "}]}');

    assert.equal(identity?.kind === 'identity' && identity.id, 'harbour:harbour/shop:key/till-7');
    assert.equal(identity?.kind === 'identity' && identity.owner, 'ada@harbour.example');
    assert.equal(coverage?.kind === 'coverage' && coverage.outcome, 'complete');
  });

  it('keeps good entries and names bad ones', async () => {
    const observations = await scan('{"keys": [{"name": ""}, {"name": "till-7", "owner": null}, 3]}');

    assert.equal(kinds(observations, 'identity').length, 1);
    const [coverage] = kinds(observations, 'coverage');
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /^keys\[0\]: .*; keys\[2\]: /);
    assert.deepEqual([coverage?.seen, coverage?.read, coverage?.failed], [3, 1, 2]);
  });

  for (const text of ['', '{', '[]', '{"keys": 1}']) {
    it(`says that ${JSON.stringify(text)} cannot be read`, async () => {
      assert.equal(kinds(await scan(text), 'coverage')[0]?.outcome, 'partial');
    });
  }

  it('never throws, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        assert.equal(kinds(await scan(text), 'coverage').length, 1);
      }),
    );
  });
});
