import { detectBesideExpressions } from '../../src/ci/detect.ts';
import { ciSighting } from '../../src/ci/plain-value.ts';
import type {
  ConsumerObservation,
  CoverageObservation,
  Location,
  Match,
  Observation,
  ScanContext,
  SourceFile,
} from '../../src/contracts/index.ts';
import { counted, fileCoverage } from '../../src/files/coverage.ts';
import { matchLocation } from '../../src/files/location.ts';
import { coverSecrets, isPinAfter } from '../../src/formats/cover.ts';
import { scalarAt, sortedScalars } from '../../src/formats/tree.ts';
import { readYaml, type YamlFile } from '../../src/formats/yaml.ts';
import { ALL_SECRETS, blankExpressions } from './expression.ts';
import { describeJob, type JobPlace } from './job.ts';
import { findPlainValues } from './plaintext.ts';
import { type Job, MAX_JOBS, readWorkflow, type Workflow } from './workflow.ts';

/** GitHub refuses workflows long before this; it bounds what a hostile file can cost. */
const MAX_CHARACTERS = 2 * 1024 * 1024;

/** Many jobs times many secrets of the workflow's environment: ten times what the largest workflows have. */
const MAX_CONSUMERS = 20_000;

/** What a workflow or composite action holds: keys, plain values, identities and who uses them. */
export function* scanGithubActions(file: SourceFile, context: ScanContext): Generator<Observation> {
  const matches = detectBesideExpressions(file.text(), blankExpressions(file.text()), file.path, context);
  const text = coverSecrets(file.text(), matches, isPinAfter('@'));
  const tooLarge = text.length > MAX_CHARACTERS;
  const yaml: YamlFile = tooLarge ? { root: undefined, problems: [], position: () => ({ line: 1, column: 1 }) } : readYaml(text);
  const fileName = file.path.slice(file.path.lastIndexOf('/') + 1);
  const workflow = readWorkflow(yaml.root, fileName, file.at.repository);
  const problems = new Set(
    tooLarge ? [`longer than ${MAX_CHARACTERS >> 20} Mi characters: only searched for keys`] : yaml.problems,
  );
  const place: JobPlace = {
    note: (problem) => problems.add(problem),
    repository: file.at.repository,
    path: file.path,
    fileName,
    at: (offset, pointer) => ({ ...file.at, path: file.path, ...yaml.position(offset), ...(pointer === '' ? {} : { pointer }) }),
  };

  const scalars = sortedScalars(yaml.root);
  const literals: Literal[] = [];
  for (const match of matches) {
    const scalar = scalarAt(scalars, match.start);
    const at = matchLocation(file, match, scalar?.pointer);
    const environment = jobAt(workflow, match.start)?.environment;
    const sighting = context.sighting(match, at, 'ci', environment);
    yield { ...sighting, at };
    if (scalar !== undefined) literals.push({ match, at, start: match.start });
  }
  let described = 0;
  const named = new Set<string>();
  if (workflow !== undefined) {
    for (const value of findPlainValues(blankExpressions(text), yaml.root, workflow, matches)) {
      const end = yaml.position(value.end);
      const at = { ...place.at(value.start, value.pointer), endLine: end.line, endColumn: end.column };
      const sighting = ciSighting(value, at, jobAt(workflow, value.start)?.environment, context);
      yield value.certain ? { ...sighting, confidence: 'medium' } : sighting;
    }
    const identities = new Set<string>();
    let consumers = 0;
    for (const job of workflow.jobs) {
      if (consumers > MAX_CONSUMERS) {
        problems.add(`more than ${MAX_CONSUMERS} uses of secrets: jobs from ${job.tree.pointer.slice(0, 100)} on were not read`);
        break;
      }
      described += 1;
      const own = literals.filter(({ start }) => isInside(job, start) || isInEnvironment(workflow, start));
      for (const observation of describeJob(text, job, workflow, own, place)) {
        if (observation.kind === 'consumer') {
          consumers += 1;
          if (observation.secretName !== undefined) named.add(observation.secretName);
        }
        if (observation.kind === 'identity') {
          if (identities.has(observation.id)) continue;
          identities.add(observation.id);
        }
        yield observation;
      }
    }
  }
  if (workflow !== undefined) yield* declaredSecrets(workflow, named, described < workflow.jobs.length, place);
  yield coverage(file, workflow, [...problems], described);
}

/** What a reusable workflow asks its callers for, and whether it uses it. */
function* declaredSecrets(
  workflow: Workflow,
  named: ReadonlySet<string>,
  isPartly: boolean,
  place: JobPlace,
): Generator<ConsumerObservation> {
  if (!workflow.on.events.includes('workflow_call')) return;
  for (const { name, required, tree } of workflow.on.declaredSecrets) {
    yield {
      kind: 'consumer',
      consumer: `${place.repository === undefined ? '' : `${place.repository}:`}${place.path}`,
      type: 'pipeline',
      secretName: name,
      how: 'secret',
      at: place.at(tree.start, tree.pointer),
      detail: {
        platform: 'github-actions',
        fact: 'declared-secret',
        required,
        used: isPartly || named.has(name) || named.has(ALL_SECRETS),
        onlyCalled: workflow.on.onlyCalled,
      },
    };
  }
}

/** A credential that stands in the file itself. */
export interface Literal {
  readonly match: Match;
  readonly at: Location;
  readonly start: number;
}

function isInside(job: Job, offset: number): boolean {
  return offset >= job.tree.start && offset < job.tree.end;
}

function isInEnvironment({ env }: Workflow, offset: number): boolean {
  return env !== undefined && offset >= env.start && offset < env.end;
}

function jobAt(workflow: Workflow | undefined, offset: number): Job | undefined {
  return workflow?.jobs.find((job) => isInside(job, offset));
}

function coverage(
  file: SourceFile,
  workflow: Workflow | undefined,
  problems: readonly string[],
  read: number,
): CoverageObservation {
  const reasons = [...problems];
  if (workflow === undefined && reasons.length === 0 && !isActionMetadata(file)) reasons.push('it has no jobs: not a workflow');
  if (workflow !== undefined && workflow.unreadable > 0) reasons.push(`${workflow.unreadable} of its jobs are no mapping`);
  const beyond = workflow?.beyond ?? 0;
  if (beyond > 0) reasons.push(`it has more than ${MAX_JOBS} jobs: ${beyond} were not read`);
  const unread = (workflow?.jobs.length ?? 0) - read + beyond + (workflow?.unreadable ?? 0);
  const failed = unread + (workflow === undefined && reasons.length > 0 ? 1 : 0);
  return fileCoverage(file, 'ci', ['identity', 'consumer', 'grant', 'sighting'], reasons, counted(read, failed));
}

/** JavaScript and container actions have no steps: there is nothing more to read. */
function isActionMetadata(file: SourceFile): boolean {
  return /(?:^|\/)action\.ya?ml$/i.test(file.path);
}
