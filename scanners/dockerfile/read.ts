import type { CoverageObservation, Location, Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { counted, fileCoverage } from '../../src/files/coverage.ts';
import { LineIndex, matchLocation } from '../../src/files/location.ts';
import { coverSecrets, isPinAfter } from '../../src/formats/cover.ts';
import { looksSecret, plainSighting } from '../../src/formats/plain-value.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { settledFiles, takenAlong } from './context.ts';
import { describeStages } from './describe.ts';
import { parseDockerfile } from './parse.ts';

/** Far longer than any that is built; it bounds what a hostile file can cost. */
const MAX_CHARACTERS = 2 * 1024 * 1024;
const TEMPLATE = /\.(?:j2|jinja2?|tmpl|tpl|template|erb|in)$|[-_.]template$/i;

/** What an image build gets of secrets, and what of them stays in the image. */
export async function* scanDockerfile(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  const raw = file.text();
  const matches = context.detect(raw, { path: file.path });
  const tooLarge = raw.length > MAX_CHARACTERS;
  const text = tooLarge ? '' : coverSecrets(raw, matches, isPinAfter('@:'));
  const plainly = parseDockerfile(text, TEMPLATE.test(file.path));
  // Templates are not always named so.
  const parsed = plainly.unknown > 0 && /\{\{|\{%|<%/.test(text) ? parseDockerfile(text, true) : plainly;
  const lines = new LineIndex(raw);
  const at = (offset: number, pointer: string): Location => ({ ...file.at, path: file.path, ...lines.at(offset), pointer });
  const environment = environmentOf(file.path);
  const { rows, plain, settings, problems } = describeStages(parsed, {
    repository: file.at.repository,
    path: file.path,
    environment,
    literalAt: (start, end) => {
      const match = matches.find((one) => one.start < end && one.end > start);
      return match === undefined ? undefined : match.credential;
    },
    credentialOf: (kind, start, end) => plainSighting(raw.slice(start, end), kind, {}, file.place, context).credential,
    at,
    taken: await takenAlong(parsed, file),
    settled: await settledFiles(parsed, file),
  });

  for (const match of matches) {
    const setting = settings.find(({ start, end }) => match.start < end && match.end > start);
    const place = matchLocation(file, match, setting?.pointer);
    // A guess by the name alone is more than that where a variable is named so, and its value is as secrets are made.
    const isSurer =
      match.confidence === 'low' && setting?.isSecret === true && looksSecret(raw.slice(setting.start, setting.end));
    const sighting = context.sighting(isSurer ? { ...match, confidence: 'medium' } : match, place, file.place, environment);
    yield { ...sighting, at: place };
  }
  for (const { kind, start, end, pointer } of plain) {
    yield plainSighting(raw.slice(start, end), kind, at(start, pointer), file.place, context, {
      environment,
      confidence: 'medium',
    });
  }
  for (const row of rows) {
    context.signal.throwIfAborted();
    yield row;
  }
  yield coverage(file, parsed, [
    ...(tooLarge ? [`longer than ${MAX_CHARACTERS >> 20} Mi characters: only searched for keys`] : []),
    ...parsed.problems,
    ...problems,
  ]);
}

function coverage(
  file: SourceFile,
  { instructions, unknown }: { readonly instructions: number; readonly unknown: number },
  reasons: readonly string[],
): CoverageObservation {
  const failed = unknown + (reasons.length > 0 && unknown === 0 ? 1 : 0);
  const read = instructions - unknown;
  return fileCoverage(file, 'iac', ['consumer', 'sighting'], reasons, counted(read, failed));
}
