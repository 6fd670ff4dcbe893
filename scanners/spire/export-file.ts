import type { CoverageObservation, Observation, ObservationKind, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { brokenReasons, fileCoverage, quoted } from '../../src/files/coverage.ts';
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
  const covers = [...new Set([...answers.kinds].flatMap((kind) => COVERS[kind]))];
  return fileCoverage(file, 'spire', covers, why, {
    seen: answers.seen,
    read: answers.seen - failed,
    failed,
    detail: { exports: [...answers.kinds], types: [...answers.kinds].flatMap((kind) => TYPES[kind]) },
  });
}

function reasons(answers: Answers, broken: Broken | undefined): string[] {
  const why = brokenReasons(broken);
  if (answers.truncated) why.push('the last page names a next page: export all pages');
  why.push(...quoted(answers.problems));
  return why;
}
