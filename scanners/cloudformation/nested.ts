import type { ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { pathFrom, type Reference, referrers } from '../../src/files/referrers.ts';
import { entriesOf, get, textOf } from '../../src/formats/tree.ts';
import { type Given, resolve } from './intrinsics.ts';
import { MAX_CHARACTERS, readTemplate, resourcesIn } from './template.ts';

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
// `aws cloudformation package` takes local paths; what is in a bucket already is not here to be read.

const NESTED: Reference = {
  isFile: (path) => /\.(?:ya?ml|json|template|cfn)$/i.test(path),
  word: 'AWS::',
  pattern: /\b(?:TemplateURL|Location)["']?[ \t]*:[ \t]*["']?(?<to>(?!\w+:)[^\s"'{},$]{1,300})/g,
  target: pathFrom,
};

/** The property of each type that names the template. */
const TEMPLATE_OF: { readonly [type: string]: string } = {
  'AWS::CloudFormation::Stack': 'TemplateURL',
  'AWS::Serverless::Application': 'Location',
};

const MAX_STACKS = 12;
const MAX_DEPTH = 4;

/** What each stack of the repository that nests a template gives its parameters; one without, where none does. */
export async function stacksAround(
  file: SourceFile,
  context: Pick<ScanContext, 'detect'>,
  below: readonly string[] = [],
): Promise<readonly (Given | undefined)[]> {
  const { around, path } = file;
  const given: Given[] = [];
  const parents = around === undefined || below.length >= MAX_DEPTH ? [] : ((await referrers(around, NESTED)).get(path) ?? []);
  for (const parent of parents) {
    const from = parent === path || below.includes(parent) ? undefined : await around?.read(parent);
    if (from === undefined || from.text().length > MAX_CHARACTERS) continue;
    const template = readTemplate(from, context.detect(from.text(), { path: parent }));
    for (const own of await stacksAround(from, context, [...below, path])) {
      const { reading } = resourcesIn(template, own);
      for (const { value } of entriesOf(get(template.root, 'Resources'))) {
        const property = TEMPLATE_OF[textOf(get(value, 'Type')) ?? ''];
        const named = property === undefined ? undefined : textOf(get(get(value, 'Properties'), property));
        if (named === undefined || pathFrom(parent, named) !== path || given.length >= MAX_STACKS) continue;
        const parameters = entriesOf(get(get(value, 'Properties'), 'Parameters'));
        given.push(new Map(parameters.map((one) => [one.key, resolve(one.value, reading)])));
      }
    }
  }
  return given.length === 0 ? [undefined] : given;
}
