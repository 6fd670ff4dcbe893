import type { Resource } from '../../src/iac/resource.ts';
import { entry, items, known, type MapValue, texts, type Value } from '../../src/iac/value.ts';
import type { Evaluator } from './evaluate.ts';
import type { Module } from './module.ts';

/**
 * Roles that well-known modules make of their arguments: the modules' own code is not in the repository, the trust is.
 * https://registry.terraform.io/modules/terraform-aws-modules/iam/aws
 */
export function knownModuleResources(module: Module, evaluator: Evaluator): Resource[] {
  return module.calls.flatMap((placed) =>
    evaluator.callsOf(placed).flatMap((instance) => {
      const body = evaluator.body(placed, instance.bindings);
      const source = known(entry(body, 'source')) ?? '';
      const kind = /terraform-aws-modules\/(?:terraform-aws-)?iam(?:\/aws)?(?:\.git)?\/\/modules\/(?<kind>[\w-]+)/.exec(source)
        ?.groups?.kind;
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
