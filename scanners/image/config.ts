import { secretsInArguments } from '../../src/ci/arguments.ts';
import { staticVariable } from '../../src/ci/cloud-keys.ts';
import { howOfName, identityOfSetting, opensDoor } from '../../src/ci/settings.ts';
import type {
  ConsumerObservation,
  CrawlContext,
  CredentialId,
  JsonObject,
  Location,
  Match,
  Observation,
  SightingObservation,
} from '../../src/contracts/index.ts';
import { readJson } from '../../src/formats/json.ts';
import { isKnownPassword, looksSecret, plainSighting, secretKind } from '../../src/formats/plain-value.ts';
import { entriesOf, get, itemsOf, type Scalar, scalarsOf, type Tree, textOf, textsOf } from '../../src/formats/tree.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { readStep, type Step } from './history.ts';
import type { Image } from './manifest.ts';

/** What the configuration of an image tells beside what runs in it. */
export interface ImageConfig {
  readonly steps: readonly (Step & { readonly isEmpty: boolean; readonly scalar: Scalar })[];
  readonly diffIds: readonly string[];
  readonly root: Tree | undefined;
  readonly text: string;
  readonly problems: readonly string[];
  position(offset: number): { line: number; column: number };
}

const MAX_STEPS = 2000;

export function readConfig(text: string): ImageConfig {
  const { root, problems, position } = readJson(text);
  const history = itemsOf(get(root, 'history'));
  const steps = history.slice(0, MAX_STEPS).flatMap((entry) => {
    const by = get(entry, 'created_by');
    if (by?.type !== 'scalar') return [];
    return [{ ...readStep(by.value), isEmpty: textOf(get(entry, 'empty_layer')) === 'true', scalar: by }];
  });
  const legacy = get(get(root, 'container_config'), 'Cmd');
  if (steps.length === 0 && legacy?.type === 'list') {
    const scalar = legacy.items.at(-1);
    if (scalar?.type === 'scalar') steps.push({ ...readStep(textsOf(legacy).join(' ')), isEmpty: false, scalar });
  }
  return { steps, diffIds: textsOf(get(get(root, 'rootfs'), 'diff_ids')), root, text, problems, position };
}

export interface ImagePlace {
  readonly image: Image;
  /** `image:harbour/shop:1.4` */
  readonly consumer: string;
  /** Digest of the layer that a step of the history made. */
  layerOf(step: number): string | undefined;
}

interface Line {
  readonly text: string;
  readonly scalar: Scalar;
  readonly pointer: string;
  readonly step?: number;
}

/** The variables, labels, commands and history of an image: what each says of identities and secrets. */
export function* describeConfig(config: ImageConfig, place: ImagePlace, context: CrawlContext): Generator<Observation> {
  const own = get(config.root, 'config');
  const settings: Line[] = [];
  for (const item of itemsOf(get(own, 'Env'))) {
    if (item.type !== 'scalar') continue;
    const name = item.value.slice(0, Math.max(0, item.value.indexOf('=')));
    settings.push({ text: item.value, scalar: item, pointer: `config.env.${name}` });
  }
  const labels: Line[] = entriesOf(get(own, 'Labels')).flatMap(({ key, value }) =>
    value.type === 'scalar' ? [{ text: `${key}=${value.value}`, scalar: value, pointer: `config.labels.${key}` }] : [],
  );
  const commands: Line[] = ['Entrypoint', 'Cmd', 'OnBuild'].flatMap((key) => commandLine(get(own, key), `config.${key}`));
  commands.push(...commandLine(get(get(own, 'Healthcheck'), 'Test'), 'config.Healthcheck'));
  const history: Line[] = config.steps.map(({ scalar }, step) => ({
    text: scalar.value,
    scalar,
    pointer: `history[${step}]`,
    step,
  }));

  const writer = new Writer(config, place, context);
  const inSettings = writer.find([...settings, ...labels], 'config.env');
  const inCommands = writer.find(commands, undefined);
  const inHistory = writer.find(history, undefined);
  yield* writer.sightings([...inSettings, ...inCommands]);
  yield* writer.sightings(inHistory, true);
  yield* writer.variables(settings, inSettings);
  for (const line of commands) {
    for (const secretName of secretsInArguments(line.text))
      yield writer.row(line, {
        fact: 'secret-in-argument',
        secretName,
        detail: { instruction: line.pointer.replace('config.', '') },
      });
  }
  yield* writer.arguments(history, inHistory);
}

function commandLine(tree: Tree | undefined, pointer: string): Line[] {
  const first = [...scalarsOf(tree)][0]?.scalar;
  const words = textsOf(tree).filter((word, index) => !(index === 0 && /^(?:CMD|CMD-SHELL|NONE)$/.test(word)));
  const isShell = /(?:^|\/)(?:ba|da|z|a)?sh$/.test(words[0] ?? '') && /^-\w*c$/.test(words[1] ?? '');
  return first === undefined || words.length === 0
    ? []
    : [{ text: (isShell ? words.slice(2) : words).join(' '), scalar: first, pointer }];
}

/** Statements about a build: BuildKit writes the build arguments into its provenance. https://docs.docker.com/build/metadata/attestations/slsa-provenance/ */
export function* describeProvenance(text: string, place: ImagePlace, context: CrawlContext): Generator<Observation> {
  const { root, position } = readJson(text);
  const lines: Line[] = [];
  for (const { key, scalar } of scalarsOf(root)) {
    const name = /^build-arg:(?<name>[A-Za-z_]\w*)$/.exec(key)?.groups?.name;
    if (name !== undefined && scalar.value !== '')
      lines.push({ text: `${name}=${scalar.value}`, scalar, pointer: `provenance.${name}` });
  }
  if (lines.length === 0) return;
  const writer = new Writer({ steps: [], diffIds: [], root, text, problems: [], position }, place, context, 'provenance');
  const found = writer.find(lines, 'config.env');
  yield* writer.sightings(found);
  for (const line of lines) {
    const name = line.pointer.slice('provenance.'.length);
    const known = found.find((one) => one.line === line)?.match.credential;
    if (secretKind(name) === undefined && known === undefined) continue;
    const value = line.text.slice(name.length + 1);
    let credential = known;
    if (known === undefined && looksSecret(value)) {
      const sighting = writer.plain(line, name, value);
      credential = sighting.credential;
      yield sighting;
    }
    yield writer.row(line, {
      fact: 'build-argument',
      secretName: name,
      ...(credential === undefined ? {} : { credential }),
      detail: { via: 'provenance', hasValue: true, literal: credential !== undefined },
    });
  }
}

interface FoundInLine {
  readonly line: Line;
  readonly match: Match;
  /** Offset in the line. */
  readonly start: number;
  readonly end: number;
}

interface Fact {
  readonly fact: string;
  readonly secretName?: string;
  readonly identity?: string;
  readonly credential?: CredentialId;
  readonly how?: string;
  readonly detail?: JsonObject;
}

class Writer {
  readonly #config: ImageConfig;
  readonly #place: ImagePlace;
  readonly #context: CrawlContext;
  readonly #path: string;
  readonly #known = new Set<string>();

  constructor(config: ImageConfig, place: ImagePlace, context: CrawlContext, path = 'config') {
    this.#config = config;
    this.#place = place;
    this.#context = context;
    this.#path = path;
  }

  /** Searched together: the two halves of a pair stand in two variables. */
  find(lines: readonly Line[], path: string | undefined): FoundInLine[] {
    if (lines.length === 0 || !this.#context.options.search) return [];
    const starts: number[] = [];
    let text = '';
    for (const line of lines) {
      starts.push(text.length);
      text += `${line.text}\n`;
    }
    return this.#context.detect(text, path === undefined ? {} : { path }).flatMap((match) => {
      const index = starts.findLastIndex((start) => start <= match.start);
      const line = lines[index];
      const from = starts[index];
      return line === undefined || from === undefined ? [] : [{ line, match, start: match.start - from, end: match.end - from }];
    });
  }

  /** `isAgain`: what was told of elsewhere in the configuration is not told once more. */
  *sightings(found: readonly FoundInLine[], isAgain = false): Generator<SightingObservation> {
    for (const one of found) {
      const { line, match } = one;
      if (isAgain && this.#known.has(match.fingerprint)) continue;
      this.#known.add(match.fingerprint);
      const at = this.#at(line);
      const sighting = this.#context.sighting(this.#surer(one), at, 'image', this.#environment);
      yield { ...sighting, at, detail: { ...sighting.detail, ...this.#about(line) } };
    }
  }

  /** A guess by the name alone is more than that where a variable is named so, and its value is as secrets are made. */
  #surer({ line, match, start, end }: FoundInLine): Match {
    if (match.confidence !== 'low') return match;
    const equals = line.text.indexOf('=');
    const pairs =
      line.step === undefined
        ? [
            {
              name: line.text.slice(0, Math.max(0, equals)),
              value: line.text.slice(equals + 1),
              start: equals + 1,
              end: line.text.length,
            },
          ]
        : (this.#config.steps[line.step]?.arguments ?? []);
    const own = pairs.find((pair) => start < pair.end && end > pair.start);
    return own !== undefined && secretKind(own.name) !== undefined && looksSecret(own.value)
      ? { ...match, confidence: 'medium' }
      : match;
  }

  /** A value that only its name tells. */
  plain(line: Line, name: string, value: string): SightingObservation {
    const kind = secretKind(name) ?? 'secret';
    const sighting = plainSighting(value, kind, this.#at(line), 'image', this.#context, {
      environment: this.#environment,
      confidence: 'medium',
    });
    this.#known.add(sighting.fingerprint);
    return { ...sighting, detail: this.#about(line) };
  }

  *variables(lines: readonly Line[], found: readonly FoundInLine[]): Generator<Observation> {
    const values = new Map(
      lines.map(({ text }): [string, string] => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
    );
    for (const line of lines) {
      const name = line.text.slice(0, line.text.indexOf('='));
      const value = values.get(name) ?? '';
      const known = found.find((one) => one.line === line)?.match;
      let credential = known?.credential;
      if (credential === undefined && secretKind(name) !== undefined && looksSecret(value) && this.#context.options.search) {
        const sighting = this.plain(line, name, value);
        credential = sighting.credential;
        yield sighting;
      }
      if (secretKind(name) !== undefined || credential !== undefined) {
        const valueFrom = credential !== undefined ? 'literal' : value === '' ? 'empty' : 'text';
        yield this.row(line, {
          fact: 'image-variable',
          secretName: name,
          ...(credential === undefined ? {} : { credential }),
          detail: { valueFrom, literal: credential !== undefined },
        });
      }
      if ((known === undefined || known.confidence === 'low') && isKnownPassword(name, value))
        yield this.row(line, { fact: 'default-password', secretName: name, detail: { variable: name, isFallback: false } });
      if (opensDoor(name, value)) yield this.row(line, { fact: 'no-password', secretName: name, detail: { setting: name } });
      const identity = identityOfSetting(name, value, values);
      if (identity !== undefined)
        yield this.row(line, {
          fact: 'identity-variable',
          identity: identity.identity,
          how: identity.how,
          detail: { variable: name, cloud: identity.cloud },
        });
    }
  }

  /** Build arguments whose values the history kept. */
  *arguments(lines: readonly Line[], found: readonly FoundInLine[]): Generator<Observation> {
    const told = new Set<string>();
    for (const line of lines) {
      for (const { name, value, start, end } of this.#config.steps[line.step ?? -1]?.arguments ?? []) {
        let credential = found.find((one) => one.line === line && one.start < end && one.end > start)?.match.credential;
        if ((secretKind(name) === undefined && credential === undefined) || told.has(`${name} ${value}`) || value === '')
          continue;
        told.add(`${name} ${value}`);
        if (credential === undefined && looksSecret(value) && this.#context.options.search) {
          const sighting = this.plain(line, name, value);
          credential = sighting.credential;
          yield sighting;
        }
        yield this.row(line, {
          fact: 'build-argument',
          secretName: name,
          ...(credential === undefined ? {} : { credential }),
          detail: { via: 'history', hasValue: true, literal: credential !== undefined },
        });
      }
    }
  }

  row(line: Line, { fact, secretName, identity, credential, how, detail }: Fact): ConsumerObservation {
    const cloud = secretName === undefined ? undefined : staticVariable(secretName);
    return {
      kind: 'consumer',
      consumer: this.#place.consumer,
      type: 'image',
      ...(identity === undefined ? {} : { identity }),
      ...(credential === undefined ? {} : { credential }),
      ...(secretName === undefined ? {} : { secretName }),
      how: how ?? (secretName === undefined ? 'secret' : howOfName(secretName)),
      ...(this.#environment === undefined ? {} : { environment: this.#environment }),
      detail: { platform: 'image', fact, image: this.#place.image.name, ...(cloud === undefined ? {} : { cloud }), ...detail },
      at: this.#at(line),
    };
  }

  get #environment(): string | undefined {
    return environmentOf(this.#place.image.name);
  }

  #at({ scalar, pointer, step }: Line): Location {
    const { line, column } = this.#config.position(scalar.start);
    const layer = step === undefined ? undefined : this.#place.layerOf(step);
    return {
      repository: this.#place.image.name,
      path: this.#path,
      line,
      column,
      pointer,
      ...(layer === undefined ? {} : { layer }),
    };
  }

  #about({ step }: Line): JsonObject {
    const summary = step === undefined ? undefined : this.#config.steps[step]?.summary;
    return { image: this.#place.image.name, ...(summary === undefined ? {} : { createdBy: summary }) };
  }
}
