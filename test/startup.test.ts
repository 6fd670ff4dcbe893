import assert from 'node:assert/strict';
import { BIN } from './helpers/cli.ts';
import { modulesLoadedBy } from './helpers/loaded.ts';
import { tempRepo } from './helpers/temp-repo.ts';

// What loads here is waited for at every commit: the schemas, the parsers of exports, the database and secretlint's rules
// would more than double it. Each is imported where it is used, when it is used.
describe('start', () => {
  it('loads the two packages that a clean check before a merge needs, and no other', () => {
    const repo = tempRepo();
    repo.write('README.md', 'Shop\n');
    repo.commit('Start');
    // One of each kind that a scanner looks into before it says that it is not its own.
    repo.write('src/shop.ts', 'export const port = 8080;\n');
    repo.write('package.json', '{ "name": "shop", "author": "ada@harbour.example" }\n');
    repo.write('compose.yml', 'services: { web: { image: shop } }\n');
    repo.write('prices.csv', 'item,price\nrope,12\n');
    repo.git('add', '-A');

    const { packages, own } = modulesLoadedBy(BIN, ['scan', '--staged'], repo.path);

    assert.deepEqual(packages, ['commander', 'ignore']);
    assert.deepEqual(
      own.filter((url) => /\/(?:store\/(?!fingerprint-key|path)|verify\/|trace\/|reporters\/(?!terminal)|schema\.)/.test(url)),
      [],
    );
  });

  it('loads one package for the help', () => {
    const { packages, own } = modulesLoadedBy(BIN, ['scan', '--help'], tempRepo().path);

    assert.deepEqual(packages, ['commander']);
    assert(own.length < 8, own.join('\n'));
  });
});
