/** What a file of a tree of playbooks is. */
export type AnsibleKind = 'playbook' | 'tasks' | 'variables' | 'inventory' | 'settings' | 'vault-password';

const YAML = /\.ya?ml$/i;
const TASKS =
  /^-[ \t]+(?:name|block|include_tasks|import_tasks|include_role|import_role|include_vars|include|ansible\.builtin\.\w+|set_fact|debug|shell|command|when|tags|become)[ \t]*:/m;
/** An inventory of lines: groups in brackets, hosts with their variables. */
const INI_GROUPS = /^\[[\w.:@-]+\][ \t]*\r?$/m;
const ANSIBLE_VARIABLE =
  /\bansible_(?:host|user|port|connection|password|ssh_\w+|become\w*|python_interpreter|private_key_file|network_os|winrm_\w+)[ \t]*[=:]/;
/** Told by the path first; by the head only where names leave it open. */
export function kindOf(path: string, head: () => string): AnsibleKind | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/^\.?ansible\.cfg$/.test(name)) return 'settings';
  if (/^\.?(?:ansible[-_])?vault[-_]?(?:pass(?:word)?|passphrase|key)(?:[-_]?file)?(?:\.txt)?$|^\.vault$/i.test(name)) {
    return /^\s*(?:#!|\$ANSIBLE_VAULT)/.test(head()) ? undefined : 'vault-password';
  }
  if (/(?:^|\/)(?:group_vars|host_vars)\//.test(path)) return /\.(?:ya?ml|json)$|^[^.]+$/i.test(name) ? 'variables' : undefined;
  if (YAML.test(name)) return yamlKind(path, head);
  if (/^(?:hosts|inventory)(?:[._-][\w.-]+)?$|\.(?:ini|inventory)$/i.test(name) || /(?:^|\/)inventor(?:y|ies)\//.test(path)) {
    if (/\.(?:py|sh|json|md|txt|rst|j2|js|ts|xml|go|cfg|tf|pl|rb)$/i.test(name)) return undefined;
    const text = head();
    return INI_GROUPS.test(text) && ANSIBLE_VARIABLE.test(text) ? 'inventory' : undefined;
  }
  return undefined;
}

function yamlKind(path: string, head: () => string): AnsibleKind | undefined {
  if (/(?:^|\/)\.(?:github|gitlab|circleci)\//.test(path)) return undefined;
  if (/(?:^|\/)roles\/[^/]+\/(?:tasks|handlers)\/|(?:^|\/)(?:tasks|handlers)\/[^/]+\.ya?ml$/.test(path)) {
    const text = head();
    return TASKS.test(text) ? 'tasks' : isPlaybook(text) ? 'playbook' : undefined;
  }
  if (/(?:^|\/)roles\/[^/]+\/(?:vars|defaults)\/|(?:^|\/)(?:vars|defaults)\/main\.ya?ml$/.test(path)) return 'variables';
  const text = head();
  if (isPlaybook(text)) return 'playbook';
  if (/(?:^|\/)(?:inventor(?:y|ies)(?:\/|[._-])|hosts[._-])/.test(path) && isInventory(text)) return 'inventory';
  if (/^all[ \t]*:[ \t]*\r?$/m.test(text) && isInventory(text) && ANSIBLE_VARIABLE.test(text)) return 'inventory';
  return undefined;
}

/** A list whose items name hosts. Line by line: a pattern over many lines would be slow on what is almost one. */
function isPlaybook(text: string): boolean {
  let indent = 0;
  for (const line of text.split('\n')) {
    const item = /^(?<dash>-[ \t]+)(?<key>[\w.]+)[ \t]*:/.exec(line)?.groups;
    if (item !== undefined) {
      if (item.key === 'hosts' || item.key === 'import_playbook' || item.key === 'ansible.builtin.import_playbook') return true;
      indent = item.dash?.length ?? 0;
    } else if (indent > 0 && /^[ \t]+hosts[ \t]*:/.test(line) && line.search(/\S/) === indent) return true;
    else if (/^[^\s#-]/.test(line)) indent = 0;
  }
  return false;
}

function isInventory(text: string): boolean {
  let isBelow = false;
  for (const line of text.split('\n')) {
    if (/^[\w-]+[ \t]*:\s*$/.test(line)) isBelow = true;
    else if (isBelow && /^[ \t]+(?:hosts|children)[ \t]*:/.test(line)) return true;
    else if (/^[^\s#]/.test(line)) isBelow = false;
  }
  return false;
}
