// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations of Terraform
import assert from 'node:assert/strict';
import { kinds } from '../../helpers/scan-context.ts';
import { factsOf, place, read } from './read.ts';

const ROLE = `
resource "aws_iam_role" "deploy" {
  name               = local.name
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
`;
const TRUST = `
data "aws_caller_identity" "me" {}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::\${data.aws_caller_identity.me.account_id}:role/ci"]
    }
  }
}
`;

describe('terraform scanner: modules', () => {
  it('joins a role, its name, its trust and its policy over the files of a module', async () => {
    const files = {
      'infra/role.tf': ROLE,
      'infra/trust.tf': TRUST,
      'infra/locals.tf': 'locals {\n  name = "${var.stage}-deploy"\n}\nvariable "stage" {\n  default = "dev"\n}\n',
      'infra/terraform.tfvars': 'stage = "prod"\n',
      'infra/rights.tf':
        'resource "aws_iam_role_policy" "s3" {\n  role   = aws_iam_role.deploy.id\n  policy = file("${path.module}/policies/s3.json")\n}\n',
      'infra/policies/s3.json': '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}',
      'other/role.tf': ROLE,
    };

    const observations = await read(files, ['infra/role.tf']);

    const [identity] = kinds(observations, 'identity');
    const [trust] = kinds(observations, 'trust');
    const grant = kinds(observations, 'grant').find((one) => one.capability === undefined);
    assert(identity !== undefined && trust !== undefined && grant !== undefined);
    assert.deepEqual([identity.id, place(identity)], ['aws:-:role/prod-deploy', 'infra/role.tf:2']);
    assert.deepEqual([trust.principal, trust.principalType, place(trust)], ['aws:-:role/ci', 'identity', 'infra/trust.tf:4']);
    assert.deepEqual([grant.permission, place(grant)], ['s3:GetObject', 'infra/rights.tf:3']);
  });

  it('tells of the role again where only its policy is read, so that a change of it alone is seen', async () => {
    const files = {
      'role.tf': ROLE.replace('local.name', '"deploy"'),
      'trust.tf': TRUST,
      'rights.tf':
        'resource "aws_iam_role_policy_attachment" "a" {\n  role       = aws_iam_role.deploy.name\n  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"\n}\n',
    };

    const changed = await read(files, ['rights.tf']);
    const whole = await read(files);

    assert(kinds(changed, 'grant').some((one) => one.identity === 'aws:-:role/deploy' && one.capability === 'admin'));
    const distinct = new Set(kinds(whole, 'grant').map((one) => JSON.stringify(one)));
    assert.equal(distinct.size, kinds(changed, 'grant').length);
  });

  it('takes the account from the provider of a resource', async () => {
    const text = `
provider "aws" {
  alias = "prod"
  assume_role {
    role_arn = "arn:aws:iam::111122223333:role/tf"
  }
}
resource "aws_iam_user" "ci" {
  provider = aws.prod
  name     = "ci"
}
resource "aws_iam_user" "other" {
  name = "other"
}
`;

    const ids = kinds(await read({ 'main.tf': text }), 'identity').map(({ id }) => id);

    assert.deepEqual(ids, ['aws:111122223333:user/ci', 'aws:-:user/other']);
  });

  it('gives resources the owner and the tags that their provider says', async () => {
    const text = `
provider "aws" {
  default_tags {
    tags = { owner = "mara@harbour.example", environment = "production" }
  }
}
provider "github" {
  owner = "harbour"
}
resource "aws_iam_user" "ci" {
  name = "ci"
  tags = { environment = "dev" }
}
resource "github_repository" "shop" {
  name = "shop"
}
resource "github_actions_secret" "npm" {
  repository      = github_repository.shop.name
  secret_name     = "NPM_TOKEN"
  plaintext_value = var.npm_token
}
`;

    const observations = await read({ 'main.tf': text });

    const [user] = kinds(observations, 'identity');
    assert.deepEqual([user?.owner, user?.environment], ['mara@harbour.example', 'dev']);
    assert.equal(factsOf(observations, 'ci-secret')[0]?.identity, 'github:harbour/shop:secret/NPM_TOKEN');
  });

  it('names what has no name by its repository, directory and address', async () => {
    const text = 'variable "prefix" {}\nresource "aws_iam_user" "ci" {\n  name = "${var.prefix}-ci"\n}\n';

    const [identity] = kinds(await read({ 'infra/main.tf': text }), 'identity');

    assert.equal(identity?.id, 'aws:-:user/harbour/shop/infra#aws_iam_user.ci');
    assert.deepEqual(identity?.detail, { platform: 'terraform', address: 'aws_iam_user.ci', symbolic: true });
  });

  it('makes an instance for each key that is known, and joins them by it', async () => {
    const text = `
resource "aws_iam_user" "bot" {
  for_each = toset(["a", "b"])
  name     = "bot-\${each.key}"
}
resource "aws_iam_access_key" "bot" {
  for_each = aws_iam_user.bot
  user     = aws_iam_user.bot["b"].name
}
`;

    const observations = await read({ 'main.tf': text });

    assert.deepEqual(
      kinds(observations, 'identity').map(({ id }) => id),
      ['aws:-:user/bot-a', 'aws:-:user/bot-b'],
    );
    assert.equal(factsOf(observations, 'declared-key')[0]?.identity, 'aws:-:user/bot-b');
  });

  it('reads dynamic blocks, merged documents and conditions that the code decides', async () => {
    const text = `
locals {
  on    = true
  repos = ["harbour/shop", "harbour/api"]
}
data "aws_iam_policy_document" "base" {
  statement {
    actions   = ["sqs:*"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "all" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  dynamic "statement" {
    for_each = local.repos
    content {
      actions   = ["s3:GetObject"]
      resources = ["arn:aws:s3:::\${statement.value}/*"]
    }
  }
}
resource "aws_iam_role" "r" {
  name = local.on ? "yes" : "no"
  inline_policy {
    name   = "all"
    policy = data.aws_iam_policy_document.all.json
  }
}
`;

    const grants = kinds(await read({ 'main.tf': text }), 'grant').filter((one) => one.capability === undefined);

    assert.deepEqual(
      grants.map((one) => [one.identity, one.permission, one.resource, one.at?.line]),
      [
        ['aws:-:role/yes', 'sqs:*', '*', 7],
        ['aws:-:role/yes', 's3:GetObject', 'arn:aws:s3:::harbour/shop/*', 16],
        ['aws:-:role/yes', 's3:GetObject', 'arn:aws:s3:::harbour/api/*', 16],
      ],
    );
  });

  it('tells which service account a role of EKS trusts, though another module makes the provider', async () => {
    const text = `
data "aws_iam_policy_document" "t" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [module.eks.oidc_provider_arn]
    }
    condition {
      test     = "StringEquals"
      variable = "\${module.eks.oidc_provider}:sub"
      values   = ["system:serviceaccount:shop:checkout"]
    }
  }
}
resource "aws_iam_role" "r" {
  name               = "checkout"
  assume_role_policy = data.aws_iam_policy_document.t.json
}
resource "aws_eks_pod_identity_association" "a" {
  cluster_name    = "prod"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = aws_iam_role.r.arn
}
`;

    const trusts = kinds(await read({ 'main.tf': text }), 'trust');

    assert.deepEqual(
      trusts.map((one) => [one.identity, one.principalType, one.subject ?? one.principal]),
      [
        ['aws:-:role/checkout', 'oidc', 'system:serviceaccount:shop:checkout'],
        ['aws:-:role/checkout', 'identity', 'k8s:-:shop/orders'],
      ],
    );
  });

  it('reads the roles that the well-known module makes', async () => {
    const text = `
module "ci" {
  source   = "terraform-aws-modules/iam/aws//modules/iam-github-oidc-role"
  name     = "ci"
  subjects = ["harbour/shop:ref:refs/heads/main"]
  policies = { admin = "arn:aws:iam::aws:policy/AdministratorAccess" }
}
`;

    const observations = await read({ 'main.tf': text });

    assert.equal(kinds(observations, 'trust')[0]?.subject, 'repo:harbour/shop:ref:refs/heads/main');
    assert(kinds(observations, 'grant').some((one) => one.identity === 'aws:-:role/ci' && one.capability === 'admin'));
  });

  it('reads the JSON syntax, CRLF and a byte order mark', async () => {
    const json = JSON.stringify({ resource: { aws_iam_user: { ci: { name: 'ci' } } } }, null, 2);
    const code =
      '\uFEFFresource "aws_iam_user" "x" {\r\n  name = "x"\r\n}\r\n\r\nresource "aws_iam_access_key" "x" {\r\n  user = "x"\r\n}\r\n';

    const observations = await read({ 'a.tf.json': json, 'b.tf': code });

    assert.deepEqual(
      kinds(observations, 'identity').map(({ id }) => id),
      ['aws:-:user/ci', 'aws:-:user/x'],
    );
    assert.equal(factsOf(observations, 'declared-key')[0]?.at?.line, 5);
  });

  it('never ends in references to themselves', async () => {
    const text =
      'locals {\n  a = local.b\n  b = local.a\n}\nresource "aws_iam_role" "r" {\n  name = aws_iam_role.r.name\n  assume_role_policy = local.a\n}\n';

    const [identity] = kinds(await read({ 'main.tf': text }), 'identity');

    assert.equal(identity?.id, 'aws:-:role/harbour/shop#aws_iam_role.r');
  });
});
