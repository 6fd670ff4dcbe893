import type { Observation, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { LiveFailure, type Session } from '../../src/live/index.ts';
import { callNamed } from './calls.ts';
import { openRun, type Run } from './connection.ts';
import { coversOf } from './export-file.ts';
import { readEach, readList, type Told } from './lists.ts';
import { observe } from './observe.ts';
import { readSubscriptions, unseen } from './subscriptions.ts';

export async function* scanTenant(target: ServiceTarget, context: ScanContext): AsyncGenerator<Observation> {
  const run = openRun(target, context);
  const { answers } = run;
  const told: { readonly session: Session; readonly part: Told }[] = [];
  const graph = (part: Told) => told.push({ session: run.graphSession, part });
  const arm = (part: Told) => told.push({ session: run.armSession, part });
  const tenant = await run.tenant();
  graph(await readList(run, 'apps'));
  graph(await readFederated(run));
  graph(await readList(run, 'principals'));
  graph(await readList(run, 'principalOwners'));
  for (const part of await readLongLists(run)) graph(part);
  graph(await readList(run, 'delegated'));
  graph(await readList(run, 'directoryDefinitions'));
  graph(await readList(run, 'directoryRoles'));
  graph(await readList(run, 'policy'));
  graph(await readReport(run, 'activity'));
  graph(await readReport(run, 'keyActivity'));
  const subscriptions = await readSubscriptions(run);
  arm(subscriptions.part);
  for (const name of ['azureDefinitions', 'azureRoles', 'managed', 'vaults'] as const)
    arm(subscriptions.seen === 0 ? unseen(name) : await readList(run, name));
  arm(await readManagedFederated(run));
  const groups = await readGroups(run);
  if (groups !== undefined) graph(groups);
  const problems: string[] = [];
  const tally = yield* observe(answers, { at: { pointer: target.name }, now: context.now(), tenant, problems });
  for (const { session, part } of told) yield session.coverage(part);
  const why = [...problems, ...[...tally.unknown].map((one) => `what is in it is not known of ${one}`)];
  if (why.length > 0)
    yield run.graphSession.coverage({ what: 'entries', covers: ['credential', 'grant'], problems: why, read: 1 });
}

/** Graph answers all in one list; where it will not, each application is asked. */
async function readFederated(run: Run): Promise<Told> {
  const told = await readList(run, 'federated');
  if (!(told.failure instanceof LiveFailure) || (told.failure.kind !== 'failed' && told.failure.kind !== 'missing')) return told;
  const parents = [...run.answers.apps.values()].flatMap((app) => app.objectId ?? []);
  return await readEach(run, 'federated', parents, (id) => ({
    path: `/v1.0/applications/${id}/federatedIdentityCredentials`,
    as: `federated-${id}`,
  }));
}

/** Reports that a cloud or a licence does not have: said, and no more than that. */
async function readReport(run: Run, name: 'activity' | 'keyActivity'): Promise<Told> {
  const { what, kinds } = callNamed(name);
  if (run.cloud.hasReports) return await readList(run, name);
  const failure = { outcome: 'denied', why: 'this cloud keeps no sign-in reports of applications', fatal: false } as const;
  return { what, ...coversOf(kinds), failure };
}

/** What Graph cut at twenty inside an item is asked for in full. */
async function readLongLists(run: Run): Promise<Told[]> {
  const { apps, principals, cut } = run.answers;
  const told: Told[] = [];
  for (const { name, field, of } of LONG_LISTS) {
    const items: ReadonlyMap<string, { readonly objectId?: string | undefined }> = of === 'application' ? apps : principals;
    const ids = [...cut.values()].flatMap((list) =>
      list.field === field && list.of === of ? (items.get(list.id)?.objectId ?? []) : [],
    );
    if (ids.length === 0) continue;
    const { path } = callNamed(name);
    told.push(await readEach(run, name, ids, (id) => ({ path: path.replace('{id}', id), as: `${field}-${id}` })));
  }
  return told;
}

const LONG_LISTS = [
  { name: 'appOwners', field: 'owners', of: 'application' },
  { name: 'principalAllOwners', field: 'owners', of: 'service principal' },
  { name: 'appRoles', field: 'appRoleAssignments', of: 'service principal' },
] as const;

async function readManagedFederated(run: Run): Promise<Told> {
  const places = [...run.answers.managed.values()].flatMap((one) => one.id ?? []);
  return await readEach(run, 'managedFederated', places, (id) => ({
    path: `${id}/federatedIdentityCredentials`,
    as: 'federated',
  }));
}

/** Applications get rights by groups, too: the members of those that have a role. */
async function readGroups(run: Run): Promise<Told | undefined> {
  const groups = new Set<string>();
  for (const one of [...run.answers.directoryAssignments.values(), ...run.answers.azureAssignments.values()]) {
    const id = one.principalId;
    if (id === undefined) continue;
    if (one.principalType === 'Group' || run.answers.objects.get(id)?.type === 'Group') groups.add(id);
  }
  if (groups.size === 0) return undefined;
  const { path } = callNamed('groupMembers');
  return await readEach(run, 'groupMembers', [...groups], (id) => ({ path: path.replace('{id}', id), as: `members-${id}` }));
}
