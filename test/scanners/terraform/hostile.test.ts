// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations of Terraform
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { terraform } from '../../../scanners/terraform/index.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { headOfBytes } from '../../../src/files/source-file.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { fakeToken, kinds } from '../../helpers/scan-context.ts';
import { factsOf, read } from './read.ts';

const VALID = `
provider "aws" {
  allowed_account_ids = ["111122223333"]
}
variable "p" {
  default = "x"
}
resource "aws_iam_role" "r" {
  for_each           = { a = 1, b = 2 }
  name               = "\${var.p}-\${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" } }]
  })
}
resource "aws_iam_role_policy" "p" {
  role   = aws_iam_role.r["a"].name
  policy = <<EOT
{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
EOT
}
resource "google_project_iam_member" "m" {
  project = "p"
  role    = "roles/owner"
  member  = "serviceAccount:\${google_service_account.s.email}"
}
resource "google_service_account" "s" {
  account_id = "s"
}
`;

describe('terraform scanner: broken and hostile files', () => {
  it('tells what it could read of a broken file, and what it could not', async () => {
    const observations = await read({
      'main.tf': 'resource "aws_iam_user" "a" {\n  name = \n}\nresource "aws_iam_user" "b" {\n  name = "b"\n}\n',
    });

    const [coverage] = kinds(observations, 'coverage');
    assert(kinds(observations, 'identity').some(({ id }) => id === 'aws:-:user/b'));
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /line 2/);
  });

  it('says which policy it could not read', async () => {
    const text = 'resource "aws_iam_role" "r" {\n  name               = "r"\n  assume_role_policy = "{ not json"\n}\n';

    const [coverage] = kinds(await read({ 'main.tf': text }), 'coverage');

    assert.deepEqual(
      [coverage?.outcome, coverage?.why],
      ['partial', 'trust of aws_iam_role.r: the policy document is neither JSON nor URL-encoded JSON'],
    );
  });

  it('carries no credential on in a name', async () => {
    const token = fakeToken('harbour1');
    const observations = await read({
      'main.tf': `resource "aws_iam_user" "u" {\n  name = "${token}"\n}\nvariable "${token}_password" {}\n`,
    });

    const told = observations.filter((one) => one.kind !== 'sighting').map((one) => JSON.stringify(one));
    assert(!told.some((text) => text.includes(token)));
    assert.equal(kinds(observations, 'sighting').length, 2);
  });

  it('never throws on a mutated module, and its rows stand in the file', async () => {
    const mutation = fc.record({
      at: fc.nat(VALID.length),
      drop: fc.nat(8),
      put: fc.constantFrom(
        '',
        '"',
        '{',
        '}',
        '${',
        '\n',
        '[',
        ']',
        'null',
        '= []',
        '%{ for',
        '*',
        'each.key',
        '__proto__',
        '\r\n',
      ),
    });

    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        let text = VALID;
        for (const { at, drop, put } of mutations) text = text.slice(0, at) + put + text.slice(at + drop);
        const lines = text.split('\n').length;

        const observations = await read({ 'main.tf': text });

        assert.equal(kinds(observations, 'coverage').length, 1);
        for (const { at } of observations) assert((at?.line ?? 1) >= 1 && (at?.line ?? 1) <= lines);
      }),
      { numRuns: 150 },
    );
  }).timeout(60_000);

  for (const [what, double] of [
    ['texts', (i: number) => `"\${local.l${i}}\${local.l${i}}"`],
    ['lists', (i: number) => `concat(local.l${i}, local.l${i}, ["x"])`],
    ['maps', (i: number) => `{ a = local.l${i}, b = local.l${i} }`],
    ['documents', (i: number) => `merge({ password = local.l${i} }, { b = local.l${i} })`],
  ] as const) {
    it(`is bounded by what ${what} cost that hold each other twice`, async () => {
      const locals = Array.from({ length: 50 }, (_, i) => `  l${i + 1} = ${double(i)}`).join('\n');
      const text = `locals {\n  l0 = "x"\n${locals}\n}\nresource "aws_iam_role" "u" {\n  name = local.l12\n  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = local.l50 })\n}\n`;
      const began = cpuTime();

      const observations = await read({ 'main.tf': text });

      assert(cpuTime() - began < 8000);
      assert.equal(kinds(observations, 'coverage').length, 1);
    }).timeout(30_000);
  }

  for (const type of ['aws_iam_role', 'aws_thing'])
    it(`is bounded by what blocks of ${type} cost that make each other`, async () => {
      const items = Array.from({ length: 200 }, (_, i) => `"a${i}"`).join(', ');
      const nest = (depth: number): string =>
        depth === 0 ? '' : `dynamic "d${depth}" {\n  for_each = local.l\n  content {\n${nest(depth - 1)}}\n}\n`;
      const text = `locals {\n  l = [${items}]\n}\nresource "${type}" "x" {\n  count = 100\n${nest(5)}}\n`;
      const began = cpuTime();

      const [coverage] = kinds(await read({ 'main.tf': text }), 'coverage');

      assert(cpuTime() - began < 8000);
      assert.equal(coverage?.outcome, 'partial');
      assert.match(JSON.stringify(coverage), /expressions are too many/);
    }).timeout(30_000);

  it('says how many blocks of a resource were read', async () => {
    const items = Array.from({ length: 100 }, (_, i) => `"a${i}"`).join(', ');
    const inner = 'dynamic "e" {\n  for_each = local.l\n  content {}\n}\n';
    const text = `locals {\n  l = [${items}]\n}\nresource "aws_iam_role" "x" {\n  dynamic "d" {\n    for_each = local.l\n    content {\n${inner}}\n  }\n}\n`;

    const [coverage] = kinds(await read({ 'main.tf': text }), 'coverage');

    assert.match(JSON.stringify(coverage), /too many blocks of aws_iam_role.x: the first 5000 were read/);
  });

  it('recognises its files by name, plans and states by their first lines', () => {
    const recognised = (path: string, text: string) => terraform.recognises(headOfBytes(path, Buffer.from(text)));

    assert(recognised('a/main.tf', ''));
    assert(recognised('a/main.tofu', ''));
    assert(recognised('prod.tfvars.json', ''));
    assert(recognised('terraform.tfstate.backup', ''));
    assert(recognised('plan.json', '{"format_version":"1.2","terraform_version":"1.9.5","planned_values":{}}'));
    assert(recognised('state.json', '{\n  "version": 4,\n  "terraform_version": "1.9.5"}'));
    assert(!recognised('package.json', '{"name":"x","version":"1.0.0"}'));
    assert(!recognised('main.tf.md', ''));
  });
});

describe('terraform scanner: states and plans', () => {
  const state = {
    version: 4,
    terraform_version: '1.9.5',
    outputs: {
      db: { value: 'Tr0ub4dor-3xq', type: 'string', sensitive: true },
      host: { value: 'db.harbour.example', type: 'string' },
    },
    resources: [
      {
        module: 'module.ci',
        mode: 'managed',
        type: 'aws_iam_access_key',
        name: 'ci',
        instances: [
          {
            index_key: 'a',
            attributes: {
              id: 'AKIAQ3EGRL5XAMPLE7QZ',
              secret: 'notreallyasecretvalue',
              user: 'ci',
              status: 'Active',
              create_date: '2024-02-03T04:05:06Z',
            },
          },
        ],
      },
      {
        mode: 'managed',
        type: 'aws_iam_role',
        name: 'r',
        instances: [
          {
            attributes: {
              name: 'r',
              arn: 'arn:aws:iam::111122223333:role/r',
              create_date: '2023-01-01T00:00:00Z',
              assume_role_policy:
                '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}]}',
            },
          },
        ],
      },
      {
        mode: 'managed',
        type: 'some_thing',
        name: 't',
        instances: [{ attributes: { odd: 'hidden-by-mark' }, sensitive_attributes: [[{ type: 'get_attr', value: 'odd' }]] }],
      },
    ],
  };

  it('reads ids, times and accounts of what is there, and places of its secrets', async () => {
    const observations = await read({ 'x.tfstate': JSON.stringify(state, null, 2) });

    const [credential] = kinds(observations, 'credential');
    assert.deepEqual(
      [credential?.id, credential?.identity, credential?.createdAt, credential?.status],
      ['aws:access-key/AKIAQ3EGRL5XAMPLE7QZ', 'aws:058264215406:user/ci', '2024-02-03T04:05:06.000Z', 'active'],
    );
    assert.deepEqual(
      kinds(observations, 'identity').map((one) => [one.id, one.detail?.createdAt]),
      [['aws:111122223333:role/r', '2023-01-01T00:00:00.000Z']],
    );
    assert.deepEqual(
      kinds(observations, 'trust').map((one) => one.principalType),
      ['any'],
    );
    assert.deepEqual(
      kinds(observations, 'sighting').map((one) => one.at?.pointer),
      ['resources[0].instances[0].attributes.secret', 'resources[2].instances[0].attributes.odd', 'outputs.db.value'],
    );
    assert.equal(factsOf(observations, 'state-file')[0]?.detail?.resources, 3);
    assertNoSecrets(observations, ['notreallyasecretvalue', 'hidden-by-mark', 'Tr0ub4dor-3xq']);
  });

  it('leaves alone ids that a provider marks as secret, and what stands beside a password', async () => {
    const resources = [
      {
        mode: 'data',
        type: 'aws_ssm_parameter',
        name: 'image',
        instances: [
          { attributes: { value: 'ami-0123456789abcdef0' }, sensitive_attributes: [[{ type: 'get_attr', value: 'value' }]] },
        ],
      },
      {
        mode: 'managed',
        type: 'aws_thing',
        name: 't',
        instances: [
          { attributes: { secret_string: { username: 'Adm1nUser9', host: 'db-1.harbour.example', password: 'Tr0ub4dor-3xq' } } },
        ],
      },
    ];

    const observations = await read({
      'x.tfstate': JSON.stringify({ version: 4, terraform_version: '1.9.5', resources }, null, 1),
    });

    assert.deepEqual(
      kinds(observations, 'sighting').map((one) => one.at?.pointer),
      ['resources[1].instances[0].attributes.secret_string.password'],
    );
  });

  it('reads states of version 3', async () => {
    const old = {
      version: 3,
      terraform_version: '0.11.14',
      modules: [
        {
          path: ['root'],
          resources: {
            'aws_iam_user.ci': {
              type: 'aws_iam_user',
              primary: { id: 'ci', attributes: { name: 'ci', arn: 'arn:aws:iam::111122223333:user/ci' } },
            },
          },
        },
      ],
    };

    const [identity] = kinds(await read({ 'old.tfstate': JSON.stringify(old) }), 'identity');

    assert.equal(identity?.id, 'aws:111122223333:user/ci');
  });

  it('reads plans, their modules and their variables', async () => {
    const plan = {
      format_version: '1.2',
      terraform_version: '1.9.5',
      variables: { db_password: { value: 'Tr0ub4dor-3xq' }, region: { value: 'eu-west-1' } },
      planned_values: {
        root_module: {
          resources: [],
          child_modules: [
            {
              resources: [
                {
                  address: 'module.a.aws_iam_user.ci',
                  mode: 'managed',
                  type: 'aws_iam_user',
                  name: 'ci',
                  values: { name: 'ci' },
                },
              ],
            },
          ],
        },
      },
    };

    const observations = await read({ 'plan.json': JSON.stringify(plan) });

    assert.deepEqual(
      kinds(observations, 'identity').map((one) => [one.id, one.detail?.address]),
      [['aws:-:user/ci', 'module.a.aws_iam_user.ci']],
    );
    assert.deepEqual(
      kinds(observations, 'sighting').map((one) => one.at?.pointer),
      ['variables.db_password.value'],
    );
    assert.deepEqual(factsOf(observations, 'state-file'), []);
  });

  it('tells of a broken state', async () => {
    const [coverage] = kinds(await read({ 'x.tfstate': JSON.stringify(state).slice(0, 300) }), 'coverage');

    assert.equal(coverage?.outcome, 'partial');
  });
});

function assertNoSecrets(observations: readonly Observation[], secrets: readonly string[]): void {
  const text = JSON.stringify(observations);
  for (const secret of secrets) assert(!text.includes(secret), secret);
}
