import assert from 'node:assert/strict';
import { namespaceFor } from '../../../scanners/kubernetes/namespace.ts';
import type { SourceFile } from '../../../src/contracts/index.ts';
import { sourceFile } from '../../../src/files/source-file.ts';
import { surroundings } from '../../../src/files/surroundings.ts';

const BINDING = 'kind: ClusterRoleBinding\nmetadata: {name: ci}\nsubjects:\n- {kind: ServiceAccount, name: ci}\n';

/** What stands for the namespace of a file beside a kustomization. */
async function namespaceBeside(kustomization: string, path = 'k8s/role.yaml'): Promise<string | undefined> {
  const texts = new Map([
    ['k8s/kustomization.yaml', kustomization],
    [path, BINDING],
  ]);
  const around = surroundings(
    () => texts.keys(),
    (name, all) => fileOf(name, texts.get(name) ?? '', all),
  );
  return await namespaceFor(fileOf(path, BINDING, around));
}

function fileOf(path: string, text: string, around: NonNullable<SourceFile['around']>): SourceFile {
  return { ...sourceFile(path, Buffer.from(text), { repository: 'harbour/shop', path }, 'work-tree'), around };
}

describe('the namespace that a kustomization tells', () => {
  for (const [how, text] of [
    ['in a list', 'resources: [role.yaml]\n'],
    ['line by line', 'resources:\n  - deployment.yaml\n  - "role.yaml" # the rights\n'],
    ['from its own directory', 'resources:\n- ./role.yaml\n'],
    ['by a way around', 'resources:\n- ../k8s/role.yaml\n'],
    ['as a patch', 'patches:\n- path: role.yaml\n'],
  ] as const) {
    it(`holds for a file that it names ${how}`, async () => {
      assert.equal(await namespaceBeside(`namespace: ops\n${text}`), 'ops');
    });
  }

  for (const [how, text] of [
    ['a name that ends like it', 'resources: [cluster-role.yaml]\n'],
    ['a name that begins like it', 'resources: [role.yaml.bak]\n'],
    ['one of its name elsewhere', 'resources: [base/role.yaml, ../role.yaml]\n'],
    ['it in a comment only', 'resources: []\n# - role.yaml\n'],
    ['it in another field', 'resources: []\nconfigMapGenerator:\n- name: a\n  files: [role.yaml]\n'],
    ['only what is broken', '}: [[\n'],
  ] as const) {
    it(`does not hold for a file where it names ${how}`, async () => {
      assert.equal(await namespaceBeside(`namespace: ops\n${text}`), undefined);
    });
  }
});
