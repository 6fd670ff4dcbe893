import { type Action, gravest } from '../action.ts';

/** What one statement does, as PostgreSQL's own grammar reads it. */
export interface Understood {
  /** `undefined` for what neither reads nor changes anything. */
  readonly action: Action | undefined;
  /** Tables and the like, with their schema where it is named. */
  readonly objects: readonly string[];
  /** `SELECT`, `ALTER ROLE` */
  readonly operation: string;
}

/** A node of the tree: one key that names its kind. https://github.com/pganalyze/libpg_query */
type Node = { readonly [key: string]: unknown };

/** Words of `SELECT` that do more than read. */
const FUNCTIONS: { readonly [name: string]: Action } = {
  pg_terminate_backend: 'admin',
  pg_cancel_backend: 'admin',
  pg_reload_conf: 'admin',
  pg_rotate_logfile: 'admin',
  pg_promote: 'admin',
  pg_switch_wal: 'admin',
  pg_read_file: 'admin',
  pg_read_binary_file: 'admin',
  pg_ls_dir: 'admin',
  lo_import: 'admin',
  lo_export: 'admin',
  dblink_exec: 'write',
  lo_unlink: 'write',
  lo_put: 'write',
  setval: 'write',
  pg_drop_replication_slot: 'admin',
  dblink: 'unknown',
  query_to_xml: 'unknown',
};

export function understand(kind: string, node: Node): Understood {
  const own = actionOf(kind, node);
  const found = new Finder();
  found.walk({ [kind]: node }, 0);
  // What is only explained is not done.
  const inner = kind === 'ExplainStmt' && own !== undefined ? [] : found.actions;
  const actions = [...(own === undefined ? [] : [own]), ...inner];
  return {
    action: actions.length === 0 ? undefined : gravest(actions),
    objects: found.objects(),
    operation: operationOf(kind, node),
  };
}

function actionOf(kind: string, node: Node): Action | undefined {
  if (Object.hasOwn(ACTIONS, kind)) return ACTIONS[kind];
  switch (kind) {
    case 'SelectStmt':
      return node.intoClause === undefined ? 'read' : 'write';
    case 'ExplainStmt':
      return isAnalyze(node) ? undefined : 'read';
    case 'CopyStmt':
      if (node.is_program === true) return 'admin';
      return node.is_from === true ? 'write' : 'read';
    case 'VariableSetStmt':
      return settingAction(node);
    case 'DropStmt':
      return node.removeType === 'OBJECT_POLICY' ? 'privilege' : 'ddl';
    case 'AlterTableStmt':
      return listOf(node.cmds).some((command) => PRIVILEGED_CHANGE.has(String(nodeOf(command, 'AlterTableCmd')?.subtype)))
        ? 'privilege'
        : 'ddl';
    case 'RenameStmt':
      return node.renameType === 'OBJECT_ROLE' ? 'privilege' : 'ddl';
    // What they hold decides, and is walked through.
    case 'PrepareStmt':
    case 'DeclareCursorStmt':
      return undefined;
    default:
      if (NEUTRAL.has(kind)) return undefined;
      return /^(?:Create|Alter|Drop|Define|Import|Comment|SecLabel|Index|View|Rule|CompositeType)/.test(kind) ? 'ddl' : 'unknown';
  }
}

const ACTIONS: { readonly [kind: string]: Action } = {
  InsertStmt: 'write',
  UpdateStmt: 'write',
  DeleteStmt: 'write',
  MergeStmt: 'write',
  TruncateStmt: 'write',
  RefreshMatViewStmt: 'write',
  VariableShowStmt: 'read',
  FetchStmt: 'read',
  CreateTableAsStmt: 'ddl',
  ReindexStmt: 'ddl',
  GrantStmt: 'privilege',
  GrantRoleStmt: 'privilege',
  AlterDefaultPrivilegesStmt: 'privilege',
  AlterOwnerStmt: 'privilege',
  ReassignOwnedStmt: 'privilege',
  DropOwnedStmt: 'privilege',
  CreateRoleStmt: 'privilege',
  AlterRoleStmt: 'privilege',
  AlterRoleSetStmt: 'privilege',
  DropRoleStmt: 'privilege',
  CreatePolicyStmt: 'privilege',
  AlterPolicyStmt: 'privilege',
  CreateUserMappingStmt: 'privilege',
  AlterUserMappingStmt: 'privilege',
  DropUserMappingStmt: 'privilege',
  AlterSystemStmt: 'admin',
  CheckPointStmt: 'admin',
  LoadStmt: 'admin',
  CallStmt: 'unknown',
  ExecuteStmt: 'unknown',
  DoStmt: 'unknown',
};

const NEUTRAL = new Set([
  'TransactionStmt',
  'DiscardStmt',
  'ListenStmt',
  'UnlistenStmt',
  'NotifyStmt',
  'ClosePortalStmt',
  'DeallocateStmt',
  'LockStmt',
  'VacuumStmt',
  'ConstraintsSetStmt',
]);

const PRIVILEGED_CHANGE = new Set([
  'AT_ChangeOwner',
  'AT_EnableRowSecurity',
  'AT_DisableRowSecurity',
  'AT_ForceRowSecurity',
  'AT_NoForceRowSecurity',
]);

/** Who one is, and whether rows are hidden from one. */
function settingAction(node: Node): Action | undefined {
  const name = String(node.name ?? '').toLowerCase();
  if (node.kind !== 'VAR_SET_VALUE' && node.kind !== 'VAR_SET_CURRENT') return undefined;
  if (name === 'role') return settingOf(node) === 'none' ? undefined : 'privilege';
  if (name === 'session_authorization' || name === 'row_security') return 'privilege';
  return name === 'session_replication_role' ? 'admin' : undefined;
}

function settingOf(node: Node): string | undefined {
  const constant = nodeOf(listOf(node.args)[0], 'A_Const');
  const text = isNode(constant?.sval) ? constant.sval.sval : undefined;
  return typeof text === 'string' ? text.toLowerCase() : undefined;
}

/** `EXPLAIN (ANALYZE false)` runs nothing; any other value, and none, does. */
function isAnalyze(node: Node): boolean {
  return listOf(node.options).some((option) => {
    const element = nodeOf(option, 'DefElem');
    if (element?.defname !== 'analyze') return false;
    return !/"(?:sval|str)":"(?:false|off)"|"boolval":\{\}/.test(JSON.stringify(element.arg ?? null));
  });
}

const MAX_DEPTH = 400;
const MAX_OBJECTS = 100;

/** Goes through the whole tree: statements inside others, tables, functions that do more than read. */
class Finder {
  readonly actions: Action[] = [];
  readonly #tables = new Set<string>();
  readonly #named = new Set<string>();

  walk(value: unknown, depth: number): void {
    if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (const item of value) this.walk(item, depth + 1);
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      if (isNode(inner)) this.#meet(key, inner, depth);
      this.walk(inner, depth + 1);
    }
  }

  objects(): string[] {
    return [...this.#tables]
      .filter((name) => !this.#named.has(name))
      .sort()
      .slice(0, MAX_OBJECTS);
  }

  #meet(key: string, node: Node, depth: number): void {
    if (depth > 0 && STATEMENT.test(key)) {
      const action = actionOf(key, node);
      if (action !== undefined) this.actions.push(action);
    }
    if (typeof node.relname === 'string') this.#table([node.catalogname, node.schemaname, node.relname]);
    if (typeof node.ctename === 'string') this.#named.add(node.ctename);
    if (key === 'FuncCall') {
      const name = namesOf(node.funcname).at(-1) ?? '';
      const action = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
      if (action !== undefined) this.actions.push(action);
    }
    if (key === 'DropStmt') for (const object of listOf(node.objects)) this.#table(dropped(object));
    if (key === 'DropdbStmt' || key === 'CreatedbStmt' || key === 'AlterDatabaseStmt') this.#table([node.dbname]);
    if (key === 'CreateSchemaStmt' || key === 'CreateExtensionStmt') this.#table([node.schemaname ?? node.extname]);
    if (key === 'GrantStmt') for (const object of listOf(node.objects)) this.#table(dropped(object));
  }

  #table(parts: readonly unknown[]): void {
    const named = parts.filter((part): part is string => typeof part === 'string' && part !== '');
    if (named.length > 0 && this.#tables.size < MAX_OBJECTS * 2) this.#tables.add(named.join('.'));
  }
}

const STATEMENT = /Stmt$/;

/** Names of what is dropped: a text, a list of them, a type, or a function with its arguments. */
function dropped(object: unknown): readonly string[] {
  if (!isNode(object)) return [];
  const list = nodeOf(object, 'List')?.items ?? nodeOf(object, 'TypeName')?.names ?? nodeOf(object, 'ObjectWithArgs')?.objname;
  return namesOf(list ?? [object]);
}

function namesOf(list: unknown): string[] {
  return listOf(list).flatMap((item) => {
    const text = nodeOf(item, 'String')?.sval;
    return typeof text === 'string' ? [text] : [];
  });
}

/** In the words of SQL: `AlterRoleStmt` is `ALTER ROLE`. */
function operationOf(kind: string, node: Node): string {
  if (Object.hasOwn(OPERATIONS, kind)) return OPERATIONS[kind] ?? kind;
  if (kind === 'GrantStmt' || kind === 'GrantRoleStmt') return node.is_grant === true ? 'GRANT' : 'REVOKE';
  if (kind === 'VacuumStmt') return node.is_vacuumcmd === true ? 'VACUUM' : 'ANALYZE';
  if (kind === 'DropStmt') return `DROP ${objectWords(node.removeType)}`;
  if (kind === 'AlterTableStmt') return `ALTER ${objectWords(node.objtype)}`;
  if (kind === 'RenameStmt') return `ALTER ${objectWords(node.renameType)}`;
  if (kind === 'AlterOwnerStmt' || kind === 'AlterObjectSchemaStmt') return `ALTER ${objectWords(node.objectType)}`;
  if (kind === 'TransactionStmt')
    return String(node.kind ?? '')
      .replace('TRANS_STMT_', '')
      .replaceAll('_', ' ');
  return kind
    .replace(/Stmt$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}

function objectWords(type: unknown): string {
  return String(type ?? '')
    .replace('OBJECT_', '')
    .replace('MATVIEW', 'MATERIALIZED VIEW')
    .replaceAll('_', ' ');
}

const OPERATIONS: { readonly [kind: string]: string } = {
  VariableSetStmt: 'SET',
  VariableShowStmt: 'SHOW',
  CreateStmt: 'CREATE TABLE',
  CreateTableAsStmt: 'CREATE TABLE AS',
  ViewStmt: 'CREATE VIEW',
  IndexStmt: 'CREATE INDEX',
  RuleStmt: 'CREATE RULE',
  CreateSeqStmt: 'CREATE SEQUENCE',
  CreateTrigStmt: 'CREATE TRIGGER',
  CreatedbStmt: 'CREATE DATABASE',
  DropdbStmt: 'DROP DATABASE',
  RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
  DeclareCursorStmt: 'DECLARE',
  ClosePortalStmt: 'CLOSE',
  CheckPointStmt: 'CHECKPOINT',
  AlterRoleSetStmt: 'ALTER ROLE',
  AlterDefaultPrivilegesStmt: 'ALTER DEFAULT PRIVILEGES',
};

function nodeOf(value: unknown, key: string): Node | undefined {
  const inner = isNode(value) ? value[key] : undefined;
  return isNode(inner) ? inner : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
