import type { CoverageObservation, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { type Broken, readJsonValues } from '../../src/files/json-values.ts';
import { type AnswerKind, type Answers, addAnswer, newAnswers } from './answers.ts';
import { agentRows, entryRows, federationRows } from './rows.ts';

const COVERS: { readonly [kind in AnswerKind]: readonly ObservationKind[] } = {
  entries: ['identity', 'trust', 'grant'],
  agents: ['identity', 'credential'],
  'federation relationships': [],
};

/** For needs like `trust:entry@spire`. */
const TYPES: { readonly [kind in AnswerKind]: readonly string[] } = {
  entries: ['entry', 'workload'],
  agents: ['node-agent'],
  'federation relationships': ['trust-domain'],
};

/** Problems quoted in one coverage row. */
const QUOTED = 3;

export function* scanFile(file: SourceFile, context: ScanContext): Generator<Observation> {
  const answers = newAnswers();
  const json = readJsonValues(file.text());
  for (const [index, value] of json.values.entries()) {
    addAnswer(answers, value, json.values.length > 1 ? `value ${index + 1}` : '');
  }
  for (const entry of answers.entries.values()) yield* entryRows(entry, file.at);
  for (const agent of answers.agents.values()) yield* agentRows(agent, file.at, context.now());
  for (const federation of answers.federations.values()) yield* federationRows(federation, file.at);
  yield coverageRow(file, answers, json.broken);
}

function coverageRow(file: SourceFile, answers: Answers, broken: Broken | undefined): CoverageObservation {
  const why = reasons(answers, broken);
  const failed = answers.problems.length;
  return {
    kind: 'coverage',
    surface: 'spire',
    subject: file.path,
    outcome: why.length === 0 ? 'complete' : 'partial',
    ...(why.length === 0 ? {} : { why: why.join('; ') }),
    covers: [...new Set([...answers.kinds].flatMap((kind) => COVERS[kind]))],
    seen: answers.seen,
    read: answers.seen - failed,
    failed,
    bytes: file.bytes.length,
    at: file.at,
    detail: { exports: [...answers.kinds], types: [...answers.kinds].flatMap((kind) => TYPES[kind]) },
  };
}

function reasons(answers: Answers, broken: Broken | undefined): string[] {
  const why: string[] = [];
  if (broken !== undefined) {
    const kept = broken.recovered ? 'what stood whole before it was read' : 'nothing more could be read';
    why.push(`the file ${broken.what} at byte ${broken.byte} (line ${broken.line}); ${kept}, export it again`);
  }
  if (answers.truncated) why.push('the last page names a next page: export all pages');
  const { problems } = answers;
  why.push(...problems.slice(0, QUOTED));
  if (problems.length > QUOTED) why.push(`${problems.length - QUOTED} more like these`);
  return why;
}
