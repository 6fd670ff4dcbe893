import type { CoverageObservation, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { brokenReasons, fileCoverage, quoted } from '../../src/files/coverage.ts';
import type { Broken } from '../../src/files/json-values.ts';
import type { AnswerKind, Answers } from './answers.ts';
import { emptyKind } from './recognise.ts';
import { rowsOf } from './rows.ts';
import { answersAround, answersIn, worldOf } from './world.ts';

/** What each answer lets a check look at; `types` go into the detail of coverage, for needs like `grant:scope@okta`. */
const COVERS: {
  readonly [kind in AnswerKind]: { readonly kinds: readonly ObservationKind[]; readonly types: readonly string[] };
} = {
  'API tokens': { kinds: ['identity', 'credential'], types: ['api-token'] },
  apps: { kinds: ['identity'], types: ['app'] },
  'client secrets': { kinds: ['credential'], types: ['client-secret'] },
  'client keys': { kinds: ['credential'], types: ['client-key'] },
  'scope grants': { kinds: ['grant'], types: ['scope'] },
  'roles of clients': { kinds: ['grant'], types: ['client-role'] },
  'roles of users': { kinds: ['grant'], types: ['user-role'] },
  'custom roles': { kinds: [], types: [] },
  'API service integrations': { kinds: ['identity', 'grant'], types: ['api-service'] },
  'service accounts': { kinds: ['identity'], types: ['service-account'] },
  'AI agents': { kinds: ['identity'], types: ['agent'] },
  users: { kinds: ['person'], types: ['user'] },
  'system log': { kinds: ['usage'], types: ['event'] },
};

export async function* scanFile(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const text = file.text();
  const { answers, broken } = answersIn(file);
  const empty = /^\s*\[\s*\]\s*$/.test(text) ? emptyKind(file.path) : undefined;
  if (empty !== undefined) answers.kinds.add(empty);
  const beside = await answersAround(file);
  const world = worldOf([answers, ...beside.all], { path: file.path });
  // Answers about secrets hold them.
  for (const match of context.detect(text, { path: file.path })) yield context.sighting(match, file.at, file.place);
  yield* rowsOf(answers, { world, at: file.at, context });
  const host = world.hostOf({ host: [...answers.hosts][0] });
  yield coverageRow(file, answers, host, [
    ...reasons(answers, broken, host),
    ...unread(world.unreadRoles(answers)),
    ...beside.why,
  ]);
}

function coverageRow(file: SourceFile, answers: Answers, host: string | undefined, why: readonly string[]): CoverageObservation {
  const failed = answers.problems.length;
  const skipped = answers.otherApps;
  const covers = [...new Set([...answers.kinds].flatMap((kind) => COVERS[kind].kinds))];
  return fileCoverage(file, 'okta', covers, why, {
    seen: answers.seen,
    read: answers.seen - failed - skipped,
    skipped,
    failed,
    detail: {
      exports: [...answers.kinds],
      types: [...answers.kinds].flatMap((kind) => COVERS[kind].types),
      ...(host === undefined ? {} : { host }),
    },
  });
}

function unread(roles: readonly string[]): string[] {
  if (roles.length === 0) return [];
  const names = quoted(roles).join(', ');
  return [`what is in it is not known of the roles ${names}: save /api/v1/iam/roles/ROLEID/permissions beside the file`];
}

function reasons(answers: Answers, broken: Broken | undefined, host: string | undefined): string[] {
  const why = brokenReasons(broken);
  why.push(...quoted(answers.problems));
  if (answers.ownerless > 0) {
    why.push(
      `nothing says whose ${answers.ownerless} of its entries are: put the id of the app or user into the name of the file (roles-00u….json)`,
    );
  }
  if (host === undefined && answers.seen > answers.problems.length) {
    why.push('nothing says of which organisation it is: put its host into the name of the file (acme.okta.com-tokens.json)');
  }
  return why;
}
