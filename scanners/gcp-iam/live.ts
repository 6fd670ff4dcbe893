import type { Observation, ObservationKind, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import type { BindingTally } from '../../src/iam/gcp/bindings.ts';
import { ancestorsOf, one, openRun, pagesOf, policyOf, type Run, readEach, readList, resting, type Told } from './ask.ts';
import type { Answers } from './collect.ts';
import { answerReasons, cappedRow, tallyDetail } from './export-file.ts';
import { gather } from './gather.ts';
import { readAbove, readLimits, readPools, readRest, readUse } from './parts.ts';
import { answerRows } from './rows.ts';

export async function* scanScope(target: ServiceTarget, context: ScanContext): AsyncGenerator<Observation> {
  const { run, close } = openRun(target, context);
  try {
    const told = run.scope.level === 'projects' ? await readProject(run) : await readBelow(run);
    const { answers, session } = run;
    const gathered = gather([answers], context.now());
    const tally: BindingTally = { unknownRoles: new Set(), people: 0, federated: new Set() };
    yield* answerRows(answers, gathered, { pointer: target.name }, context, tally);
    for (const one of together(told)) yield session.coverage(one);
    if (answers.seen === 0) return;
    yield session.coverage({
      what: 'as a whole',
      covers: [],
      read: answers.seen - answers.problems.length,
      problems: answerReasons(answers, tally),
      failed: answers.problems.length,
      detail: tallyDetail(answers, tally),
    });
    if (tally.capped !== undefined) yield cappedRow(tally.capped, target.name, { pointer: target.name });
  } finally {
    context.progress.end();
    await close();
  }
}

/** A login that fails is said once, of all that was not read for it. */
function together(told: readonly Told[]): Told[] {
  const unread = told.filter(({ failure, read }) => failure?.fatal === true && read === 0);
  const [first] = unread;
  if (first === undefined || unread.length === 1) return [...told];
  const covers = [...new Set(unread.flatMap((one) => one.covers))];
  const rest: Told = { what: unread.map(({ what }) => what).join(', '), covers, read: 0, failure: first.failure };
  return [...told.filter((one) => !unread.includes(one)), rest];
}

async function readProject(run: Run): Promise<Told[]> {
  const { scope, answers } = run;
  const project = scope.id;
  const told: Told[] = [];
  told.push(
    await readEach(
      run,
      'project',
      [project],
      [],
      async () => [await one(run, 'project', `v3/projects/${project}`)],
      'the project',
    ),
  );
  const { ancestors, told: ancestry } = await ancestorsOf(run, project);
  told.push(ancestry);
  const accounts = await readList(
    run,
    'accounts',
    `v1/projects/${project}/serviceAccounts`,
    ['identity'],
    { pageSize: 100 },
    'service accounts',
  );
  told.push(accounts);
  const emails = [...answers.accounts.keys()];
  const account = (email: string) => `v1/projects/${project}/serviceAccounts/${encodeURIComponent(email)}`;
  const keys = await readEach(
    run,
    'keys',
    emails,
    ['credential'],
    (email) => pagesOf(run, 'keys', `${account(email)}/keys`, { keyTypes: 'USER_MANAGED' }),
    'keys of service accounts',
  );
  told.push(resting(keys, accounts));
  told.push(...(await readProjectPolicies(run, project, accounts, account)));
  told.push(...(await readAbove(run, ancestors)));
  const organization = ancestors.find((one) => one.startsWith('organizations/'));
  told.push(
    await readList(run, 'roles', `v1/projects/${project}/roles`, [], { view: 'FULL', pageSize: 300 }, 'roles of the project'),
  );
  if (organization !== undefined)
    told.push(
      await readList(run, 'roles', `v1/${organization}/roles`, [], { view: 'FULL', pageSize: 300 }, 'roles of the organisation'),
    );
  told.push(await readPools(run, project));
  told.push(...(await readLimits(run, [scope.name, ...ancestors], organization, ancestry)));
  told.push(...(await readUse(run, [project])));
  told.push(
    await readList(run, 'apiKeys', `v2/projects/${project}/locations/global/keys`, ['credential'], { pageSize: 300 }, 'API keys'),
  );
  told.push(...(await readRest(run)));
  return told;
}

/** The asset inventory tells all policies at once; without it the project and each account are asked. */
async function readProjectPolicies(
  run: Run,
  project: string,
  accounts: Told,
  account: (email: string) => string,
): Promise<Told[]> {
  const all = await readList(
    run,
    'policies',
    `v1/projects/${project}:searchAllIamPolicies`,
    ['grant', 'trust'],
    { pageSize: 500 },
    'policies of all resources',
  );
  if (all.failure === undefined) return [all];
  const onProject = await readEach(
    run,
    'projectPolicy',
    [project],
    ['grant'],
    () => policyOf(run, 'projectPolicy', `projects/${project}`, `v3/projects/${project}:getIamPolicy`),
    'policy of the project',
  );
  const onAccounts = await readEach(
    run,
    'accountPolicy',
    [...run.answers.accounts.keys()],
    ['trust'],
    (email) =>
      policyOf(
        run,
        'accountPolicy',
        `//iam.googleapis.com/projects/${project}/serviceAccounts/${email}`,
        `${account(email)}:getIamPolicy`,
      ),
    'policies of service accounts',
  );
  return [all, onProject, resting(onAccounts, accounts)];
}

/** Of a folder or organisation the asset inventory tells most in one go. */
async function readBelow(run: Run): Promise<Told[]> {
  const { scope, answers } = run;
  const told: Told[] = [];
  const types = [
    'cloudresourcemanager.googleapis.com/Project',
    'cloudresourcemanager.googleapis.com/Folder',
    'iam.googleapis.com/ServiceAccount',
    'iam.googleapis.com/ServiceAccountKey',
    'iam.googleapis.com/Role',
    'iam.googleapis.com/WorkloadIdentityPool',
    'iam.googleapis.com/WorkloadIdentityPoolProvider',
    'apikeys.googleapis.com/Key',
  ];
  const covers: readonly ObservationKind[] = ['identity', 'credential', 'consumer'];
  const assets = await readList(
    run,
    'assets',
    `v1/${scope.name}/assets`,
    covers,
    { contentType: 'RESOURCE', assetTypes: types, pageSize: 1000 },
    'assets',
  );
  told.push(assets);
  told.push(
    await readList(
      run,
      'policies',
      `v1/${scope.name}:searchAllIamPolicies`,
      ['grant', 'trust'],
      { pageSize: 500 },
      'policies of all resources',
    ),
  );
  const above = lineageAbove(answers, scope.name);
  told.push(...(await readAbove(run, above)));
  const organization = [scope.name, ...above].find((one) => one.startsWith('organizations/'));
  if (organization !== undefined)
    told.push(
      await readList(run, 'roles', `v1/${organization}/roles`, [], { view: 'FULL', pageSize: 300 }, 'roles of the organisation'),
    );
  const projects = [...answers.projects.keys()].sort();
  const folders = [...new Set([...answers.parents.values()])].filter((one) => one.startsWith('folders/'));
  const levels = [...new Set([scope.name, ...above, ...folders, ...projects.map((id) => `projects/${id}`)])];
  told.push(...(await readLimits(run, levels, organization, assets)));
  told.push(...(await readUse(run, projects, assets)));
  told.push(...(await readRest(run)));
  return told;
}

function lineageAbove({ parents }: Answers, scope: string): string[] {
  const chain: string[] = [];
  for (let at = parents.get(scope); at !== undefined && !chain.includes(at); at = parents.get(at)) chain.push(at);
  return chain;
}
