import type { CoverageObservation, Location, Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { counted, fileCoverage } from '../../src/files/coverage.ts';
import { matchLocation } from '../../src/files/location.ts';
import { coverSecrets, isPinAfter } from '../../src/formats/cover.ts';
import { plainSighting } from '../../src/formats/plain-value.ts';
import { scalarAt, sortedScalars } from '../../src/formats/tree.ts';
import { readYaml, type YamlFile } from '../../src/formats/yaml.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { describeProject, type ProjectPlace } from './describe.ts';
import { inheritedIn } from './inherited.ts';
import { readProject } from './model.ts';

const MAX_CHARACTERS = 2 * 1024 * 1024;

/** The services of a Compose file, and what each is given of secrets. */
export async function* scanCompose(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const raw = file.text();
  const matches = context.detect(raw, { path: file.path });
  const tooLarge = raw.length > MAX_CHARACTERS;
  const text = coverSecrets(raw, matches, isPinAfter('@:'));
  const yaml: YamlFile = tooLarge ? { root: undefined, problems: [], position: () => ({ line: 1, column: 1 }) } : readYaml(text);
  const project = readProject(yaml.root);
  const environment = environmentOf(file.path);
  const at = (offset: number, pointer: string): Location => ({ ...file.at, path: file.path, ...yaml.position(offset), pointer });
  const inherited = project === undefined ? new Map() : await inheritedIn(project, file, context);
  const scalars = sortedScalars(yaml.root);
  // An anchor stands before its aliases: the first to be met is where it is written.
  const written = scalars.filter(({ start }, index) => start !== scalars[index - 1]?.start);
  const pointers = new Map(written.map(({ start, pointer }) => [start, pointer]));
  const projectPlace: ProjectPlace = {
    repository: file.at.repository,
    path: file.path,
    environment,
    literalAt: (start, end) => matches.find((one) => one.start < end && one.end > start)?.credential,
    credentialOf: (kind, start, end) => plainSighting(raw.slice(start, end), kind, {}, file.place, context).credential,
    textAt: (start, end) => raw.slice(start, end),
    at,
    pointerOf: (offset) => pointers.get(offset) ?? scalarAt(written, offset - 1)?.pointer,
  };
  const { rows, plain, problems } = describeProject(project, projectPlace, inherited);

  for (const match of matches) {
    const place = matchLocation(file, match, scalarAt(scalars, match.start)?.pointer);
    yield { ...context.sighting(match, place, file.place, environment), at: place };
  }
  for (const { kind, start, end, pointer, isProduction } of plain) {
    yield plainSighting(raw.slice(start, end), kind, at(start, pointer), file.place, context, {
      environment,
      ...(isProduction ? { confidence: 'medium' } : {}),
    });
  }
  for (const row of rows) {
    context.signal.throwIfAborted();
    yield row;
  }
  yield coverage(file, project?.services.length ?? 0, project?.unreadable ?? 0, [
    ...(tooLarge ? [`longer than ${MAX_CHARACTERS >> 20} Mi characters: only searched for keys`] : yaml.problems),
    ...(project === undefined && !tooLarge && yaml.problems.length === 0 ? ['it has no services: not a Compose file'] : []),
    ...(project !== undefined && project.unreadable > 0 ? [`${project.unreadable} of its services are no mapping`] : []),
    ...problems,
  ]);
}

function coverage(file: SourceFile, read: number, unreadable: number, reasons: readonly string[]): CoverageObservation {
  const failed = unreadable + (reasons.length > 0 && unreadable === 0 ? 1 : 0);
  return fileCoverage(file, 'iac', ['consumer', 'sighting'], reasons, counted(read, failed));
}
