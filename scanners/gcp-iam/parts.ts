import type { ObservationKind } from '../../src/contracts/index.ts';
import { isKnownRole } from '../../src/iam/gcp/capability.ts';
import { inParallel } from '../../src/live/index.ts';
import { addAnswer } from './answers.ts';
import { kept, limiting, one, pagesOf, policyOf, type Run, readEach, readList, resting, type Told, WIDTH } from './ask.ts';
import { CALLS, type CallName, endpointOf } from './calls.ts';

/** What is granted above the scope reaches into it. */
export async function readAbove(run: Run, ancestors: readonly string[]): Promise<Told[]> {
  const told: Told[] = [];
  for (const [name, level, what] of [
    ['folderPolicy', 'folders/', 'policies of the folders above'],
    ['organizationPolicy', 'organizations/', 'policy of the organisation above'],
  ] as const) {
    const those = ancestors.filter((one) => one.startsWith(level));
    if (those.length > 0)
      told.push(
        await readEach(
          run,
          name,
          those,
          ['grant'],
          (resource) => policyOf(run, name, resource, `v3/${resource}:getIamPolicy`),
          what,
        ).then(limiting),
      );
  }
  return told;
}

export async function readPools(run: Run, project: string): Promise<Told> {
  const { right } = CALLS.pools;
  const what = 'workload identity pools';
  run.context.progress.phase(`Google Cloud: ${what}`);
  const attempt = await run.session.attempt(right, () =>
    kept(run, `pools ${project}`, async () => [...(await (await run.clients()).pools(project))]),
  );
  if (!attempt.ok) return { what, covers: ['consumer'], read: 0, failure: attempt.failure };
  for (const pool of attempt.value) addAnswer(run.answers, pool, what, '');
  const names = (attempt.value as { name?: string | null }[]).flatMap(({ name }) => name ?? []);
  const providers = await readEach(
    run,
    'providers',
    names,
    ['consumer'],
    async (pool) => [...(await (await run.clients()).providers(pool))],
    what,
  );
  return { ...providers, read: providers.read + names.length };
}

/** Deny policies of each level, and boundaries of the organisation. */
export async function readLimits(
  run: Run,
  levels: readonly string[],
  organization: string | undefined,
  basis: Told,
): Promise<Told[]> {
  const denials = await readEach(
    run,
    'denyPolicies',
    levels,
    ['grant'],
    async (level) => {
      const clients = await run.clients();
      const names = (await clients.denyPolicies(level)).map(({ name }) => name);
      // A list leaves the rules out.
      return await inParallel(names, WIDTH, async (name) => await clients.denyPolicy(name));
    },
    'deny policies',
  );
  if (organization === undefined) return [limiting(resting(denials, basis))];
  return [
    denials,
    await readEach(
      run,
      'boundaries',
      [organization],
      ['grant'],
      async (name) => [...(await (await run.clients()).boundaries(name))],
      'principal access boundaries',
    ),
    await readEach(
      run,
      'boundaryBindings',
      levels,
      ['grant'],
      async (level) => [...(await (await run.clients()).boundaryBindings(level))],
      'bindings of principal access boundaries',
    ),
  ].map((each) => limiting(resting(each, basis)));
}

/** Last use, and what the recommender and storage tell project by project. */
export async function readUse(run: Run, projects: readonly string[], basis?: Told): Promise<Told[]> {
  const told: Told[] = [];
  const rest = (each: Told) => (basis === undefined ? each : resting(each, basis));
  for (const [name, type, what] of [
    ['accountUse', 'serviceAccountLastAuthentication', 'last use of service accounts'],
    ['keyUse', 'serviceAccountKeyLastAuthentication', 'last use of keys'],
  ] as const) {
    const place = (scope: string) => `v1/${scope}/locations/global/activityTypes/${type}/activities:query`;
    const whole = await readList(run, name, place(run.scope.name), ['usage'], { pageSize: 1000 }, what);
    // Where the service does not answer for a folder or organisation, it does for each project of it.
    const isOpen = whole.failure !== undefined && whole.read === 0 && run.scope.level !== 'projects' && projects.length > 0;
    const query = { pageSize: 1000 };
    if (!isOpen || run.session.fatal !== undefined) {
      told.push(whole);
      continue;
    }
    const each = await readEach(run, name, projects, ['usage'], (id) => pagesOf(run, name, place(`projects/${id}`), query), what);
    told.push(rest(each));
  }
  const each: readonly (readonly [CallName, string, string, readonly ObservationKind[]])[] = [
    ['accountInsights', 'insightTypes/google.iam.serviceAccount.Insight/insights', 'insights on service accounts', []],
    ['policyInsights', 'insightTypes/google.iam.policy.Insight/insights', 'insights on policies', []],
    ['recommendations', 'recommenders/google.iam.policy.Recommender/recommendations', 'role recommendations', []],
  ];
  for (const [name, path, what, covers] of each) {
    told.push(
      await readEach(
        run,
        name,
        projects,
        covers,
        (project) => pagesOf(run, name, `v1/projects/${project}/locations/global/${path}`, { pageSize: 500 }),
        what,
      ),
    );
  }
  const storage = /\/storage\/v1\/$/.test(endpointOf('storage', run.context.env)) ? '' : 'storage/v1/';
  const hmac = (project: string) => pagesOf(run, 'hmacKeys', `${storage}projects/${project}/hmacKeys`, { maxResults: 250 });
  told.push(rest(await readEach(run, 'hmacKeys', projects, ['credential'], hmac, 'HMAC keys')));
  return told;
}

/** What was met on the way and is not known yet: predefined roles newer than the catalogue, roles of other projects. */
export async function readRest(run: Run): Promise<Told[]> {
  const { bindings, roles } = run.answers;
  const unknown = [...new Set(bindings.map(({ role }) => role))].filter((role) => !isKnownRole(role) && !roles.has(role)).sort();
  if (unknown.length === 0) return [];
  return [
    await readEach(
      run,
      'role',
      unknown,
      [],
      async (role) => [await one(run, 'role', `v1/${role}`)],
      'roles that are not known yet',
    ),
  ];
}
