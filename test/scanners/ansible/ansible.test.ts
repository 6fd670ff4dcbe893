import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ansible } from '../../../scanners/ansible/index.ts';
import { kindOf } from '../../../scanners/ansible/kind.ts';
import { namesIn } from '../../../scanners/ansible/words.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { sourceFile } from '../../../src/files/source-file.ts';
import { cpuTime } from '../../helpers/cpu-time.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';

describe('ansible scanner', () => {
  it('tells what a file is by its path and head', () => {
    const files: Record<string, readonly [string, string | undefined]> = {
      'site.yml': ['---\n# main\n- name: web\n  hosts: web\n', 'playbook'],
      'deploy.yaml': ['- import_playbook: site.yml\n', 'playbook'],
      'roles/web/tasks/main.yml': ['- name: x\n  apt: name=nginx\n', 'tasks'],
      'group_vars/all.yml': ['a: 1\n', 'variables'],
      'inventories/prod/group_vars/web/vault': ['$ANSIBLE_VAULT;1.1;AES256\n', 'variables'],
      'inventories/prod/hosts': ['[web]\na ansible_host=1\n', 'inventory'],
      'inventory/hosts.yml': ['all:\n  children:\n    web:\n', 'inventory'],
      'ansible.cfg': ['[defaults]\n', 'settings'],
      '.vault_pass': ['secret\n', 'vault-password'],
      'vault_pass.txt': ['#!/bin/sh\n', undefined],
      'src/hosts': ['127.0.0.1 localhost\n', undefined],
      'config.ini': ['[server]\nport = 80\n', undefined],
      'app.yml': ['- name: one\n  value: hosts\n- name: two\n', undefined],
      '.github/workflows/ci.yml': ['on: push\njobs:\n  a:\n    steps:\n', undefined],
      'k8s/deployment.yml': ['kind: Deployment\nspec:\n  hosts: a\n', undefined],
    };

    for (const [path, [text, kind]] of Object.entries(files))
      assert.equal(
        kindOf(path, () => text),
        kind,
        path,
      );
  });

  it('decides in a moment, whatever the head', () => {
    const heads = [
      `- name: x\n${'   \n'.repeat(1000)}`,
      '- a\n'.repeat(1000),
      `all:\n${'  \n'.repeat(1300)}`,
      `- name: ${' '.repeat(4000)}`,
    ];

    const start = cpuTime();
    for (const head of heads) for (const path of ['a.yml', 'inventory/a.yml', 'roles/x/tasks/a.yml']) kindOf(path, () => head);

    assert.ok(cpuTime() - start < 500);
  });

  it('takes a vaulted value for what it is, and a plain one for a guess', async () => {
    const text = `db_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6231\napi_token: ${fakeToken('harbour1')}\nadmin_password: Tr0ub4dor&3x\nother_password: "{{ vault_other }}"\n`;

    const observations = await scan(text, 'group_vars/prod/main.yml');

    assert.deepEqual(rowsOf(observations), [
      ['vaulted-variable', 'db_password', 1],
      ['plain-variable', 'api_token', 4],
      ['plain-variable', 'admin_password', 5],
    ]);
    assert.deepEqual(
      kinds(observations, 'sighting').map(({ detector, confidence, environment, at }) => [
        detector,
        confidence,
        environment,
        at?.line,
        at?.pointer,
      ]),
      [
        ['fake-token', 'high', 'prod', 4, 'api_token'],
        ['generic-plain-value', 'medium', 'prod', 5, 'admin_password'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(observations), /Tr0ub4dor/);
  });

  it('leaves a vaulted file alone', async () => {
    const observations = await scan('$ANSIBLE_VAULT;1.1;AES256\n3132\n', 'group_vars/all/vault.yml');

    assert.deepEqual(
      observations.map(({ kind }) => kind),
      ['coverage'],
    );
    assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
  });

  it('reads hosts and their variables, quoted and not, with columns', async () => {
    const observations = await scan(
      '[web]\nshop1 ansible_host=1.2.3.4 ansible_user=root ansible_password="Tr0ub4dor&3x" # note=1\n[web:vars]\nansible_ssh_private_key_file = keys/a.pem ; the key\n',
      'hosts.ini',
    );

    assert.deepEqual(
      kinds(observations, 'consumer').map(({ detail, at, secretName }) => [detail?.fact, secretName, at?.line, at?.column]),
      [
        ['administrator-login', 'ansible_user', 2, 41],
        ['plain-variable', 'ansible_password', 2, 64],
        ['private-key-file', 'a.pem', 4, 32],
      ],
    );
  });

  it('makes identities of the accounts that tasks make, with their rights', async () => {
    const text =
      '- hosts: db\n  tasks:\n    - amazon.aws.iam_user:\n        name: uploader\n        managed_policies: [arn:aws:iam::aws:policy/AdministratorAccess]\n    - amazon.aws.iam_role:\n        name: "{{ role }}"\n    - sts_assume_role:\n        role_arn: arn:aws:iam::123456789012:role/deploy\n';

    const observations = await scan(text, 'site.yml');

    assert.deepEqual(
      kinds(observations, 'identity').map(({ id, at }) => [id, at?.line]),
      [['aws:-:user/uploader', 3]],
    );
    assert.deepEqual(
      kinds(observations, 'grant').map(({ identity, permission, capability }) => [identity, permission, capability]),
      [['aws:-:user/uploader', 'AdministratorAccess', 'admin']],
    );
    assert.deepEqual(
      kinds(observations, 'consumer').map(({ identity, how }) => [identity, how]),
      [['aws:123456789012:role/deploy', 'impersonation']],
    );
  });

  it('names the variables in an expression, not texts and functions', () => {
    assert.deepEqual(namesIn("{{ db.password | default('x') }} {{ lookup('env', 'TOKEN') }} {{ item.token if a else b }}"), [
      'db.password',
      'item.token',
      'if',
      'a',
      'else',
      'b',
    ]);
  });

  it('reads what it can of broken YAML, and says the line', async () => {
    const observations = await scan('- hosts: a\n  vars:\n    db_password: root\n  tasks: [\n    - x\n', 'site.yml');

    const [row] = kinds(observations, 'coverage');
    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /line \d/);
    assert.deepEqual(rowsOf(observations), [['default-password', 'db_password', 3]]);
  });

  it('never throws, and names lines that are there', async () => {
    const playbook =
      '- hosts: web\n  vars:\n    a_password: "{{ x }}"\n  tasks:\n    - name: y\n      shell: mysql -p{{ a_password }}\n    - block:\n        - debug: var=a_password\n      no_log: yes\n';
    const inventory = '[web:vars]\nansible_user=root\n[web]\na ansible_password="x y" b=c\n';

    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(['site.yml', playbook] as const, ['inventory', inventory] as const),
        fc.array(
          fc.tuple(
            fc.nat(220),
            fc.constantFrom(
              '"',
              "'",
              '\n',
              '  ',
              '{{',
              '}}',
              '[',
              ']',
              '&x ',
              '*x',
              '\t',
              '\r\n',
              '#',
              ': ',
              '- ',
              '=',
              '\u0000',
            ),
          ),
          { maxLength: 10 },
        ),
        async ([path, text], changes) => {
          let changed: string = text;
          for (const [at, what] of changes) changed = changed.slice(0, at) + what + changed.slice(at);

          const observations = await scan(changed, path);

          const lines = changed.split('\n').length;
          const [row] = kinds(observations, 'coverage');
          assert.equal(row?.seen, (row?.read ?? 0) + (row?.failed ?? 0));
          for (const { at } of kinds(observations, 'consumer')) assert.ok((at?.line ?? 0) >= 1 && (at?.line ?? 0) <= lines);
        },
      ),
      { numRuns: 300 },
    );
  });
});

async function scan(text: string, path: string): Promise<Observation[]> {
  return await collect(
    ansible.scan(sourceFile(path, Buffer.from(text), { repository: 'harbour/shop', path, atHead: true }, 'iac'), testContext()),
  );
}

function rowsOf(observations: readonly Observation[]) {
  return kinds(observations, 'consumer').map(({ detail, secretName, at }) => [detail?.fact, secretName, at?.line]);
}
