import type { CoverageObservation, Match, Observation, ScanContext, SourceFile } from '../contracts/index.ts';
import { counted, fileCoverage } from '../files/coverage.ts';
import { LineIndex, matchLocation } from '../files/location.ts';
import { coverSecrets, isPinAfter } from '../formats/cover.ts';
import { type Scalar, scalarAt, sortedScalars, type Tree } from '../formats/tree.ts';
import { readYamlStream } from '../formats/yaml.ts';
import { describeFacts, describeJob, environmentOfJob, isWithin, type Literal, type PipelinePlace } from './describe.ts';
import { detectBesideExpressions } from './detect.ts';
import type { CiJob, Pipeline } from './model.ts';
import { ciSighting, type PlainValue, plainArguments, plainValue } from './plain-value.ts';

/** No CI system takes files as long; it bounds what a hostile one can cost. */
const MAX_CHARACTERS = 2 * 1024 * 1024;
export const MAX_JOBS = 500;
const MAX_CONSUMERS = 20_000;

/** A file as its reader gets it: names in it are safe to carry on. */
export interface PipelineText {
  readonly text: string;
  /** Documents of YAML; empty where the reader reads the text itself. */
  readonly documents: readonly Tree[];
  readonly file: SourceFile;
}

export interface PipelineReader {
  /** Reads a file; `undefined`: none of this platform, and why. */
  read(source: PipelineText): Pipeline | string | Promise<Pipeline | string>;
  /** What is no value in this format (expressions, ciphertext) turned to blanks of the same length. */
  readonly blank?: (text: string) => string;
  /** `$(X)` is a variable. */
  readonly macros?: boolean;
  /** Not YAML: the reader takes the text. */
  readonly isText?: boolean;
}

/** What a pipeline file of any CI system holds: keys, plain values, identities and who uses them. */
export async function* scanPipeline(file: SourceFile, context: ScanContext, reader: PipelineReader): AsyncGenerator<Observation> {
  const blank = reader.blank ?? ((text: string) => text);
  const matches = detectBesideExpressions(file.text(), blank(file.text()), file.path, context);
  const text = coverSecrets(file.text(), matches, isPinAfter('@:#'));
  const tooLarge = text.length > MAX_CHARACTERS;
  const yaml = readYamlStream(tooLarge || reader.isText === true ? '' : text);
  const index = new LineIndex(text);
  const lines = (offset: number) => index.at(offset);
  const problems = new Set(
    tooLarge ? [`longer than ${MAX_CHARACTERS >> 20} Mi characters: only searched for keys`] : yaml.problems,
  );
  const read = tooLarge ? 'too long' : await reader.read({ text, documents: yaml.documents, file });
  const pipeline = typeof read === 'string' ? undefined : read;
  if (typeof read === 'string' && problems.size === 0) problems.add(read);
  for (const problem of pipeline?.problems ?? []) problems.add(problem);
  const place: PipelinePlace = {
    repository: file.at.repository,
    path: file.path,
    at: (offset, pointer) => ({ ...file.at, path: file.path, ...lines(offset), ...(pointer === '' ? {} : { pointer }) }),
    note: (problem) => problems.add(problem),
  };

  const jobs = pipeline?.jobs.slice(0, MAX_JOBS) ?? [];
  const scalars = scalarsIn(yaml.documents, jobs);
  const literals: Literal[] = [];
  for (const match of matches) {
    const scalar = scalarAt(scalars, match.start);
    const at = matchLocation(file, match, scalar?.pointer);
    yield { ...context.sighting(match, at, 'ci', environmentAt(jobs, match.start)), at };
    if (scalar !== undefined) literals.push({ match, at, start: match.start });
  }
  let described = 0;
  if (pipeline !== undefined) {
    for (const value of plainValues(blank(text), pipeline, jobs, matches)) {
      const end = lines(value.end);
      const at = { ...place.at(value.start, value.pointer), endLine: end.line, endColumn: end.column };
      yield ciSighting(value, at, environmentAt(jobs, value.start), context);
    }
    for (const declared of pipeline.declared ?? []) {
      const { identity: id, type, name, scope, detail } = declared;
      yield {
        kind: 'identity',
        id,
        provider: id.slice(0, id.indexOf(':')),
        type,
        name,
        ...(scope === undefined ? {} : { scope }),
        at: place.at(declared.place.start, declared.place.pointer),
        detail: { platform: pipeline.platform, ...detail },
      };
    }
    yield* describeFacts(pipeline, place);
    const identities = new Set<string>();
    let consumers = 0;
    for (const job of jobs) {
      if (consumers > MAX_CONSUMERS) {
        problems.add(`more than ${MAX_CONSUMERS} uses of secrets: jobs from ${job.id.slice(0, 100)} on were not read`);
        break;
      }
      described += 1;
      const own = literals.filter(({ start }) => isWithin(job, start));
      for (const observation of describeJob(text, job, pipeline, own, place, reader.macros ?? false)) {
        if (observation.kind === 'consumer') consumers += 1;
        else if (identities.has(observation.id)) continue;
        else identities.add(observation.id);
        yield observation;
      }
    }
  }
  yield coverage(file, pipeline, [...problems], described);
}

/** Literals under names that say secret, and on command lines. */
function plainValues(text: string, pipeline: Pipeline, jobs: readonly CiJob[], matches: readonly Match[]): PlainValue[] {
  const found = new Map<number, PlainValue>();
  const add = (value: PlainValue | undefined) => {
    if (value === undefined || matches.some((match) => match.start < value.end && match.end > value.start)) return;
    found.set(value.start, value);
  };
  for (const { name, value } of pipeline.values) add(plainValue(text, name, value));
  const done = new Set<number>();
  for (const job of jobs) {
    for (const { name, value } of job.variables) add(plainValue(text, name, value));
    for (const step of job.steps) {
      for (const { name, value } of [...step.variables, ...step.inputs]) add(plainValue(text, name, value));
      for (const script of step.scripts) {
        if (done.has(script.start)) continue;
        done.add(script.start);
        for (const value of plainArguments(text, script)) add(value);
      }
    }
  }
  return [...found.values()].sort((a, b) => a.start - b.start);
}

function environmentAt(jobs: readonly CiJob[], offset: number): string | undefined {
  const job = jobs.find(({ part }) => offset >= part.start && offset < part.end);
  return job === undefined ? undefined : environmentOfJob(job);
}

/** Of the documents; where the format is no YAML, of what was read of it. */
function scalarsIn(documents: readonly Tree[], jobs: readonly CiJob[]): Scalar[] {
  const scalars = documents.flatMap(sortedScalars);
  if (documents.length === 0) {
    for (const { steps, variables } of jobs) {
      for (const { value } of variables) scalars.push(value);
      for (const step of steps) scalars.push(...step.scripts, ...[...step.variables, ...step.inputs].map(({ value }) => value));
    }
  }
  return scalars.sort((a, b) => a.start - b.start);
}

function coverage(
  file: SourceFile,
  pipeline: Pipeline | undefined,
  problems: readonly string[],
  read: number,
): CoverageObservation {
  const reasons = [...problems];
  const beyond = Math.max(0, (pipeline?.jobs.length ?? 0) - MAX_JOBS);
  if (pipeline !== undefined && pipeline.unread > 0) reasons.push(`${pipeline.unread} of its jobs could not be read`);
  if (beyond > 0) reasons.push(`it has more than ${MAX_JOBS} jobs: ${beyond} were not read`);
  const unread = (pipeline?.jobs.length ?? 0) - read + (pipeline?.unread ?? 0);
  const failed = unread + (pipeline === undefined ? 1 : 0);
  return fileCoverage(file, 'ci', ['identity', 'consumer', 'sighting'], reasons, counted(read, failed));
}
