import { staticVariable } from '../../src/ci/cloud-keys.ts';
import { howOfName } from '../../src/ci/settings.ts';
import {
  awsRoleId,
  awsUserId,
  type Confidence,
  type ConsumerObservation,
  type CredentialId,
  type GrantObservation,
  gcpServiceAccountId,
  type IdentityId,
  type IdentityObservation,
  identityIdFromArn,
  type JsonObject,
  type Location,
  parseIdentityId,
  postgresRoleId,
} from '../../src/contracts/index.ts';
import { isKnownPassword, looksSecret, type SecretKind, secretKind } from '../../src/formats/plain-value.ts';
import { entriesOf, get, type Tree } from '../../src/formats/tree.ts';
import type { Setting } from './settings.ts';
import { type Argument, isCommand, type Play, type Task } from './tasks.ts';
import { isFalse, isTemplate, isTrue, isVaulted, namesIn } from './words.ts';

export interface AnsiblePlace {
  readonly repository: string | undefined;
  readonly path: string;
  readonly environment: string | undefined;
  at(offset: number, pointer: string): Location;
  literalAt(start: number, end: number): CredentialId | undefined;
  credentialOf(type: SecretKind, start: number, end: number): CredentialId;
  textAt(start: number, end: number): string;
}

/** A literal under a secret's name. */
export interface PlainVariable {
  readonly type: SecretKind;
  readonly start: number;
  readonly end: number;
  readonly pointer: string;
  readonly confidence: Confidence;
  /** A detector found it, too. */
  readonly isKnown: boolean;
}

interface Fact {
  readonly fact: string;
  readonly part?: string;
  readonly secretName?: string;
  readonly identity?: IdentityId;
  readonly credential?: CredentialId;
  readonly how?: string;
  readonly detail?: JsonObject;
}

type Row = ConsumerObservation | IdentityObservation | GrantObservation;
const MAX_ROWS = 20_000;
const MAX_DEPTH = 40;

/** Makes the rows of one file. */
export class Writer {
  readonly #place: AnsiblePlace;
  readonly #rows: Row[] = [];
  readonly #plain = new Map<number, PlainVariable>();
  /** Settings of hosts that people run against, not what a role falls back to. */
  readonly #isReal: boolean;
  #isCut = false;

  constructor(place: AnsiblePlace) {
    this.#place = place;
    this.#isReal = !/(?:^|\/)(?:defaults|molecule|tests?)\//.test(place.path);
  }

  result(): { readonly rows: readonly Row[]; readonly plain: readonly PlainVariable[]; readonly problems: readonly string[] } {
    const problems = this.#isCut ? [`more than ${MAX_ROWS} uses of identities and secrets: the rest was not read`] : [];
    return { rows: this.#rows, plain: [...this.#plain.values()], problems };
  }

  /** The file that opens the vault. */
  vaultPassword(): void {
    const name = this.#place.path.slice(this.#place.path.lastIndexOf('/') + 1);
    this.#add(0, '', { fact: 'vault-password', secretName: name, how: 'static-key', detail: { file: this.#place.path } });
  }

  options(settings: readonly Setting[]): void {
    for (const { name, value, start, end, section } of settings) {
      const pointer = `${section}.${name}`;
      if (name === 'vault_password_file' || name === 'vault_identity_list') {
        for (const part of value.split(',')) {
          const file = part.replace(/^[^@]*@/, '').trim();
          if (file === '' || file === 'prompt' || isTemplate(file)) continue;
          this.#add(start, pointer, {
            fact: 'vault-password-file',
            secretName: file.slice(file.lastIndexOf('/') + 1),
            detail: { file: this.#resolve(file), inRepository: !/^[/~$]/.test(file) },
          });
        }
      } else if (name === 'host_key_checking' && isFalse(value))
        this.#add(start, pointer, { fact: 'no-host-key-check', secretName: 'ssh', detail: { setting: name } });
      else if (/^(?:ssh_args|ssh_common_args|ssh_extra_args)$/.test(name)) this.#hostKeys(name, value, start, pointer);
      else if (name === 'remote_user') this.#loginUser(value, start, pointer, undefined);
      else if (name === 'private_key_file') this.#privateKey(value, start, pointer, undefined);
      else if (isTrue(value) && name === 'display_args_to_stdout')
        this.#add(start, pointer, { fact: 'arguments-shown', secretName: '*', detail: { setting: name } });
      else this.#variable(name, value, start, end, pointer, undefined);
    }
  }

  inventory(settings: readonly Setting[]): void {
    for (const { name, value, start, end, section } of settings)
      this.#connection(name, value, start, end, section === '' ? name : `${section}.${name}`, section || undefined);
  }

  variables(root: Tree | undefined, isInventory: boolean): void {
    this.#below(root, '', isInventory ? undefined : '', 0);
  }

  play({ name, tree, tasks }: Play): void {
    for (const { key, value } of entriesOf(tree)) {
      if (key === 'vars') this.#below(value, 'vars', name, 0);
      else if (key === 'environment') this.#environment(value, name);
      else if (key === 'remote_user' && value.type === 'scalar') this.#loginUser(value.value, value.start, value.pointer, name);
    }
    this.tasks(tasks, name);
  }

  tasks(tasks: readonly Task[], play: string | undefined): void {
    for (const task of tasks) {
      const part = play === undefined || play === task.name ? task.name : `${play}/${task.name}`;
      this.#below(get(task.tree, 'vars'), 'vars', part, 0);
      if (task.module === 'set_fact')
        for (const { name, value, start, pointer } of task.arguments)
          this.#variable(name, value, start, start + value.length, pointer, part);
      this.#environment(get(task.tree, 'environment'), part);
      this.#task(task, part);
    }
  }

  #below(tree: Tree | undefined, key: string, part: string | undefined, depth: number): void {
    if (tree === undefined || depth > MAX_DEPTH) return;
    if (tree.type === 'scalar') {
      const quote = tree.quoted ? 1 : 0;
      this.#connection(key, tree.value, tree.start + quote, tree.end - quote, tree.pointer, part);
    } else if (tree.type === 'list') for (const item of tree.items) this.#below(item, key, part, depth + 1);
    else for (const entry of tree.entries) this.#below(entry.value, entry.key, part, depth + 1);
  }

  /** A variable that may say how Ansible logs in. */
  #connection(name: string, value: string, start: number, end: number, pointer: string, part: string | undefined): void {
    if (/^ansible_(?:ssh_)?user$/.test(name)) this.#loginUser(value, start, pointer, part);
    else if (/^ansible_(?:ssh_)?private_key_file$/.test(name)) this.#privateKey(value, start, pointer, part);
    else if (/^ansible_ssh_(?:common|extra)?_?args$/.test(name)) this.#hostKeys(name, value, start, pointer);
    else if (name === 'ansible_host_key_checking' && isFalse(value))
      this.#add(start, pointer, { fact: 'no-host-key-check', secretName: 'ssh', detail: { setting: name } });
    else if (name === 'ansible_winrm_server_cert_validation' && value === 'ignore')
      this.#add(start, pointer, { fact: 'unverified-tls', secretName: 'ansible_password', detail: { tool: 'winrm' } });
    else this.#variable(name, value, start, end, pointer, part);
  }

  #variable(name: string, value: string, start: number, end: number, pointer: string, part: string | undefined): void {
    const type = secretKind(name);
    if (type === undefined || value === '' || name.length > 200) return;
    const base = part === undefined || part === '' ? {} : { part };
    if (isVaulted(value)) {
      this.#add(start, pointer, { ...base, fact: 'vaulted-variable', secretName: name });
      return;
    }
    if (isTemplate(value)) return;
    const known = end > start ? this.#place.literalAt(start, end) : undefined;
    const written = this.#place.textAt(start, end);
    const isPlain = (known !== undefined || written === value) && looksSecret(written);
    if (known !== undefined || isPlain) {
      if (isPlain)
        this.#plain.set(start, {
          type,
          start,
          end,
          pointer,
          confidence: this.#isReal ? 'medium' : 'low',
          isKnown: known !== undefined,
        });
      this.#add(start, pointer, {
        ...base,
        fact: 'plain-variable',
        secretName: name,
        credential: known ?? this.#place.credentialOf(type, start, end),
      });
    } else if (isKnownPassword(name, value)) {
      this.#add(start, pointer, {
        ...base,
        fact: 'default-password',
        secretName: name,
        detail: { variable: name, isFallback: !this.#isReal },
      });
    }
  }

  #loginUser(user: string, start: number, pointer: string, part: string | undefined): void {
    if (user !== 'root' && !/^administrator$/i.test(user)) return;
    this.#add(start, pointer, {
      ...(part === undefined || part === '' ? {} : { part }),
      fact: 'administrator-login',
      secretName: 'ansible_user',
      detail: { user },
    });
  }

  #privateKey(file: string, start: number, pointer: string, part: string | undefined): void {
    if (file === '' || isTemplate(file)) return;
    const inRepository = !/^[/~$%]/.test(file);
    this.#add(start, pointer, {
      ...(part === undefined || part === '' ? {} : { part }),
      fact: 'private-key-file',
      secretName: file.slice(file.lastIndexOf('/') + 1),
      how: 'static-key',
      detail: { file: inRepository ? this.#resolve(file) : file, inRepository },
    });
  }

  #hostKeys(name: string, value: string, start: number, pointer: string): void {
    if (/StrictHostKeyChecking[= ]"?(?:no|off)|UserKnownHostsFile[= ]"?\/dev\/null/i.test(value))
      this.#add(start, pointer, { fact: 'no-host-key-check', secretName: 'ssh', detail: { setting: name } });
  }

  /** Long-lived cloud keys that tasks are given in variables. */
  #environment(tree: Tree | undefined, part: string): void {
    for (const { key, value } of entriesOf(tree)) {
      const cloud = staticVariable(key);
      if (cloud === undefined || value.type !== 'scalar' || value.value === '') continue;
      this.#add(value.start, value.pointer, {
        part,
        fact: 'static-cloud-key',
        secretName: nameOf(value.value) ?? key,
        how: 'static-key',
        detail: { cloud, variable: key },
      });
    }
  }

  #task(task: Task, part: string): void {
    this.#hiding(task, part);
    this.#cloudKeys(task, part);
    this.#certificates(task, part);
    this.#accounts(task, part);
    const text = [...task.arguments.map(({ value }) => value), task.free?.value ?? ''].join('\n');
    if (/NOPASSWD:\s*(?:ALL|SETENV: ALL)/.test(text))
      this.#add(task.tree.start, task.tree.pointer, {
        part,
        fact: 'passwordless-sudo',
        secretName: 'sudo',
        detail: { module: task.module },
      });
  }

  /** Secrets that a task prints into the log of the run. https://docs.ansible.com/ansible/latest/reference_appendices/logging.html */
  #hiding(task: Task, part: string): void {
    if (task.isHidden) return;
    const leak = leakOf(task);
    if (leak === undefined) return;
    this.#add(task.tree.start, task.tree.pointer, {
      part,
      fact: 'task-without-no-log',
      secretName: leak.name,
      detail: { module: task.module, through: leak.through },
    });
  }

  #cloudKeys(task: Task, part: string): void {
    for (const argument of task.arguments) {
      const cloud = cloudKeyOf(task.action, argument, task.arguments);
      if (cloud === undefined || argument.value === '') continue;
      this.#add(argument.start, argument.pointer, {
        part,
        fact: 'static-cloud-key',
        secretName: nameOf(argument.value) ?? argument.name,
        how: 'static-key',
        detail: { cloud, module: task.module, parameter: argument.name },
      });
      return;
    }
  }

  #certificates(task: Task, part: string): void {
    const off = task.arguments.find(
      ({ name, value }) =>
        (/^(?:validate_certs|verify_ssl|tls_verify|url_validate_certs)$/.test(name) && isFalse(value)) ||
        (name === 'insecure' && isTrue(value)),
    );
    if (off === undefined) return;
    const secret = task.arguments.find(
      ({ name, value }) =>
        value !== '' &&
        (secretKind(name) !== undefined || /^(?:authorization|url_password|api_key|x-[\w-]*(?:token|key))$/i.test(name)) &&
        name !== 'validate_certs',
    );
    if (secret === undefined) return;
    this.#add(off.start, off.pointer, {
      part,
      fact: 'unverified-tls',
      secretName: nameOf(secret.value) ?? secret.name,
      detail: { module: task.module, tool: task.module },
    });
  }

  /** Accounts that a playbook makes, and what they may do. */
  #accounts(task: Task, part: string): void {
    const value = (name: string) => task.arguments.find((argument) => argument.name === name)?.value ?? '';
    const user = value('name') || value('user') || value('login') || value('iam_user') || value('user_name');
    if (/^(?:absent)$/.test(value('state')) || user === '' || isTemplate(user)) {
      this.#assumed(task, part, value('role_arn'));
      return;
    }
    const { module } = task;
    const at = [task.tree.start, task.tree.pointer] as const;
    const isAll =
      (module === 'postgresql_user' && /(?<!NO)SUPERUSER/.test(value('role_attr_flags'))) ||
      (module === 'mysql_user' &&
        /\*\.\*:(?:ALL|[^/]*\bSUPER\b)/i.test(
          [...task.arguments]
            .filter(({ name }) => name === 'priv' || name === '*.*')
            .map(({ name, value: text }) => (name === '*.*' ? `*.*:${text}` : text))
            .join('/'),
        )) ||
      (module === 'mongodb_user' &&
        /\b(?:root|__system|dbOwner|userAdminAnyDatabase)\b/.test(
          task.arguments
            .filter(({ name }) => /^(?:roles|role)$/.test(name))
            .map(({ value: text }) => text)
            .join(' '),
        )) ||
      (module === 'postgresql_privs' && /^ALL$/i.test(value('privs')) && /^database$/i.test(value('type')));
    if (module === 'postgresql_user')
      this.#identity(postgresRoleId(undefined, user), 'database-role', at, isAll ? 'SUPERUSER' : undefined);
    if (isAll) {
      const identity = module.startsWith('postgresql') ? { identity: postgresRoleId(undefined, user) } : {};
      this.#add(...at, { part, fact: 'database-administrator', secretName: user, ...identity, detail: { module, user } });
    }
    if (module === 'iam_user' || module === 'iam_role') {
      const identity = module === 'iam_user' ? awsUserId(undefined, user) : awsRoleId(undefined, user);
      const isAdmin = task.arguments.some(
        ({ name, value: text }) => /^managed_polic(?:y|ies)$/.test(name) && /AdministratorAccess$/.test(text),
      );
      this.#identity(identity, module.slice(4), at, isAdmin ? 'AdministratorAccess' : undefined);
    }
    const makesKey =
      module === 'iam_access_key' ||
      module === 'gcp_iam_service_account_key' ||
      (module === 'iam' && /^create$/i.test(value('access_key_state')));
    if (makesKey) {
      const identity = module === 'gcp_iam_service_account_key' ? undefined : awsUserId(undefined, user);
      this.#add(...at, {
        part,
        fact: 'long-lived-key',
        secretName: user,
        ...(identity === undefined ? {} : { identity }),
        how: 'static-key',
        detail: { module, user },
      });
    }
    if (module === 'gcp_iam_service_account' && user.includes('@'))
      this.#identity(gcpServiceAccountId(user), 'service-account', at, undefined);
  }

  #assumed({ tree, module }: Task, part: string, role: string): void {
    const identity = identityIdFromArn(role);
    if (identity !== undefined)
      this.#add(tree.start, tree.pointer, {
        part,
        fact: 'assumed-role',
        identity,
        how: 'impersonation',
        detail: { module, cloud: 'aws' },
      });
  }

  #identity(id: IdentityId, type: string, [start, pointer]: readonly [number, string], permission: string | undefined): void {
    const parts = parseIdentityId(id);
    if (parts === undefined || this.#rows.length >= MAX_ROWS) return;
    const at = this.#place.at(start, pointer);
    const { environment } = this.#place;
    this.#rows.push({
      kind: 'identity',
      id,
      provider: parts.provider,
      type,
      name: parts.name,
      ...(environment === undefined ? {} : { environment }),
      detail: { platform: 'ansible' },
      at,
    });
    if (permission === undefined) return;
    this.#rows.push({
      kind: 'grant',
      identity: id,
      effect: 'allow',
      permission,
      resource: '*',
      capability: 'admin',
      confidence: 'high',
      detail: { platform: 'ansible' },
      at,
    });
  }

  #add(offset: number, pointer: string, { fact, part, secretName, identity, credential, how, detail }: Fact): void {
    if (this.#rows.length >= MAX_ROWS) {
      this.#isCut = true;
      return;
    }
    const { repository, path, environment } = this.#place;
    this.#rows.push({
      kind: 'consumer',
      consumer: `${repository === undefined ? '' : `${repository}:`}${path}${part === undefined ? '' : `#${part}`}`,
      type: 'code',
      ...(identity === undefined ? {} : { identity }),
      ...(credential === undefined ? {} : { credential }),
      ...(secretName === undefined ? {} : { secretName }),
      how: how ?? howOfName(secretName ?? ''),
      ...(environment === undefined ? {} : { environment }),
      detail: { platform: 'ansible', fact, ...detail },
      at: this.#place.at(offset, pointer),
    });
  }

  /** As seen from the root of the repository. */
  #resolve(file: string): string {
    const parts = this.#place.path.split('/').slice(0, -1);
    for (const part of file.split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '.' && part !== '' && part !== '{{playbook_dir}}') parts.push(part);
    }
    return parts.join('/');
  }
}

/** The variable that a template puts in, when its name says that it is a secret. */
function nameOf(value: string): string | undefined {
  return namesIn(value)
    .map(lastPart)
    .find((name) => secretKind(name) !== undefined || staticVariable(name) !== undefined);
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Which secret a task shows, and through what. Parameters that modules hide themselves (`password`) are none. */
function leakOf(task: Task): { readonly name: string; readonly through: string } | undefined {
  const { module, action, arguments: given, free } = task;
  const secrets = (text: string) => namesIn(text).filter((name) => secretKind(lastPart(name)) !== undefined);
  if (isCommand(action)) {
    const command = [
      free?.value ?? '',
      ...given.filter(({ name }) => /^(?:cmd|argv|_raw_params|command)$/.test(name)).map(({ value }) => value),
    ].join('\n');
    const [name] = secrets(command);
    if (name !== undefined) return { name: lastPart(name), through: 'command' };
  }
  if (module === 'debug') {
    const variable = given.find(({ name }) => name === 'var')?.value ?? '';
    const name =
      secrets([...given.map(({ value }) => value), free?.value ?? ''].join('\n'))[0] ??
      (secretKind(lastPart(variable)) === undefined ? undefined : variable);
    if (name !== undefined) return { name: lastPart(name), through: 'debug' };
  }
  if (module === 'uri') {
    const [name] = secrets(
      given
        .filter(({ name: key }) => !/^(?:url_password|password|url_username|client_key)$/.test(key))
        .map(({ value }) => value)
        .join('\n'),
    );
    if (name !== undefined) return { name: lastPart(name), through: 'request' };
  }
  if (/^(?:lineinfile|blockinfile|replace|copy|ini_file)$/.test(module)) {
    const [name] = secrets(
      given
        .filter(({ name: key }) => /^(?:line|block|content|value|replace)$/.test(key))
        .map(({ value }) => value)
        .join('\n'),
    );
    if (name !== undefined) return { name: lastPart(name), through: 'file' };
  }
  // The items of a loop are printed one by one, whatever the module hides.
  if (task.loop !== undefined && !task.loopLabel) {
    const used = given
      .flatMap(({ value }) => namesIn(value))
      .find((name) => /^item\.\w/.test(name) && secretKind(lastPart(name)) !== undefined);
    if (used !== undefined) return { name: lastPart(used), through: 'loop' };
  }
  return undefined;
}

function cloudKeyOf(action: string, { name, value }: Argument, all: readonly Argument[]): 'aws' | 'gcp' | 'azure' | undefined {
  const isAws = /^(?:amazon\.aws|community\.aws)\.|^(?:ec2|aws|s3|rds|iam|elb|route53|cloudformation|lambda|sts)(?:_|$)/.test(
    action,
  );
  if (isAws && /^(?:aws_secret_key|secret_key|aws_secret_access_key|ec2_secret_key)$/.test(name)) return 'aws';
  if (/^azure\.azcollection\.|^azure_rm_/.test(action) && name === 'secret' && all.some((one) => one.name === 'client_id'))
    return 'azure';
  if (
    /^google\.cloud\.|^gcp_/.test(action) &&
    /^(?:service_account_file|service_account_contents|credentials_file)$/.test(name) &&
    value !== ''
  )
    return 'gcp';
  return undefined;
}
