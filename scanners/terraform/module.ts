import type { Match, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { type HclFile, readHcl } from '../../src/formats/hcl/read.ts';
import type { Block, Body, Expression } from '../../src/formats/hcl/syntax.ts';
import { coverDeclared } from '../../src/iac/cover.ts';
import { readTfJson } from './tf-json.ts';

/** One `.tf` or `.tfvars` file. */
export interface ModuleFile {
  readonly file: SourceFile;
  readonly hcl: HclFile;
  /** Credentials in it, by their form. */
  readonly matches: readonly Match[];
  /** Its text without them. */
  readonly covered: string;
}

/** A value in a file, still to be worked out. */
export interface Placed<T> {
  readonly from: ModuleFile;
  readonly it: T;
}

/** The files of one directory, as Terraform takes them: together. */
export interface Module {
  /** `harbour/shop/infra` */
  readonly home: string;
  readonly files: readonly ModuleFile[];
  readonly variables: ReadonlyMap<string, Placed<Block>>;
  readonly values: ReadonlyMap<string, Placed<Expression>>;
  readonly locals: ReadonlyMap<string, Placed<Expression>>;
  readonly resources: readonly Placed<Block>[];
  readonly calls: readonly Placed<Block>[];
  readonly providers: readonly Placed<Block>[];
  readonly outputs: readonly Placed<Block>[];
  readonly settings: readonly Placed<Block>[];
}

export const TERRAFORM_FILE = /\.(?:tf|tofu)(?:\.json)?$/i;
/** Values that Terraform loads by itself. Those of `-var-file=prod.tfvars` are one choice of several. */
const LOADED_VALUES = /(?:^|\/)(?:terraform\.tfvars|[^/]*\.auto\.tfvars)(?:\.json)?$/i;
export const VALUES_FILE = /\.tfvars(?:\.json)?$/i;

/** Modules beyond this are no one's own code: their files are read one by one. */
const MAX_FILES = 200;
const MAX_BYTES = 8 * 1024 * 1024;
export const MAX_CHARACTERS = 16 * 1024 * 1024;

/** Reads the module a file belongs to; where nothing is known around it, the file alone. */
export async function loadModule(file: SourceFile, context: ScanContext): Promise<Module> {
  const directory = directoryOf(file.path);
  const files: SourceFile[] = [];
  const { around } = file;
  if (around !== undefined) {
    const paths = (await around.list(directory)).filter((path) => TERRAFORM_FILE.test(path) || LOADED_VALUES.test(path));
    let bytes = 0;
    for (const path of paths.slice(0, MAX_FILES)) {
      const one = path === file.path ? file : await around.read(path);
      bytes += one?.bytes.length ?? 0;
      if (bytes > MAX_BYTES) break;
      if (one !== undefined) files.push(one);
    }
  }
  if (!files.some(({ path }) => path === file.path)) files.push(file);
  return assemble(
    files.map((one) => readModuleFile(one, context)),
    [file.at.repository ?? '', directory].filter((part) => part !== '').join('/'),
  );
}

export function readModuleFile(file: SourceFile, context: Pick<ScanContext, 'detect'>): ModuleFile {
  const matches = context.detect(file.text(), { path: file.path });
  const covered = file.text().length > MAX_CHARACTERS ? '' : coverDeclared(file.text(), matches);
  const isCode = TERRAFORM_FILE.test(file.path) || VALUES_FILE.test(file.path);
  const text = isCode ? covered : '';
  return {
    file,
    matches,
    covered,
    hcl: /\.json$/i.test(file.path) ? readTfJson(text, VALUES_FILE.test(file.path)) : readHcl(text),
  };
}

function assemble(files: readonly ModuleFile[], home: string): Module {
  const variables = new Map<string, Placed<Block>>();
  const values = new Map<string, Placed<Expression>>();
  const locals = new Map<string, Placed<Expression>>();
  const resources: Placed<Block>[] = [];
  const calls: Placed<Block>[] = [];
  const providers: Placed<Block>[] = [];
  const outputs: Placed<Block>[] = [];
  const settings: Placed<Block>[] = [];
  for (const from of files) {
    if (VALUES_FILE.test(from.file.path)) {
      for (const { name, value } of from.hcl.body.attributes) values.set(name, { from, it: value });
      continue;
    }
    for (const it of from.hcl.body.blocks) {
      const placed = { from, it };
      if (it.type === 'variable' && it.labels[0] !== undefined) variables.set(it.labels[0], placed);
      else if (it.type === 'locals') for (const { name, value } of it.body.attributes) locals.set(name, { from, it: value });
      else if (/^(?:resource|data|ephemeral)$/.test(it.type) && it.labels.length === 2) resources.push(placed);
      else if (it.type === 'module') calls.push(placed);
      else if (it.type === 'provider') providers.push(placed);
      else if (it.type === 'output') outputs.push(placed);
      else if (it.type === 'terraform') settings.push(placed);
    }
  }
  return { home, files, variables, values, locals, resources, calls, providers, outputs, settings };
}

export function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function attributeOf(body: Body, name: string): Expression | undefined {
  return body.attributes.findLast((one) => one.name === name)?.value;
}
