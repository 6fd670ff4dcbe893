import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';
import { kindOf } from './kind.ts';

/** Ansible: playbooks, roles, variables, inventories and settings. https://docs.ansible.com/ansible/latest/ */
export const ansible = defineFileScanner({
  id: 'ansible',
  title: 'Ansible',
  emits: ['identity', 'grant', 'consumer', 'sighting', 'coverage'],
  surfaces: ['iac'],
  version: 1,
  content: 'shared',
  recognises: (file: FileHead) => kindOf(file.path, file.head) !== undefined,
  async *scan(file, context) {
    const { scanAnsible } = await import('./read.ts');
    yield* scanAnsible(file, context);
  },
});
