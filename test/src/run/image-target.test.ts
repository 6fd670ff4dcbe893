import assert from 'node:assert/strict';
import { join } from 'node:path';
import { cli } from '../../helpers/cli.ts';
import { imageArchive } from '../../helpers/images.ts';
import { tempDir, writeFile } from '../../helpers/scan-context.ts';

const TOKEN = ['xoxb', '8273645193', '7263548190273', 'aB3dE5fG7hJ9kL2mN4pQ6rS8'].join('-');

describe('a container image as target', () => {
  it('is read as an image where it is named, and as an archive where it only lies', async function () {
    this.timeout(30_000);
    const directory = tempDir();
    writeFile(
      directory,
      'images/shop.tar',
      imageArchive([{ name: 'harbour/shop:1.4', layers: [{ files: { 'app/key': `${TOKEN}\n` } }] }]),
    );

    const named = JSON.parse((await cli(['scan', directory, join(directory, 'images', 'shop.tar'), '-f', 'json'])).stdout);
    const lying = JSON.parse((await cli(['scan', directory, '-f', 'json'])).stdout);

    const rules = (report: { findings: { rule: string }[] }) => report.findings.map(({ rule }) => rule).sort();
    assert.deepEqual(rules(named), ['credential-in-infrastructure-code', 'credential-in-work-tree']);
    assert.deepEqual(rules(lying), ['credential-in-work-tree']);
    const surfaces = named.coverage.map(({ surface, outcome }: { surface: string; outcome: string }) => `${surface} ${outcome}`);
    assert.ok(surfaces.includes('image complete'), surfaces.join(', '));
  });
});
