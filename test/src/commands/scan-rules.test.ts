import assert from 'node:assert/strict';
import { join } from 'node:path';
import { expandExample } from '../../../src/detect/examples.ts';
import { cli } from '../../helpers/cli.ts';
import { tempDir, tempRepo, writeFile } from '../../helpers/temp-repo.ts';

const RULES = `
[[allowlists]]
paths = ['''^vendor/''']
[[rules]]
id = "acme-token"
description = "Acme"
regex = '''acme_([a-z0-9]{20})'''
keywords = ["acme_"]
[[rules]]
id = "harbour-env"
regex = '''harb_([a-z0-9]{20})'''
path = '''\\.env$'''
keywords = ["harb_"]
[[rules]]
id = "look"
regex = '''a(?=b)'''
`;

describe('scan --rules', () => {
  const made = (name: string, prefix: string): string => expandExample(`${prefix}{{lower:20}}\n`, name).text;

  it('finds by an imported pack in files, in history and in what is staged, where the pack allows it', async () => {
    const repo = tempRepo();
    const rules = tempDir();
    writeFile(rules, 'pack.toml', RULES);
    repo.write('now.txt', made('now', 'acme_'));
    repo.write('past.txt', made('past', 'acme_'));
    repo.write('vendor/past.txt', made('vendor', 'acme_'));
    repo.write('old.env', made('env', 'harb_'));
    repo.write('old.txt', made('text', 'harb_'));
    repo.commit('all of it');
    for (const path of ['past.txt', 'vendor', 'old.env', 'old.txt']) repo.remove(path);
    repo.commit('gone');
    const scan = async (...more: string[]): Promise<readonly string[]> => {
      const args = [
        'scan',
        repo.path,
        '--rules',
        join(rules, 'pack.toml'),
        '-f',
        'json',
        '--persona',
        'auditor',
        '--no-exit-code',
        ...more,
      ];
      const { stdout, stderr } = await cli(args, { cwd: rules });
      assert.match(stderr, /the rule look is left out: regex: RE2 has no look-around/);
      const report = JSON.parse(stdout) as {
        findings: { evidence: { summary: string; place?: { path?: string } }[] }[];
      };
      const seen = report.findings.flatMap(({ evidence }) =>
        evidence.flatMap(({ summary, place }) => (/\((acme-token|harbour-env)\)/.test(summary) ? [place?.path ?? ''] : [])),
      );
      return [...new Set(seen)].sort();
    };

    assert.deepEqual(await scan(), ['now.txt', 'old.env', 'past.txt']);
    repo.write('fresh.env', made('fresh', 'harb_'));
    repo.git('add', 'fresh.env');
    assert.deepEqual(await scan('--staged'), ['fresh.env']);
  });
});
