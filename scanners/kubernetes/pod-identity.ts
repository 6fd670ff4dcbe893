import { identityIdFromArn, type Location, type Observation, type ScanContext } from '../../src/contracts/index.ts';
import { get, itemsOf, type Tree, textOf } from '../../src/formats/tree.ts';
import { cloudTrust, referredAccount } from './service-account.ts';
import { makeWorld } from './world.ts';

/**
 * `aws eks describe-pod-identity-association` (or several in one list): which service account becomes which role.
 * https://docs.aws.amazon.com/cli/latest/reference/eks/describe-pod-identity-association.html
 */
export function* associations(
  root: Tree | undefined,
  at: (node: Tree) => Location,
  note: (problem: string) => void,
  context: Pick<ScanContext, 'detect'>,
): Generator<Observation> {
  const items = [
    get(root, 'association'),
    ...itemsOf(get(root, 'associations')),
    ...itemsOf(root).map((one) => get(one, 'association') ?? one),
  ];
  for (const item of items) {
    if (item === undefined) continue;
    const [namespace, account] = [textOf(get(item, 'namespace')), textOf(get(item, 'serviceAccount'))];
    const role = get(item, 'roleArn');
    if (namespace === undefined || namespace === '' || account === undefined || account === '') continue;
    const identity = identityIdFromArn(textOf(role) ?? '');
    if (identity === undefined) {
      note(
        'associations are listed without their roles: give the output of `aws eks describe-pod-identity-association` for each',
      );
      continue;
    }
    const cluster = textOf(get(item, 'clusterName'));
    const world = makeWorld({
      ...(cluster === undefined ? {} : { cluster }),
      source: 'list',
      defaultNamespace: 'default',
      note,
      context,
      consumerId: () => '',
    });
    const place = at(role ?? item);
    const row = referredAccount(world.cover(namespace), world.cover(account), world, place);
    yield row;
    const link = { cloud: 'aws', basis: 'EKS Pod Identity association', identity, node: role } as const;
    yield cloudTrust(link, row.id, place, { platform: 'kubernetes', source: 'list' });
  }
}
