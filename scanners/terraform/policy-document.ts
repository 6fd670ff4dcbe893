import { blocks, entry, items, known, type MapValue, type Value } from '../../src/iac/value.ts';

/**
 * `data "aws_iam_policy_document"` as the JSON it gives, each statement at its place. Conditions of one test are joined
 * under it. https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
 */
export function documentOf(body: MapValue): Value {
  const statements: Value[] = [];
  for (const key of ['source_json', 'source_policy_documents']) {
    for (const source of items(entry(body, key))) statements.push(...statementsOf(source));
  }
  for (const block of blocks(entry(body, 'statement'))) statements.push(statementOf(block));
  for (const key of ['override_json', 'override_policy_documents']) {
    for (const source of items(entry(body, key))) statements.push(...statementsOf(source));
  }
  const { where } = body;
  return {
    kind: 'map',
    entries: [
      { key: 'Version', value: { kind: 'text', text: known(entry(body, 'version')) ?? '2012-10-17', isLiteral: false, where } },
      { key: 'Statement', value: { kind: 'list', items: statements.slice(0, MAX_STATEMENTS), where } },
    ],
    where,
  };
}

/** IAM takes far fewer; documents that include each other twice double. */
const MAX_STATEMENTS = 1000;

function statementsOf(document: Value): readonly Value[] {
  return items(entry(document, 'Statement'));
}

const NAMES: readonly (readonly [string, string])[] = [
  ['sid', 'Sid'],
  ['effect', 'Effect'],
  ['actions', 'Action'],
  ['not_actions', 'NotAction'],
  ['resources', 'Resource'],
  ['not_resources', 'NotResource'],
];

function statementOf(block: MapValue): Value {
  const { where } = block;
  const entries: { key: string; value: Value }[] = [];
  for (const [from, to] of NAMES) {
    const value = entry(block, from);
    if (value !== undefined) entries.push({ key: to, value: listsOnly(value, to) });
  }
  if (entry(block, 'effect') === undefined) {
    entries.push({ key: 'Effect', value: { kind: 'text', text: 'Allow', isLiteral: false, where } });
  }
  for (const [from, to] of [
    ['principals', 'Principal'],
    ['not_principals', 'NotPrincipal'],
  ] as const) {
    const principals = blocks(entry(block, from));
    if (principals.length > 0) entries.push({ key: to, value: principalsOf(principals, block) });
  }
  const conditions = blocks(entry(block, 'condition'));
  if (conditions.length > 0) entries.push({ key: 'Condition', value: conditionOf(conditions, block) });
  return { kind: 'map', entries, where };
}

/** Lists that are not known are one text with `${…}`. */
function listsOnly(value: Value, name: string): Value {
  return name === 'Sid' || name === 'Effect' || value.kind === 'list'
    ? value
    : { kind: 'list', items: [value], where: value.where };
}

function principalsOf(principals: readonly MapValue[], { where }: MapValue): Value {
  const byType = new Map<string, Value[]>();
  for (const one of principals) {
    const type = known(entry(one, 'type')) ?? 'AWS';
    byType.set(type, [...(byType.get(type) ?? []), ...items(entry(one, 'identifiers'))]);
  }
  return { kind: 'map', entries: [...byType].map(([key, all]) => ({ key, value: { kind: 'list', items: all, where } })), where };
}

function conditionOf(conditions: readonly MapValue[], { where }: MapValue): Value {
  const tests = new Map<string, { key: string; value: Value }[]>();
  for (const one of conditions) {
    const test = known(entry(one, 'test')) ?? 'StringEquals';
    const variable = entry(one, 'variable');
    const values = entry(one, 'values');
    if (variable === undefined || values === undefined || (variable.kind !== 'text' && variable.kind !== 'unknown')) continue;
    tests.set(test, [...(tests.get(test) ?? []), { key: variable.text, value: listsOnly(values, test) }]);
  }
  return { kind: 'map', entries: [...tests].map(([key, entries]) => ({ key, value: { kind: 'map', entries, where } })), where };
}
