import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** Terraform and OpenTofu: code, values, plans and state. What reads them loads with the first. https://developer.hashicorp.com/terraform/language */
export const terraform = defineFileScanner({
  id: 'terraform',
  title: 'Terraform and OpenTofu',
  emits: ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting', 'coverage'],
  surfaces: ['iac'],
  version: 5,
  usesClock: true,
  content: 'shared',
  recognises,
  // Its module, and the policies that `file()` and `templatefile()` read.
  looksAt: (path) => /\.(?:tf|tofu|tfvars|json|tpl|tftpl|tmpl)$/i.test(path),
  async *scan(file, context) {
    const { scanTerraform } = await import('./scan.ts');
    yield* scanTerraform(file, context);
  },
});

function recognises(file: FileHead): boolean {
  const { path } = file;
  if (/\.(?:tf|tofu|tfvars)(?:\.json)?$/i.test(path)) return true;
  if (/\.tfstate(?:\.[\w.-]*)?$/i.test(path)) return true;
  if (!/\.json$/i.test(path)) return false;
  const head = file.head();
  // `terraform show -json` writes one line; a state has its version first.
  return /^\s*\{\s*"format_version"\s*:\s*"/.test(head)
    ? /"(?:terraform_version|planned_values|resource_changes)"/.test(head)
    : /^\s*\{\s*"version"\s*:\s*[34],\s*"terraform_version"/.test(head);
}
