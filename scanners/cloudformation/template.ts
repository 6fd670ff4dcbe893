import type { Match, SourceFile } from '../../src/contracts/index.ts';
import { readJson } from '../../src/formats/json.ts';
import { get, type Tree } from '../../src/formats/tree.ts';
import { readYaml } from '../../src/formats/yaml.ts';
import { coverDeclared } from '../../src/iac/cover.ts';
import type { Source } from '../../src/iac/value.ts';
import type { Given } from './intrinsics.ts';
import { expandLoops } from './loops.ts';
import { type Resources, readResources } from './resources.ts';

/** CloudFormation takes 1 MB; the CDK writes no more. */
export const MAX_CHARACTERS = 4 * 1024 * 1024;

export interface Template {
  readonly root: Tree | undefined;
  readonly source: Source;
  /** Without the credentials in it. */
  readonly text: string;
  readonly problems: readonly string[];
  /** Keys that loops made, as they are written. */
  readonly writtenAs: ReadonlyMap<string, string>;
}

export function readTemplate(file: SourceFile, matches: readonly Match[]): Template {
  const text = coverDeclared(file.text(), matches);
  const document = /^\s*\{/.test(text) ? readJson(text) : readYaml(text);
  const source: Source = { path: file.path, at: file.at, position: (offset) => document.position(offset) };
  const { root, writtenAs, problems } = expandLoops(templateIn(document.root), text);
  return { root, source, text, problems: [...document.problems, ...problems], writtenAs };
}

/** The Serverless framework keeps a template's parts below `resources`, and its own roles and variables at `provider`. */
function templateIn(root: Tree | undefined): Tree | undefined {
  return get(root, 'Resources') === undefined ? (get(root, 'resources') ?? root) : root;
}

export function resourcesIn({ root, source, text, writtenAs }: Template, given?: Given): Resources {
  return readResources(root, get(root, 'Resources'), source, { text, writtenAs }, given);
}
