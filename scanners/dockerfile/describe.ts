import { secretsInArguments } from '../../src/ci/arguments.ts';
import { staticVariable } from '../../src/ci/cloud-keys.ts';
import { howOfName, identityOfSetting, opensDoor } from '../../src/ci/settings.ts';
import type { ConsumerObservation, CredentialId, JsonObject, Location } from '../../src/contracts/index.ts';
import { credentialFile } from '../../src/files/credential-file.ts';
import { isKnownPassword, looksSecret, type SecretKind, secretKind } from '../../src/formats/plain-value.ts';
import type { TakenAlong } from './context.ts';
import { copyOf, destinationOf } from './copy.ts';
import { commandText, type Dockerfile, type Instruction, type Pair, pairsOf, type Stage } from './parse.ts';
import { followRun, type Kept, removedBy } from './run.ts';

export interface BuildPlace {
  readonly repository: string | undefined;
  readonly path: string;
  readonly environment: string | undefined;
  /** The credential that a detector found between two offsets. */
  literalAt(start: number, end: number): CredentialId | undefined;
  /** Of a value that only its name tells. */
  credentialOf(kind: SecretKind, start: number, end: number): CredentialId;
  at(offset: number, pointer: string): Location;
  /** Files of credentials in the directories that are copied whole. */
  readonly taken: ReadonlyMap<string, readonly TakenAlong[]>;
  /** Files of settings by the name they are copied by: do they hold a login? */
  readonly settled: ReadonlyMap<string, boolean>;
}

export interface PlainSetting {
  readonly kind: SecretKind;
  readonly start: number;
  readonly end: number;
  readonly pointer: string;
}

export interface Described {
  readonly rows: readonly ConsumerObservation[];
  /** Literals that no detector knows. */
  readonly plain: readonly PlainSetting[];
  /** Where each variable's value stands. */
  readonly settings: readonly {
    readonly start: number;
    readonly end: number;
    readonly pointer: string;
    readonly isSecret: boolean;
  }[];
  readonly problems: readonly string[];
}

/** Rows of one file: many secrets times many stages of a hostile one. */
const MAX_ROWS = 5000;

/** What each stage of a build gets of secrets, and what stays of them. */
export function describeStages(file: Dockerfile, place: BuildPlace): Described {
  const describer = new Describer(file, place);
  for (const stage of file.stages) describer.stage(stage);
  return describer.result();
}

interface Variable {
  readonly name: string;
  /** Where a build argument or variable gets its value from. */
  readonly source: 'argument' | 'variable' | 'mount';
}

interface Removable {
  readonly destination: string;
  readonly index: number;
  readonly row: number;
}

class Describer {
  readonly #file: Dockerfile;
  readonly #place: BuildPlace;
  readonly #rows: ConsumerObservation[] = [];
  readonly #plain: PlainSetting[] = [];
  readonly #settings: { start: number; end: number; pointer: string; isSecret: boolean }[] = [];
  /** Variables that hold a secret, which stages built upon this one inherit. */
  readonly #inherited = new Map<Stage, ReadonlyMap<string, Variable>>();
  readonly #final: ReadonlySet<Stage>;
  #isCut = false;
  /** Characters of scripts that may still be read, counted anew for each secret. */
  #left = 20_000_000;

  constructor(file: Dockerfile, place: BuildPlace) {
    this.#file = file;
    this.#place = place;
    this.#final = stagesInImage(file.stages);
    for (const instruction of file.globals) this.#readGlobal(instruction);
  }

  result(): Described {
    const problems = [
      ...(this.#isCut ? [`more than ${MAX_ROWS} uses of secrets: the rest was not read`] : []),
      ...(this.#left < 0 ? ['its scripts are too long to follow every secret through them'] : []),
    ];
    return { rows: this.#rows, plain: this.#plain, settings: this.#settings, problems };
  }

  stage(stage: Stage): void {
    const parent = this.#file.stages.findLast((one) => one.index < stage.index && one.name === stage.base.toLowerCase());
    const variables = new Map(parent === undefined ? [] : this.#inherited.get(parent));
    const kept = new Map<string, Variable>(variables);
    const values = new Map<string, string>();
    const removable: Removable[] = [];
    for (const [index, instruction] of stage.instructions.entries()) {
      const { keyword } = instruction;
      if (keyword === 'ARG') this.#argument(stage, instruction, variables);
      else if (keyword === 'ENV') this.#environment(stage, instruction, variables, kept, values);
      else if (keyword === 'LABEL') this.#label(stage, instruction, variables);
      else if (keyword === 'COPY' || keyword === 'ADD') this.#copy(stage, instruction, index, removable);
      else if (keyword === 'RUN') this.#run(stage, instruction, index, variables, removable);
      else if (keyword === 'CMD' || keyword === 'ENTRYPOINT' || keyword === 'HEALTHCHECK') this.#command(stage, instruction);
    }
    this.#inherited.set(stage, kept);
  }

  #readGlobal(instruction: Instruction): void {
    for (const pair of pairsOf(instruction.body.text, 'ARG')) this.#setting('args', pair, instruction);
  }

  #argument(stage: Stage, instruction: Instruction, variables: Map<string, Variable>): void {
    for (const pair of pairsOf(instruction.body.text, 'ARG')) {
      const kind = secretKind(pair.name);
      const setting = this.#setting(`stages.${stage.name}.args`, pair, instruction);
      const isDefault = pair.value !== undefined && pair.value !== '';
      if (kind === undefined && setting.credential === undefined) continue;
      // `ARG TOKEN_FILE` and the like name no secret; a default that is a placeholder is none.
      variables.set(pair.name, { name: pair.name, source: 'argument' });
      const isUsed = this.#usesOf(stage, pair.name, instruction);
      this.#row(stage, instruction, setting.offset, setting.pointer, {
        fact: 'build-argument',
        secretName: pair.name,
        ...(setting.credential === undefined ? {} : { credential: setting.credential }),
        detail: { hasDefault: isDefault, usedBy: isUsed, literal: setting.credential !== undefined },
      });
    }
  }

  /** Instructions behind the argument that name it. */
  #usesOf(stage: Stage, name: string, argument: Instruction): string[] {
    const uses = new Set<string>();
    for (const { keyword, body, start } of stage.instructions) {
      if (start <= argument.start || keyword === 'ARG' || this.#left < 0 || !body.text.includes(name)) continue;
      this.#left -= body.text.length;
      if (referencesIn(body.text).includes(name)) uses.add(keyword);
    }
    return [...uses];
  }

  #environment(
    stage: Stage,
    instruction: Instruction,
    variables: Map<string, Variable>,
    kept: Map<string, Variable>,
    values: Map<string, string>,
  ): void {
    const pairs = pairsOf(instruction.body.text, 'ENV');
    for (const { name, value = '' } of pairs) values.set(name, value);
    for (const pair of pairs) {
      const value = pair.value ?? '';
      const setting = this.#setting(`stages.${stage.name}.env`, pair, instruction);
      const names = referencesIn(value).filter((name) => variables.get(name)?.source === 'argument');
      const kind = secretKind(pair.name);
      if (kind !== undefined || names.length > 0 || setting.credential !== undefined) {
        const from =
          names.length > 0
            ? 'argument'
            : setting.credential !== undefined
              ? 'literal'
              : value === ''
                ? 'empty'
                : referencesIn(value).length > 0
                  ? 'variable'
                  : 'text';
        if (from === 'argument' || setting.credential !== undefined) {
          variables.set(pair.name, { name: pair.name, source: 'variable' });
          kept.set(pair.name, { name: pair.name, source: 'variable' });
        }
        this.#row(stage, instruction, setting.offset, setting.pointer, {
          fact: 'image-variable',
          secretName: pair.name,
          ...(setting.credential === undefined ? {} : { credential: setting.credential }),
          detail: {
            valueFrom: from,
            ...(names.length === 0 ? {} : { arguments: names }),
            literal: setting.credential !== undefined,
          },
        });
      }
      if (setting.credential === undefined && isKnownPassword(pair.name, value)) {
        this.#row(stage, instruction, setting.offset, setting.pointer, {
          fact: 'default-password',
          secretName: pair.name,
          detail: { variable: pair.name, isFallback: false },
        });
      }
      const identity = identityOfSetting(pair.name, value, values);
      if (identity !== undefined) {
        this.#row(stage, instruction, setting.offset, setting.pointer, {
          fact: 'identity-variable',
          identity: identity.identity,
          how: identity.how,
          detail: { variable: pair.name, cloud: identity.cloud },
        });
      }
      if (opensDoor(pair.name, value)) {
        this.#row(stage, instruction, setting.offset, setting.pointer, {
          fact: 'no-password',
          secretName: pair.name,
          detail: { setting: pair.name },
        });
      }
    }
  }

  #label(stage: Stage, instruction: Instruction, variables: ReadonlyMap<string, Variable>): void {
    for (const pair of pairsOf(instruction.body.text, 'LABEL')) {
      const setting = this.#setting(`stages.${stage.name}.labels`, pair, instruction);
      for (const name of referencesIn(pair.value ?? '')) {
        if (variables.has(name))
          this.#row(stage, instruction, setting.offset, setting.pointer, {
            fact: 'image-variable',
            secretName: name,
            detail: { valueFrom: 'argument', arguments: [name], label: pair.name },
          });
      }
    }
  }

  #copy(stage: Stage, instruction: Instruction, index: number, removable: Removable[]): void {
    const { sources, destination, from } = copyOf(instruction);
    for (const { path, offset } of sources) {
      const pointer = `stages.${stage.name}.${instruction.keyword.toLowerCase()}`;
      if (/(?:^|\/)\.git\/?$/.test(path)) {
        this.#row(stage, instruction, offset, pointer, {
          fact: 'repository-history',
          secretName: '.git',
          detail: { file: path },
        });
        continue;
      }
      for (const taken of from === undefined ? (this.#place.taken.get(path) ?? []) : []) {
        const target = `${destination.replace(/\/?\.?$/, '')}/${taken.name}`;
        const row = this.#row(stage, instruction, offset, pointer, {
          fact: 'credential-file',
          secretName: taken.name,
          detail: { file: taken.path, destination: target, kind: taken.kind, certain: taken.certain, via: 'directory' },
        });
        if (row !== undefined) removable.push({ destination: target, index, row });
      }
      const target = destinationOf(path, destination);
      const file =
        credentialFile(path) ?? (sources.length === 1 && !destination.endsWith('/') ? credentialFile(destination) : undefined);
      const holdsLogin = from === undefined ? this.#place.settled.get(path) : undefined;
      if (file === undefined || holdsLogin === false) continue;
      const row = this.#row(stage, instruction, offset, pointer, {
        fact: 'credential-file',
        secretName: path.replace(/\/$/, '').replace(/^.*\//, ''),
        detail: {
          file: path,
          destination: target,
          kind: file.kind,
          certain: file.certain || holdsLogin === true,
          ...(from === undefined ? {} : { from }),
        },
      });
      if (row !== undefined) removable.push({ destination: target, index, row });
    }
  }

  #run(
    stage: Stage,
    instruction: Instruction,
    index: number,
    variables: ReadonlyMap<string, Variable>,
    removable: Removable[],
  ): void {
    const script = commandText(instruction.body.text);
    const pointer = `stages.${stage.name}.run`;
    for (const removed of removedBy(
      script,
      removable.filter((one) => one.index < index).map((one) => one.destination),
    )) {
      for (const { destination, row } of removable) {
        const known = this.#rows[row];
        if (destination === removed && known !== undefined) {
          this.#rows[row] = {
            ...known,
            detail: { ...known.detail, removedLater: true, removedAtLine: this.#place.at(instruction.start, '').line ?? 0 },
          };
        }
      }
    }
    if (/NOPASSWD:\s*ALL/.test(script))
      this.#row(stage, instruction, instruction.start, pointer, { fact: 'passwordless-sudo', secretName: 'sudo' });
    this.#left -= script.length * (variables.size + 1);
    const { secrets, mounts } = followRun(instruction, script, this.#left < 0 ? new Map() : variables);
    for (const mount of mounts) {
      this.#row(stage, instruction, instruction.start, pointer, {
        fact: mount.type === 'ssh' ? 'ssh-mount' : 'secret-mount',
        secretName: mount.id,
        detail: {
          ...(mount.variable === undefined ? {} : { variable: mount.variable }),
          ...(mount.target === undefined ? {} : { target: mount.target }),
        },
      });
    }
    for (const { name, source, kept, unverified } of secrets) {
      for (const one of kept) this.#keep(stage, instruction, index, pointer, name, source, one, removable);
      if (unverified)
        this.#row(stage, instruction, instruction.start, pointer, {
          fact: 'unverified-tls',
          secretName: name,
          detail: { source },
        });
    }
  }

  #keep(
    stage: Stage,
    instruction: Instruction,
    index: number,
    pointer: string,
    name: string,
    source: Variable['source'],
    { file, tool }: Kept,
    removable: Removable[],
  ): void {
    const row = this.#row(stage, instruction, instruction.start, pointer, {
      fact: 'secret-in-layer',
      secretName: name,
      detail: { source, tool, ...(file === undefined ? {} : { file }) },
    });
    if (row !== undefined && file !== undefined) removable.push({ destination: file, index, row });
  }

  #command(stage: Stage, instruction: Instruction): void {
    const script = commandText(
      instruction.keyword === 'HEALTHCHECK' ? instruction.body.text.replace(/^\s*CMD\s+/i, '') : instruction.body.text,
    );
    const pointer = `stages.${stage.name}.${instruction.keyword.toLowerCase()}`;
    for (const name of secretsInArguments(script)) {
      this.#row(stage, instruction, instruction.start, pointer, {
        fact: 'secret-in-argument',
        secretName: name,
        detail: { instruction: instruction.keyword },
      });
    }
  }

  /** Where a value stands, and the credential that it is. */
  #setting(pointer: string, pair: Pair, instruction: Instruction): Setting {
    const { body } = instruction;
    const offset = body.offsetAt(pair.nameAt);
    const [start, end] = [body.offsetAt(pair.start), body.offsetAt(Math.max(pair.start, pair.end - 1)) + 1];
    const place = { pointer: `${pointer}.${pair.name}`, offset };
    if (pair.value === undefined || pair.value === '' || pair.end <= pair.start) return place;
    this.#settings.push({ start, end, pointer: place.pointer, isSecret: secretKind(pair.name) !== undefined });
    const known = this.#place.literalAt(start, end);
    if (known !== undefined) return { ...place, credential: known };
    const kind = secretKind(pair.name);
    const isWhole = end - start === pair.value.length;
    if (kind === undefined || !isWhole || !looksSecret(pair.value)) return place;
    this.#plain.push({ kind, start, end, pointer: place.pointer });
    return { ...place, credential: this.#place.credentialOf(kind, start, end) };
  }

  /** Returns its number, or nothing when there are too many. */
  #row(stage: Stage, instruction: Instruction, offset: number, pointer: string, fact: Fact): number | undefined {
    if (this.#rows.length >= MAX_ROWS) {
      this.#isCut = true;
      return undefined;
    }
    const { repository, path, environment } = this.#place;
    const { fact: name, secretName, identity, credential, how, detail } = fact;
    const cloud = secretName === undefined ? undefined : staticVariable(secretName);
    this.#rows.push({
      kind: 'consumer',
      consumer: `${repository === undefined ? '' : `${repository}:`}${path}#${stage.name}`,
      type: 'image',
      ...(identity === undefined ? {} : { identity }),
      ...(credential === undefined ? {} : { credential }),
      ...(secretName === undefined ? {} : { secretName }),
      how: how ?? (secretName === undefined ? 'secret' : howOfName(secretName)),
      ...(environment === undefined ? {} : { environment }),
      detail: {
        platform: 'dockerfile',
        fact: name,
        stage: stage.name,
        inFinalImage: this.#final.has(stage),
        ...(instruction.onBuild ? { onBuild: true } : {}),
        ...(cloud === undefined ? {} : { cloud }),
        ...detail,
      },
      at: this.#place.at(offset, pointer),
    });
    return this.#rows.length - 1;
  }
}

interface Setting {
  readonly pointer: string;
  readonly offset: number;
  readonly credential?: CredentialId;
}

interface Fact {
  readonly fact: string;
  readonly secretName?: string;
  readonly identity?: string;
  readonly credential?: CredentialId;
  readonly how?: string;
  readonly detail?: JsonObject;
}

/** The last stage, and those it is built upon: what they set and run is in the image. */
function stagesInImage(stages: readonly Stage[]): ReadonlySet<Stage> {
  const inside = new Set<Stage>();
  for (let stage = stages.at(-1); stage !== undefined && !inside.has(stage); ) {
    inside.add(stage);
    const { base, index }: Stage = stage;
    stage = stages.findLast((one) => one.index < index && one.name === base.toLowerCase());
  }
  return inside;
}

/** `$NAME` and `${NAME…}`. */
function referencesIn(text: string): string[] {
  return [...text.matchAll(/(?<!\\)\$\{?(?<name>[A-Za-z_]\w*)/g)].map((match) => match.groups?.name ?? '');
}
