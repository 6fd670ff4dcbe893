import type { Resource } from '../../src/iac/resource.ts';
import { entry, items, known, type MapValue, texts, type Value } from '../../src/iac/value.ts';
import type { Evaluator } from './evaluate.ts';
import type { Module } from './module.ts';

/**
 * Roles, users and keys that well-known modules make of their arguments: the modules' own code is not in the repository.
 * https://registry.terraform.io/modules/terraform-aws-modules/iam/aws
 */
export function knownModuleResources(module: Module, evaluator: Evaluator): Resource[] {
  return module.calls.flatMap((placed) =>
    evaluator.callsOf(placed).flatMap((instance) => {
      const body = evaluator.body(placed, instance.bindings);
      const source = known(entry(body, 'source')) ?? '';
      const kind = /terraform-aws-modules\/(?:terraform-aws-)?iam(?:\/aws)?(?:\.git)?\/\/modules\/(?<kind>[\w-]+)/.exec(source)
        ?.groups?.kind;
      if (kind === 'iam-user') return userOf(body, instance);
      const trust = kind === undefined ? undefined : trustOf(kind, body);
      if (trust === undefined) return [];
      const { where } = body;
      const { address, isConditional } = instance;
      const name = entry(body, 'role_name') ?? (entry(body, 'use_name_prefix') === undefined ? entry(body, 'name') : undefined);
      const made = (value: Value | undefined, key: string) => (value === undefined ? [] : [{ key, value }]);
      return [
        {
          mode: 'managed' as const,
          type: 'aws_iam_role',
          address,
          where: { ...where, end: where.start + 1 },
          ...(isConditional === true ? { isConditional } : {}),
          body: {
            kind: 'map' as const,
            entries: [
              ...made(name, 'name'),
              { key: 'assume_role_policy', value: trust },
              ...made(entry(body, 'tags'), 'tags'),
              { key: 'managed_policy_arns', value: { kind: 'list' as const, items: policiesOf(body), where } },
            ],
            where,
          },
        },
      ];
    }),
  );
}

/** A user, with an access key unless it is said that there shall be none. */
function userOf(body: MapValue, { address, isConditional }: { address: string; isConditional?: boolean }): Resource[] {
  const { where } = body;
  const name = entry(body, 'name');
  if (name === undefined || known(entry(body, 'create')) === 'false' || known(entry(body, 'create_user')) === 'false') return [];
  const make = (type: string, entries: MapValue['entries']): Resource => ({
    mode: 'managed',
    type,
    address: `${address}.${type}.this`,
    where: { ...where, end: where.start + 1 },
    ...(isConditional === true ? { isConditional } : {}),
    body: { kind: 'map', entries, where },
  });
  // The name changed with version 6; a key is made where neither is set.
  const wanted = entry(body, 'create_iam_access_key') ?? entry(body, 'create_access_key');
  const pgp = entry(body, 'pgp_key');
  const key = make('aws_iam_access_key', [
    { key: 'user', value: name },
    ...(pgp === undefined ? [] : [{ key: 'pgp_key', value: pgp }]),
  ]);
  return [make('aws_iam_user', [{ key: 'name', value: name }]), ...(known(wanted) === 'false' ? [] : [key])];
}

function policiesOf(body: MapValue): Value[] {
  return ['role_policy_arns', 'custom_role_policy_arns', 'policies'].flatMap((name) => {
    const value = entry(body, name);
    return value?.kind === 'map' ? value.entries.map((one) => one.value) : [...items(value)];
  });
}

function trustOf(kind: string, body: MapValue): Value | undefined {
  if (/^iam-github-oidc-role$/.test(kind)) {
    const issuer = known(entry(body, 'provider_url'))?.replace(/^https:\/\//, '') ?? 'token.actions.githubusercontent.com';
    const subjects = texts(entry(body, 'subjects')).map((one) => (one.startsWith('repo:') ? one : `repo:${one}`));
    return document(body, issuer, subjects, known(entry(body, 'audience')) ?? 'sts.amazonaws.com');
  }
  if (kind === 'iam-assumable-role-with-oidc') {
    const issuer = known(entry(body, 'provider_url')) ?? known(items(entry(body, 'provider_urls'))[0]);
    if (issuer === undefined && entry(body, 'provider_url') === undefined) return undefined;
    const subjects = [
      ...texts(entry(body, 'oidc_fully_qualified_subjects')),
      ...texts(entry(body, 'oidc_subjects_with_wildcards')),
    ];
    const host = issuer?.replace(/^https:\/\//, '') ?? '{oidc-provider}';
    return document(body, host, subjects, texts(entry(body, 'oidc_fully_qualified_audiences'))[0] ?? 'sts.amazonaws.com');
  }
  if (/^iam-role-for-service-accounts(?:-eks)?$/.test(kind)) {
    const providers = entry(body, 'oidc_providers');
    const all = providers?.kind === 'map' ? providers.entries.map((one) => one.value) : [];
    const accounts = all.flatMap((one) => texts(entry(one, 'namespace_service_accounts')));
    const issuer =
      /oidc-provider\/(?<host>.+)$/.exec(known(entry(all[0], 'provider_arn')) ?? '')?.groups?.host ?? '{oidc-provider}';
    return accounts.length === 0
      ? undefined
      : document(
          body,
          issuer,
          accounts.map((one) => `system:serviceaccount:${one}`),
          'sts.amazonaws.com',
        );
  }
  return undefined;
}

function document(body: MapValue, issuer: string, subjects: readonly string[], audience: string): Value {
  const { where } = body;
  const text = (value: string): Value => ({ kind: 'text', text: value, isLiteral: false, where });
  const map = (entries: readonly (readonly [string, Value])[]): Value => ({
    kind: 'map',
    entries: entries.map(([key, value]) => ({ key, value })),
    where,
  });
  const list = (values: readonly string[]): Value => ({ kind: 'list', items: values.map(text), where });
  const tests: [string, Value][] = [['StringEquals', map([[`${issuer}:aud`, list([audience])]])]];
  if (subjects.length > 0) tests.push(['StringLike', map([[`${issuer}:sub`, list(subjects)]])]);
  return map([
    ['Version', text('2012-10-17')],
    [
      'Statement',
      {
        kind: 'list',
        items: [
          map([
            ['Effect', text('Allow')],
            ['Action', text('sts:AssumeRoleWithWebIdentity')],
            ['Principal', map([['Federated', text(`arn:aws:iam::000000000000:oidc-provider/${issuer}`)]])],
            ['Condition', map(tests)],
          ]),
        ],
        where,
      },
    ],
  ]);
}
