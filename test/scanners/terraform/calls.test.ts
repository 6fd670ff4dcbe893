// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations of Terraform
import assert from 'node:assert/strict';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { factsOf, place, read } from './read.ts';

const ROLE = `
variable "name" {}
variable "policies" { default = [] }
variable "trusted" { default = "ec2.amazonaws.com" }
resource "aws_iam_role" "this" {
  name                = "\${var.name}-role"
  managed_policy_arns = var.policies
  assume_role_policy  = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = var.trusted } }] })
}
`;
const CALLER = `
module "ci" {
  source   = "../modules/role"
  name     = "ci"
  policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
  trusted  = "arn:aws:iam::111122223333:role/runner"
}
`;

const ids = (observations: Awaited<ReturnType<typeof read>>) =>
  kinds(observations, 'identity')
    .map(({ id }) => id)
    .sort();

describe('terraform scanner: calls of modules', () => {
  it('fills a module with the arguments of its call, and tells of it where it stands', async () => {
    const files = { 'modules/role/main.tf': ROLE, 'prod/main.tf': CALLER };

    const observations = await read(files, ['modules/role/main.tf']);

    assert.deepEqual(ids(observations), ['aws:-:role/ci-role']);
    const [trust] = kinds(observations, 'trust');
    const admin = kinds(observations, 'grant').find((one) => one.capability === 'admin');
    assert.deepEqual([trust?.principal, trust && place(trust)], ['aws:111122223333:role/runner', 'modules/role/main.tf:8']);
    assert.deepEqual([admin?.identity, admin && place(admin)], ['aws:-:role/ci-role', 'modules/role/main.tf:3']);
  });

  it('makes it once for each call, through calls of calls, and never without end', async () => {
    const between = 'variable "team" {}\nmodule "role" {\n  source = "../role"\n  name   = "${var.team}-app"\n}\n';
    const files = {
      'modules/role/main.tf': ROLE,
      'modules/team/main.tf': `${between}module "again" {\n  source = "../team"\n  team   = "x"\n}\n`,
      'main.tf':
        'module "a" {\n  source = "./modules/team"\n  team = "red"\n}\nmodule "b" {\n  source = "./modules/team/"\n  team = "blue"\n}\n',
    };

    const observations = await read(files, ['modules/role/main.tf']);

    assert.deepEqual(ids(observations), ['aws:-:role/blue-app-role', 'aws:-:role/red-app-role']);
  });

  it('takes the account from the provider that the call hands down', async () => {
    const provider = (alias: string, account: string) =>
      `provider "aws" {\n  ${alias}\n  allowed_account_ids = ["${account}"]\n}\n`;
    const files = {
      'modules/role/main.tf': ROLE,
      'main.tf': `${provider('', '111122223333')}${provider('alias = "prod"', '444455556666')}
module "a" {
  source = "./modules/role"
  name   = "a"
}
module "b" {
  source    = "./modules/role"
  name      = "b"
  providers = { aws = aws.prod }
}
`,
    };

    const observations = await read(files, ['modules/role/main.tf']);

    assert.deepEqual(ids(observations), ['aws:111122223333:role/a-role', 'aws:444455556666:role/b-role']);
  });

  it('follows a secret that is passed on, and tells a literal one where it is written', async () => {
    const files = {
      'modules/fn/main.tf': `
variable "db_password" {}
resource "aws_lambda_function" "fn" {
  function_name = "fn"
  environment {
    variables = { DB_PASSWORD = var.db_password }
  }
}
`,
      'main.tf': 'module "fn" {\n  source      = "./modules/fn"\n  db_password = "kT9-vb2Qx-77"\n}\n',
    };

    const observations = await read(files);

    assert.deepEqual(kinds(observations, 'sighting').map(place), ['main.tf:3']);
    assert.equal(factsOf(observations, 'secret-variable').length, 1);
  });

  it('is told by itself where nothing calls it, where another source is meant, and where it is applied as well', async () => {
    const caller = (source: string) => `module "m" {\n  source = "${source}"\n  name = "ci"\n}\n`;
    const withDefault = ROLE.replace('variable "name" {}', 'variable "name" { default = "own" }');

    const alone = await read({ 'modules/role/main.tf': withDefault });
    const elsewhere = await read(
      { 'modules/role/main.tf': withDefault, 'main.tf': caller('harbour/role/aws'), 'x/main.tf': caller('./role') },
      ['modules/role/main.tf'],
    );
    const applied = await read(
      { 'modules/role/main.tf': `${withDefault}terraform {\n  backend "s3" {}\n}\n`, 'main.tf': caller('./modules/role') },
      ['modules/role/main.tf'],
    );

    assert.deepEqual(ids(alone), ['aws:-:role/own-role']);
    assert.deepEqual(ids(elsewhere), ['aws:-:role/own-role']);
    assert.deepEqual(ids(applied), ['aws:-:role/ci-role', 'aws:-:role/own-role']);
  });

  it('is bounded by what arguments cost that hold each other twice', async () => {
    const levels = Array.from({ length: 40 }, (_, n) => `  l${n} = [local.l${n + 1}, local.l${n + 1}]`).join('\n');
    const files = {
      'modules/role/main.tf': ROLE,
      'main.tf': `locals {\n${levels}\n  l40 = ["a"]\n}\nmodule "m" {\n  source = "./modules/role"\n  name = "ci"\n  policies = local.l0\n}\n`,
    };

    assert.deepEqual(ids(await read(files, ['modules/role/main.tf'])), ['aws:-:role/ci-role']);
  });

  it('keeps a name open that the caller does not know either', async () => {
    const files = {
      'modules/role/main.tf': ROLE,
      'main.tf': 'variable "n" {}\nmodule "m" {\n  source = "./modules/role"\n  name = var.n\n}\n',
    };

    const called = await read(files, ['modules/role/main.tf']);
    const alone = await read({ 'modules/role/main.tf': ROLE });

    assert.deepEqual(ids(called), ids(alone));
  });

  const OPEN = `
variable "create" { default = true }
variable "principal" { default = "*" }
resource "aws_iam_role" "deploy" {
  count = var.create ? 1 : 0
  name  = "deploy"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = var.principal } }] })
}
resource "aws_iam_role_policy_attachment" "a" {
  role       = "deploy"
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
`;
  const off = (source: string, more = 'create = false') =>
    `module "off" {\n  source = "${source}"\n  ${more}\n  principal = "arn:aws:iam::111122223333:root"\n}\n`;
  for (const [what, home, caller, source, more] of [
    ['a switched-off example', '', 'examples/x', '../../', 'create = false'],
    ['an example of another directory', 'modules/role', 'examples/x', '../../modules/role', 'create = false'],
    ['an example that makes none', '', 'examples/x', '../../', 'count = 0'],
    ['a test', 'modules/role', 'tests/unit', '../../modules/role', 'create = true'],
    ['a directory below it', 'modules/role', 'modules/role/wrapper', '../', 'create = true'],
    ['a directory below the root', '', 'wrapper', '../', 'create = true'],
  ] as const)
    it(`keeps what a module is by itself beside ${what}`, async () => {
      const main = home === '' ? 'main.tf' : `${home}/main.tf`;

      const observations = await read({ [main]: OPEN, [`${caller}/main.tf`]: off(source, more) }, [main]);

      assert(kinds(observations, 'trust').some(({ principalType }) => principalType === 'any'));
      assert(kinds(observations, 'grant').some(({ capability }) => capability === 'admin'));
    });

  it('is what its callers make of it where an example calls it too', async () => {
    const files = {
      'modules/role/main.tf': OPEN,
      'prod/main.tf': off('../modules/role', ''),
      'examples/x/main.tf': off('../../modules/role', ''),
    };

    const observations = await read(files, ['modules/role/main.tf']);

    assert(!kinds(observations, 'trust').some(({ principalType }) => principalType === 'any'));
  });

  it('keeps a module whose callers are themselves switched off', async () => {
    const files = {
      'modules/role/main.tf': OPEN,
      'modules/team/main.tf': 'module "role" {\n  source = "../role"\n}\n',
      'main.tf': 'module "team" {\n  source = "./modules/team"\n  count = 0\n}\n',
    };

    const observations = await read(files, ['modules/role/main.tf']);

    assert(kinds(observations, 'trust').some(({ principalType }) => principalType === 'any'));
    assert.match(JSON.stringify(kinds(observations, 'coverage')), /all calls of the module are switched off/);
  });

  it('is bounded by what callers of callers cost', async () => {
    const files: { [path: string]: string } = {};
    for (let layer = 0; layer < 5; layer++)
      for (let n = 0; n < 20; n++) {
        const calls = Array.from({ length: 20 }, (_, to) =>
          layer === 0 ? '' : `module "m${to}" {\n  source = "../l${layer - 1}_${to}"\n  count  = ${layer === 4 ? 0 : 1}\n}\n`,
        );
        files[`l${layer}_${n}/main.tf`] = `resource "aws_iam_user" "u" {\n  name = "u${layer}"\n}\n${calls.join('')}`;
      }
    const began = cpuTime();

    const observations = await read(files, ['l0_0/main.tf']);

    assert(cpuTime() - began < 5000);
    assert.deepEqual([...new Set(ids(observations))], ['aws:-:user/u0']);
    assert.match(JSON.stringify(kinds(observations, 'coverage')), /called more often than was followed/);
  }).timeout(30_000);

  it('is bounded by what many calls of a costly module cost', async () => {
    const items = Array.from({ length: 200 }, (_, i) => `"a${i}"`).join(', ');
    const nested = '[for a in local.l : [for b in local.l : [for c in local.l : "${a}${b}${c}${var.n}"]]]';
    const files = {
      'm/main.tf': `variable "n" {}\nlocals {\n  l = [${items}]\n}\nresource "aws_iam_role" "x" {\n  name = var.n\n  description = jsonencode(${nested})\n}\n`,
      'main.tf': 'module "m" {\n  source = "./m"\n  count  = 100\n  n      = "x${count.index}"\n}\n',
    };
    const began = cpuTime();

    const observations = await read(files, ['m/main.tf']);

    assert(cpuTime() - began < 8000);
    assert.match(JSON.stringify(kinds(observations, 'coverage')), /expressions are too many/);
  }).timeout(30_000);
});
