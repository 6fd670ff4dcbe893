import type { CoverageObservation, Location, Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { counted, fileCoverage } from '../../src/files/coverage.ts';
import { LineIndex, matchLocation } from '../../src/files/location.ts';
import { coverSecrets, isPinAfter } from '../../src/formats/cover.ts';
import { looksSecret, plainSighting } from '../../src/formats/plain-value.ts';
import { scalarAt, sortedScalars, type Tree } from '../../src/formats/tree.ts';
import { readYaml } from '../../src/formats/yaml.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { kindOf } from './kind.ts';
import { readLines } from './settings.ts';
import { readPlays, readTasks } from './tasks.ts';
import { isVaulted } from './words.ts';
import { type PlainVariable, Writer } from './write.ts';

const MAX_CHARACTERS = 2 * 1024 * 1024;

/** What playbooks, variables and inventories hold and use of identities and secrets. */
export function* scanAnsible(file: SourceFile, context: ScanContext): Generator<Observation> {
  const raw = file.text();
  const kind = kindOf(file.path, () => raw.slice(0, 4096));
  const lines = new LineIndex(raw);
  const at = (offset: number, pointer: string): Location => ({
    ...file.at,
    path: file.path,
    ...lines.at(offset),
    ...(pointer === '' ? {} : { pointer }),
  });
  if (isVaulted(raw)) {
    yield coverage(file, 1, []);
    return;
  }
  const matches = context.detect(raw, { path: file.path });
  const tooLarge = raw.length > MAX_CHARACTERS;
  const text = tooLarge ? '' : coverSecrets(raw, matches, isPinAfter('@:'));
  const environment = environmentOf(file.path);
  const writer = new Writer({
    repository: file.at.repository,
    path: file.path,
    environment,
    at,
    literalAt: (start, end) => matches.find((one) => one.start < end && one.end > start)?.credential,
    credentialOf: (type, start, end) => plainSighting(raw.slice(start, end), type, {}, file.place, context).credential,
    textAt: (start, end) => raw.slice(start, end),
  });
  const problems: string[] = tooLarge ? [`longer than ${MAX_CHARACTERS >> 20} Mi characters: only searched for keys`] : [];
  let root: Tree | undefined;
  if (kind === 'vault-password') writer.vaultPassword();
  else if (kind === 'settings') writer.options(readLines(text, false));
  else if (kind === 'inventory' && !/\.(?:ya?ml|json)$/i.test(file.path)) writer.inventory(readLines(text, true));
  else if (!tooLarge) {
    const yaml = readYaml(text);
    root = yaml.root;
    problems.push(...yaml.problems);
    if (kind === 'playbook') for (const play of readPlays(root)) writer.play(play);
    else if (kind === 'tasks') writer.tasks(readTasks(root), undefined);
    else writer.variables(root, kind === 'inventory');
  }
  const { rows, plain, problems: own } = writer.result();
  problems.push(...own);

  const scalars = sortedScalars(root);
  for (const match of matches) {
    const place = matchLocation(file, match, scalarAt(scalars, match.start)?.pointer);
    const setting = plain.find(({ start, end }) => match.start < end && match.end > start);
    const isSurer =
      match.confidence === 'low' && setting?.confidence === 'medium' && looksSecret(raw.slice(setting.start, setting.end));
    yield {
      ...context.sighting(isSurer ? { ...match, confidence: 'medium' } : match, place, file.place, environment),
      at: place,
    };
  }
  for (const one of plain) if (!one.isKnown) yield plainOf(one);
  for (const row of rows) {
    context.signal.throwIfAborted();
    yield row;
  }
  yield coverage(file, rows.length, problems);

  function plainOf({ type, start, end, pointer, confidence }: PlainVariable): Observation {
    return plainSighting(raw.slice(start, end), type, at(start, pointer), file.place, context, { environment, confidence });
  }
}

function coverage(file: SourceFile, read: number, reasons: readonly string[]): CoverageObservation {
  const failed = reasons.length > 0 ? 1 : 0;
  return fileCoverage(file, 'iac', ['identity', 'grant', 'consumer', 'sighting'], reasons, counted(read, failed));
}
