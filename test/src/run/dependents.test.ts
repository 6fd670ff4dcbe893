import assert from 'node:assert/strict';
import { scanCommand } from '../../../src/commands/scan.ts';
import { testIo } from '../../helpers/io.ts';
import { SCAN_OPTIONS } from '../../helpers/scan-options.ts';
import { tempRepo } from '../../helpers/temp-repo.ts';

const SUBJECT = `    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:acme/harbour:environment:production"]
    }
`;
const TRUST = `data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"]
    }
${SUBJECT}  }
}
`;
const OPEN = TRUST.replace(SUBJECT, '');
const ROLE = `resource "aws_iam_role" "ship" {
  name               = "ship"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
locals {
  password = "h7Gq2zPw9Lm4xTv8"
}
`;

const BINDING = `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: keeper, namespace: harbour }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: keeper }
subjects: [{ kind: ServiceAccount, name: web, namespace: harbour }]
`;

function keeper(rules: string): string {
  return `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: keeper, namespace: harbour }
rules:
${rules}`;
}

const NARROW = '  - { apiGroups: [""], resources: [configmaps], verbs: [get] }\n';
const WIDE = '  - { apiGroups: ["*"], resources: ["*"], verbs: ["*"] }\n';

type Files = Readonly<Record<string, string | undefined>>;

describe('a pre-merge check of files that others depend on', () => {
  /** What both ways of looking before a merge tell of the same change, which must be the same. */
  async function told(base: Files, change: Files) {
    const repo = tempRepo();
    for (const [path, text] of Object.entries(base)) repo.write(path, text ?? '');
    repo.commit('Base');
    for (const [path, text] of Object.entries(change)) {
      if (text === undefined) repo.remove(path);
      else repo.write(path, text);
    }
    repo.git('add', '-A');
    const staged = await report(repo.path, { staged: true });
    repo.commit('Change');
    const range = await report(repo.path, { diff: 'HEAD~1..HEAD' });
    assert.deepEqual(rulesOf(range), rulesOf(staged));
    return staged;
  }

  async function report(path: string, options: { readonly staged: true } | { readonly diff: string }) {
    const io = testIo(path);
    await scanCommand(io, ['.'], { ...SCAN_OPTIONS, ...options });
    return JSON.parse(io.out());
  }

  function rulesOf({ findings }: { readonly findings: readonly { readonly rule: string }[] }): readonly string[] {
    return findings.map(({ rule }) => rule).sort();
  }

  it('tells what a Terraform file opens in one that did not change, and no secret of that', async () => {
    const { findings, run, coverage } = await told({ 'role.tf': ROLE, 'trust.tf': TRUST }, { 'trust.tf': OPEN });

    assert.deepEqual(rulesOf({ findings }), ['oidc-trust-any-subject']);
    assert.equal(findings[0].detail.byChange, 'brought');
    assert.equal(run.counts.sighting, 0);
    assert.equal(coverage.find(({ surface }: { readonly surface: string }) => surface === 'work-tree')?.seen, 1);
    assert.equal(JSON.stringify(coverage).includes('role.tf'), false);
  });

  it('does not tell what Terraform files had before, whatever came or went beside them', async () => {
    const open = { 'role.tf': ROLE, 'trust.tf': OPEN, 'more.tf': 'locals {\n  a = 1\n}\n' };

    assert.deepEqual(rulesOf(await told(open, { 'trust.tf': `# Open\n${OPEN}`, 'more.tf': undefined })), []);
    assert.deepEqual(rulesOf(await told(open, { 'new.tf': 'locals {\n  b = 1\n}\n' })), []);
  });

  it('tells whom a wider role of Kubernetes reaches through a binding that did not change', async () => {
    const narrow = { 'k8s/role.yaml': keeper(NARROW), 'k8s/rb.yaml': BINDING };
    const wide = { ...narrow, 'k8s/role.yaml': keeper(WIDE) };

    assert.ok(rulesOf(await told(narrow, { 'k8s/role.yaml': keeper(WIDE) })).includes('rbac-administrator'));
    assert.deepEqual(rulesOf(await told(wide, { 'k8s/role.yaml': `# Wide\n${keeper(WIDE)}` })), []);
  });
});
