import assert from 'node:assert/strict';
import { people } from '../../../scanners/people/index.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { sourceFile } from '../../../src/files/source-file.ts';
import { collect, testContext } from '../../helpers/scan-context.ts';
import { Fact } from '../../rules/checks/facts.ts';
import { withRun } from '../correlate/run-store.ts';

const REPOSITORY = 'harbour/infra';
const ROLE = 'aws:1:role/deploy';

/** As the scanner of people reads it: the two ends are tested together. */
async function codeowners(text: string, path = 'CODEOWNERS', repository = REPOSITORY): Promise<Observation[]> {
  const file = sourceFile(path, Buffer.from(text), { repository, path }, 'work-tree');
  return await collect(people.scan(file, testContext()));
}

function declared(path: string, more: object = {}): Observation {
  return Fact.parse({
    kind: 'identity',
    id: ROLE,
    detail: { platform: 'terraform' },
    at: { repository: REPOSITORY, path },
    ...more,
  });
}

function told(owner: string, ownerBasis: string, path = 'exports/iam.json'): Observation {
  return Fact.parse({ kind: 'identity', id: ROLE, owner, ownerBasis, at: { path } });
}

function person(email: string, more: object = {}): Observation {
  return Fact.parse({ kind: 'person', email, ...more });
}

async function ownerOf(...observations: readonly Observation[]): Promise<readonly unknown[]> {
  return await withRun(observations, async (store) => {
    const [row] = await store.rows(`SELECT owner, ownership, strength FROM identity_owners WHERE identity_id = '${ROLE}'`);
    return [row?.owner, row?.ownership, row?.strength];
  });
}

describe('owners of identities', () => {
  for (const { pattern, path, isOwned } of [
    { pattern: '*', path: 'terraform/iam.tf', isOwned: true },
    { pattern: '*.tf', path: 'terraform/modules/deploy/iam.tf', isOwned: true },
    { pattern: '*.tf', path: 'iam.tfvars', isOwned: false },
    { pattern: '/terraform/', path: 'terraform/modules/deploy/iam.tf', isOwned: true },
    { pattern: '/terraform/', path: 'old/terraform/iam.tf', isOwned: false },
    { pattern: 'terraform/', path: 'old/terraform/iam.tf', isOwned: true },
    { pattern: 'terraform', path: 'old/terraform/iam.tf', isOwned: true },
    { pattern: '/terraform', path: 'terraform/iam.tf', isOwned: true },
    { pattern: 'terraform/*', path: 'terraform/iam.tf', isOwned: true },
    { pattern: 'terraform/*', path: 'terraform/modules/iam.tf', isOwned: false },
    { pattern: 'terraform/**', path: 'terraform/modules/iam.tf', isOwned: true },
    { pattern: '**/modules', path: 'a/b/modules/iam.tf', isOwned: true },
    { pattern: '/a/**/iam.tf', path: 'a/iam.tf', isOwned: true },
    { pattern: '/a/**/iam.tf', path: 'a/b/c/iam.tf', isOwned: true },
    { pattern: 'i?m.tf', path: 'iam.tf', isOwned: true },
    { pattern: 'iam.tf', path: 'iamxtf', isOwned: false },
    { pattern: '/*', path: 'terraform/iam.tf', isOwned: false },
    { pattern: '/a(b)+[c]{1}|$^/', path: 'a(b)+[c]{1}|$^/iam.tf', isOwned: true },
  ]) {
    it(`by CODEOWNERS: ${pattern} ${isOwned ? 'names' : 'does not name'} who owns ${path}`, async () => {
      const [owner] = await ownerOf(declared(path), ...(await codeowners(`${pattern} @harbour/platform\n`)));

      assert.equal(owner, isOwned ? '@harbour/platform' : null);
    });
  }

  it('go by the last rule that matches, with all that it names', async () => {
    const rules = '* @harbour/platform\n/terraform/ @ada @bo\n*.md @cy\n';

    assert.deepEqual(await ownerOf(declared('terraform/iam.tf'), ...(await codeowners(rules))), [
      '@ada, @bo',
      'owned',
      'codeowners',
    ]);
  });

  it('are nobody where the last rule names nobody', async () => {
    const rules = '* @harbour/platform\n/generated/\n';

    assert.deepEqual(await ownerOf(declared('generated/iam.tf'), ...(await codeowners(rules))), [null, 'unowned', null]);
  });

  it('go by the file that the code host takes', async () => {
    const given = [
      ...(await codeowners('* @docs\n', 'docs/CODEOWNERS')),
      ...(await codeowners('* @dotgithub\n', '.github/CODEOWNERS')),
      ...(await codeowners('* @top\n\n\n* @top\n')),
    ];

    assert.equal((await ownerOf(declared('iam.tf'), ...given))[0], '@dotgithub');
  });

  it('go by the nearest file, in a directory of several projects', async () => {
    const given = [...(await codeowners('* @far\n')), ...(await codeowners('/infra/ @near\n', 'shop/CODEOWNERS'))];

    assert.equal((await ownerOf(declared('shop/infra/iam.tf'), ...given))[0], '@near');
    assert.equal((await ownerOf(declared('shop/other/iam.tf'), ...given))[0], '@far');
  });

  it('are not those of another repository, nor those of an export that lies in one', async () => {
    const other = await codeowners('* @other\n', 'CODEOWNERS', 'harbour/other');
    const exported = declared('exports/iam.json', { detail: {} });

    assert.deepEqual(await ownerOf(declared('iam.tf'), ...other), [null, 'unowned', null]);
    assert.deepEqual(await ownerOf(exported, ...(await codeowners('* @platform\n'))), [null, 'unowned', null]);
  });

  it('are those of the code where the inventory names nobody', async () => {
    const given = [
      declared('iam.tf', { id: 'aws:-:role/deploy' }),
      Fact.parse({ kind: 'identity', id: ROLE, at: { path: 'iam.json' } }),
    ];

    assert.deepEqual(await ownerOf(...given, ...(await codeowners('* @platform\n'))), ['@platform', 'owned', 'codeowners']);
  });

  it('are declared before CODEOWNERS, and these before who made it', async () => {
    const rules = await codeowners('* @platform\n');
    const tag = told('ada@x.example', 'tag:owner');
    const maker = told('bo@x.example', 'creator', 'trail.json');

    assert.deepEqual(await ownerOf(declared('iam.tf'), ...rules, tag, maker), ['ada@x.example', 'owned', 'declared']);
    assert.deepEqual(await ownerOf(declared('iam.tf'), ...rules, maker), ['@platform', 'owned', 'codeowners']);
    assert.deepEqual(await ownerOf(maker), ['bo@x.example', 'owned', 'weak']);
  });

  it('have left when all of a rule have', async () => {
    const rules = await codeowners('* @ada @bo\n');
    const ada = person('ada@x.example', { handle: 'ada', leftAt: '2026-01-01T00:00:00Z' });
    const bo = person('bo@x.example', { handle: 'bo', leftAt: '2026-02-01T00:00:00Z' });

    assert.equal((await ownerOf(declared('iam.tf'), ...rules, ada))[1], 'owned');
    assert.equal((await ownerOf(declared('iam.tf'), ...rules, ada, bo))[1], 'owner-left');
  });

  it('do not disagree by two names of one, or by a person and their team', async () => {
    const ada = person('ada@x.example', { handle: 'ada-l', team: 'Payments' });

    assert.equal((await ownerOf(told('ada@x.example', 'tag:owner'), told('@ada-l', 'description', 'b.json'), ada))[1], 'owned');
    assert.equal((await ownerOf(told('ada@x.example', 'tag:owner'), told('payments', 'tag:team', 'b.json'), ada))[1], 'owned');
    assert.equal((await ownerOf(told('payments', 'tag:owner'), told('@harbour/payments', 'description', 'b.json')))[1], 'owned');
    assert.equal((await ownerOf(told('ada@x.example', 'tag:owner'), told('print', 'tag:team', 'b.json'), ada))[1], 'conflicting');
  });

  it('are all that own an application in Entra ID, together', async () => {
    const app = (names: readonly string[], path = 'apps.json') =>
      Fact.parse({
        kind: 'identity',
        id: ROLE,
        owner: names[0],
        ownerBasis: 'app owner',
        detail: { owners: names },
        at: { path },
      });
    const ada = person('ada@x.example', { leftAt: '2026-01-01T00:00:00Z' });
    const bo = person('bo@x.example');
    const boLeft = person('bo@x.example', { leftAt: '2026-02-01T00:00:00Z' });
    const both = app(['Ada@x.example', 'bo@x.example']);

    assert.deepEqual(await ownerOf(both, ada, bo), ['ada@x.example, bo@x.example', 'owned', 'declared']);
    assert.equal((await ownerOf(both, ada, boLeft))[1], 'owner-left');
    assert.equal((await ownerOf(app(['ada@x.example']), app(['bo@x.example'], 'sp.json'), bo))[1], 'owned');
    assert.equal((await ownerOf(both, told('cy@x.example', 'tag:owner', 'b.json'), bo))[1], 'conflicting');
  });

  it('rest on the rule that names them', async () => {
    const observations = [declared('iam.tf'), ...(await codeowners('* @platform\n'))];

    const places = await withRun(observations, (store) =>
      store.rows('SELECT owner, basis, place FROM identity_owner_claims ORDER BY ALL'),
    );

    assert.deepEqual(places, [{ owner: '@platform', basis: 'codeowners', place: 'harbour/infra CODEOWNERS:1' }]);
  });
});

describe('whose an identity of AWS is', () => {
  it('is not told by the report of its account alone', async () => {
    const covered = (...types: readonly string[]): Observation =>
      Fact.parse({ kind: 'coverage', surface: 'aws', subject: 'export', covers: ['identity'], detail: { types } });
    const untold = async (...rows: readonly Observation[]) =>
      await withRun(
        [Fact.parse({ kind: 'identity', id: ROLE }), ...rows],
        async (store) => await store.rows('FROM untold_owners'),
      );

    assert.deepEqual(await untold(covered('user', 'access-key')), [{ identity_id: ROLE }]);
    assert.deepEqual(await untold(covered('user', 'access-key'), covered('user', 'role', 'policy')), []);
    assert.deepEqual(await untold(), []);
  });
});
