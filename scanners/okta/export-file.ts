import type { CoverageObservation, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import type { Broken } from '../../src/files/json-values.ts';
import type { AnswerKind, Answers } from './answers.ts';
import { emptyKind } from './recognise.ts';
import { rowsOf } from './rows.ts';
import { answersAround, answersIn, worldOf } from './world.ts';

/** What each answer lets a check look at. */
export const COVERS: { readonly [kind in AnswerKind]: readonly ObservationKind[] } = {
  'API tokens': ['identity', 'credential'],
  apps: ['identity'],
  'client secrets': ['credential'],
  'client keys': [],
  'scope grants': ['grant'],
  'admin roles': ['grant'],
  'API service integrations': ['identity', 'grant'],
  'service accounts': ['identity'],
  'AI agents': ['identity'],
  users: ['person'],
  'system log': ['usage'],
};

/** Problems quoted in one coverage row. */
const QUOTED = 3;

export async function* scanFile(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const text = file.text();
  const { answers, broken } = answersIn(file);
  const empty = /^\s*\[\s*\]\s*$/.test(text) ? emptyKind(file.path) : undefined;
  if (empty !== undefined) answers.kinds.add(empty);
  const world = worldOf([answers, ...(await answersAround(file))], { path: file.path });
  // Answers about secrets hold them.
  for (const match of context.detect(text, { path: file.path })) yield context.sighting(match, file.at, file.place);
  yield* rowsOf(answers, { world, at: file.at, context });
  yield coverageRow(file, answers, broken, world.hostOf({ host: [...answers.hosts][0] }));
}

function coverageRow(
  file: SourceFile,
  answers: Answers,
  broken: Broken | undefined,
  host: string | undefined,
): CoverageObservation {
  const why = reasons(answers, broken, host);
  const failed = answers.problems.length;
  const skipped = answers.otherApps;
  return {
    kind: 'coverage',
    surface: 'okta',
    subject: file.path,
    outcome: why.length === 0 ? 'complete' : 'partial',
    ...(why.length === 0 ? {} : { why: why.join('; ') }),
    covers: [...new Set([...answers.kinds].flatMap((kind) => COVERS[kind]))],
    seen: answers.seen,
    read: answers.seen - failed - skipped,
    skipped,
    failed,
    bytes: file.bytes.length,
    at: file.at,
    detail: { exports: [...answers.kinds], ...(host === undefined ? {} : { host }) },
  };
}

function reasons(answers: Answers, broken: Broken | undefined, host: string | undefined): string[] {
  const why: string[] = [];
  if (broken !== undefined) {
    const kept = broken.recovered ? 'what stood whole before it was read' : 'nothing more could be read';
    why.push(`the file ${broken.what} at byte ${broken.byte} (line ${broken.line}); ${kept}, export it again`);
  }
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

function quoted(all: readonly string[]): string[] {
  return all.length <= QUOTED ? [...all] : [...all.slice(0, QUOTED), `${all.length - QUOTED} more like these`];
}
