// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations of Terraform
import assert from 'node:assert/strict';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { factsOf, read } from './read.ts';

const ids = async (text: string) => users(await read({ 'main.tf': text }));

describe('terraform scanner: instances', () => {
  it('makes one for each instance of another resource, with its rights', async () => {
    const observations = await read({
      'main.tf': `
resource "aws_iam_user" "each" {
  for_each = { a = 1, b = 2 }
  name     = "each-\${each.key}"
}
resource "aws_iam_user_policy_attachment" "each" {
  for_each   = aws_iam_user.each
  user       = each.value.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
`,
    });

    const admins = kinds(observations, 'grant').filter(({ capability }) => capability === 'admin');
    assert.deepEqual(admins.map(({ identity }) => identity).sort(), ['aws:-:user/each-a', 'aws:-:user/each-b']);
    assert.deepEqual(outcome(observations), ['complete', undefined]);
  });

  for (const [what, given] of [
    ['a list', 'toset([for n in ["p", "q"] : "svc-${n}"])'],
    ['a map', '{ for k, v in { p = 1, q = 2 } : "svc-${k}" => v }'],
    ['what a condition leaves', 'toset([for n in ["p", "x", "q", "p"] : "svc-${n}" if n != "x"])'],
    ['objects', 'toset([for one in [{ name = "svc-p" }, { name = "svc-q" }] : one.name])'],
    ['an index', 'toset([for i, n in ["p", "q"] : i == "0" ? "svc-p" : "svc-q"])'],
  ] as const) {
    it(`works out a for over ${what}`, async () => {
      const text = `locals {\n  names = ${given}\n}\nresource "aws_iam_user" "u" {\n  for_each = local.names\n  name     = each.key\n}\n`;

      assert.deepEqual(await ids(text), ['aws:-:user/svc-p', 'aws:-:user/svc-q']);
    });
  }

  it('works out a for over the instances of a resource, and a splat over its values', async () => {
    const text = `
resource "aws_iam_user" "a" {
  for_each = toset(["x", "y"])
  name     = each.value
}
resource "aws_iam_user" "b" {
  for_each = { for k, u in aws_iam_user.a : k => u.name }
  name     = "\${each.value}-copy"
}
resource "aws_iam_user" "c" {
  for_each = toset(values(aws_iam_user.a)[*].name)
  name     = "\${each.value}-splat"
}
`;

    assert.deepEqual(
      await ids(text),
      ['x', 'x-copy', 'x-splat', 'y', 'y-copy', 'y-splat'].map((name) => `aws:-:user/${name}`),
    );
  });

  it('makes as many as are counted, and says where it stopped', async () => {
    const many = (count: number) =>
      read({ 'main.tf': `resource "aws_iam_user" "u" {\n  count = ${count}\n  name  = "u\${count.index}"\n}\n` });

    const [some, thousand] = [await many(60), await many(1000)];

    assert.deepEqual([users(some).length, ...outcome(some)], [60, 'complete', undefined]);
    assert.deepEqual(
      [users(thousand).length, ...outcome(thousand)],
      [200, 'partial', '1000 of aws_iam_user.u: the first 200 were read'],
    );
  });

  for (const [what, given] of [
    ['count = 0', 'count = 0'],
    ['an empty map', 'for_each = {}'],
    ['an empty set of a local', 'for_each = toset(local.none)'],
    ['a condition that is false', 'count = length(local.none) > 0 ? 1 : 0'],
  ] as const) {
    it(`makes none for ${what}`, async () => {
      const text = `locals {\n  none = []\n}\nresource "aws_iam_access_key" "k" {\n  ${given}\n  user = "ghost"\n}\nresource "aws_iam_user" "there" {\n  name = "there"\n}\n`;

      const observations = await read({ 'main.tf': text });

      assert.deepEqual(factsOf(observations, 'declared-key'), []);
      assert.deepEqual([users(observations), outcome(observations)[0]], [['aws:-:user/there'], 'complete']);
    });
  }

  for (const [what, given] of [
    ['a default', 'count = var.off ? 1 : 0'],
    ['a variable without one', 'count = var.open ? 1 : 0'],
    ['an empty default', 'for_each = var.names'],
  ] as const) {
    it(`is not sure of what hangs on ${what}`, async () => {
      const variables = 'variable "off" {\n  default = false\n}\nvariable "open" {}\nvariable "names" {\n  default = {}\n}\n';

      const observations = await read({
        'main.tf': `${variables}resource "aws_iam_access_key" "k" {\n  ${given}\n  user = "ghost"\n}\n`,
      });

      assert.deepEqual(
        factsOf(observations, 'declared-key').map(({ detail }) => detail?.conditional),
        [true],
      );
    });
  }

  it('is sure of what a value that Terraform loads switches off', async () => {
    const files = {
      'main.tf':
        'variable "on" {\n  default = true\n}\nresource "aws_iam_access_key" "k" {\n  count = var.on ? 1 : 0\n  user  = "ghost"\n}\n',
      'terraform.tfvars': 'on = false\n',
    };

    assert.deepEqual(factsOf(await read(files, ['main.tf']), 'declared-key'), []);
  });

  it('says in its own file what was read as one, for what bears on identities alone', async () => {
    const files = {
      'users.tf': 'variable "names" {}\nresource "aws_iam_user" "u" {\n  for_each = toset(var.names)\n  name     = each.key\n}\n',
      'net.tf': 'resource "aws_subnet" "s" {\n  for_each = toset(var.names)\n}\n',
    };

    const rows = kinds(await read(files), 'coverage');

    assert.deepEqual(
      rows.map(({ subject, outcome: how, why }) => [subject, how, why]),
      [
        ['users.tf', 'partial', 'how many there are of aws_iam_user.u is not known: it is read as one'],
        ['net.tf', 'complete', undefined],
      ],
    );
  });

  it('keeps the names that are known beside those that are not', async () => {
    const text =
      'variable "x" {}\nresource "aws_iam_user" "u" {\n  for_each = toset(["known", var.x])\n  name     = each.key\n}\n';

    const observations = await read({ 'main.tf': text });

    assert.equal(users(observations).length, 2);
    assert(users(observations).includes('aws:-:user/known'));
    assert.equal(outcome(observations)[0], 'partial');
  });

  it('makes what a module makes for each of its calls', async () => {
    const files = {
      'main.tf':
        'module "user" {\n  source   = "./user"\n  for_each = { a = 1, b = 2 }\n  name     = each.key\n}\nmodule "off" {\n  source = "./user"\n  count  = 0\n  name   = "never"\n}\n',
      'user/main.tf': 'variable "name" {}\nresource "aws_iam_user" "u" {\n  name = var.name\n}\n',
    };

    assert.deepEqual(users(await read(files, ['user/main.tf'])), ['aws:-:user/a', 'aws:-:user/b']);
  });

  it('keeps a module whose only call is switched off as one that may be switched on, and says so', async () => {
    const files = {
      'main.tf': 'module "off" {\n  source = "./user"\n  count  = 0\n  name   = "never"\n}\n',
      'user/main.tf':
        'variable "name" {}\nresource "aws_iam_access_key" "k" {\n  user = var.name\n}\nresource "aws_iam_user" "u" {\n  name = "fixed"\n}\n',
    };

    const observations = await read(files, ['user/main.tf']);

    assert.deepEqual(
      factsOf(observations, 'declared-key').map(({ detail }) => detail?.conditional),
      [true],
    );
    assert(users(observations).includes('aws:-:user/fixed'));
    assert.match(
      JSON.stringify(observations.find(({ kind }) => kind === 'coverage')),
      /all calls of the module are switched off/,
    );
  });

  it('ends where resources go over each other', async () => {
    const text =
      'resource "aws_iam_user" "a" {\n  for_each = aws_iam_user.b\n  name     = each.value.name\n}\nresource "aws_iam_user" "b" {\n  for_each = aws_iam_user.a\n  name     = each.value.name\n}\n';

    const observations = await read({ 'main.tf': text });

    assert.equal(outcome(observations)[0], 'partial');
  });

  it('ends where fors double each other', async () => {
    const locals = Array.from(
      { length: 30 },
      (_, index) => `  l${index + 1} = flatten([for a in local.l${index} : [for b in local.l${index} : "\${a}\${b}"]])`,
    );
    const start = cpuTime();

    await read({
      'main.tf': `locals {\n  l0 = ["a", "b", "c"]\n${locals.join('\n')}\n}\nresource "aws_iam_user" "u" {\n  for_each = toset(local.l30)\n  name     = each.key\n}\n`,
    });

    assert.ok(cpuTime() - start < 5000);
  });
});

function users(observations: Parameters<typeof factsOf>[0]): string[] {
  return [...new Set(kinds(observations, 'identity').map(({ id }) => id))].sort();
}

function outcome(observations: Parameters<typeof factsOf>[0]): [string | undefined, string | undefined] {
  const [row] = kinds(observations, 'coverage');
  return [row?.outcome, row?.why];
}
