import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { Framework } from '../contracts/framework.ts';
import { codeOf, messageOf, RuleError } from '../util/errors.ts';
import { packageRoot } from '../util/package-root.ts';
import { refIn } from './reference.ts';

/** Reads and proves every catalogue of `rules/frameworks/`, in report order. Throws `RuleError`. */
export async function loadFrameworks(directory = join(packageRoot(), 'rules', 'frameworks')): Promise<readonly Framework[]> {
  const files = await listFiles(directory);
  const frameworks = await Promise.all(
    files.map(async (file) => parseFramework(await readFile(join(directory, file), 'utf8'), file)),
  );
  const seen = new Map<string, string>();
  for (const [index, framework] of frameworks.entries()) {
    const file = files[index] ?? '';
    const other = seen.get(framework.id);
    if (other !== undefined) throw wrong(file, `the id ${framework.id} is already used by ${other}`);
    seen.set(framework.id, file);
  }
  for (const [index, framework] of frameworks.entries()) proveMapping(framework, frameworks, files[index] ?? '');
  return frameworks.sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
}

async function listFiles(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith('.yml')).sort();
  } catch (error) {
    throw new RuleError(`cannot read the control catalogues in ${directory}: ${codeOf(error) ?? messageOf(error)}`, {
      code: 'FRAMEWORKS_UNREADABLE',
      hint: 'Install nhi-audit again: its rules directory is missing or may not be read.',
      cause: error,
    });
  }
}

/** One catalogue from its YAML text. `file` is named in errors. */
export function parseFramework(text: string, file: string): Framework {
  const document = parseDocument(text, { prettyErrors: true });
  const [broken] = document.errors;
  if (broken !== undefined) throw wrong(file, `not YAML: ${messageOf(broken)}`, broken);
  const parsed = Framework.safeParse(document.toJS());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong(file, `${issue?.path.join('.') || 'top level'}: ${issue?.message}`, parsed.error);
  }
  proveIds(parsed.data, file);
  return parsed.data;
}

function proveIds(framework: Framework, file: string): void {
  const groups = new Set(framework.groups.map((group) => group.id));
  const ids = new Set<string>();
  for (const control of framework.controls) {
    if (ids.has(control.id)) throw wrong(file, `control ${control.id} stands there twice`);
    ids.add(control.id);
    if (control.group !== undefined && !groups.has(control.group)) {
      throw wrong(file, `control ${control.id} is in group ${control.group}, which is not listed`);
    }
  }
  const aliases = new Map<string, string>();
  for (const control of framework.controls) {
    for (const alias of control.aliases) {
      const other = ids.has(alias) ? alias : aliases.get(alias);
      if (other !== undefined) throw wrong(file, `alias ${alias} of ${control.id} already means ${other}`);
      aliases.set(alias, control.id);
    }
  }
}

/** Everything that `supports` and `partial` name is there; a control that leads nowhere would be silent for good. */
function proveMapping(framework: Framework, all: readonly Framework[], file: string): void {
  for (const control of framework.controls) {
    for (const named of [...control.supports, ...control.partial]) {
      if (framework.mapping === undefined) throw wrong(file, `${control.id} names ${named}, but the catalogue has no mapping`);
      const ref = refIn(framework, named);
      const at = ref.indexOf(':');
      const from = all.find(({ id }) => id === ref.slice(0, at));
      if (from?.controls.some(({ id }) => id === ref.slice(at + 1)) !== true) {
        throw wrong(file, `${control.id} names ${named}, and there is no control ${ref}`);
      }
    }
  }
}

function wrong(file: string, what: string, cause?: unknown): RuleError {
  return new RuleError(`rules/frameworks/${file}: ${what}`, {
    code: 'FRAMEWORK_INVALID',
    hint: 'See src/contracts/framework.ts for what a catalogue holds.',
    ...(cause === undefined ? {} : { cause }),
  });
}
