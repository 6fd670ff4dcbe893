import type {
  ConsumerObservation,
  CoverageObservation,
  JsonObject,
  Location,
  Match,
  Observation,
  ScanContext,
  SourceFile,
} from '../../src/contracts/index.ts';
import { plainSighting } from '../../src/formats/plain-value.ts';
import { environmentOf } from '../../src/util/environment.ts';
import { DecodedText, decodeLoosely, type RawText } from './decoded-text.ts';
import { findIdentityUses, type IdentityUse } from './identity-use.ts';
import type { NamedValue } from './named-value.ts';
import type { NotebookText } from './schema.ts';

/** Looks through the texts of one notebook: sightings as they come, uses of identities gathered by what is used. */
export class Search {
  readonly #file: SourceFile;
  readonly #context: ScanContext;
  readonly #environment: string | undefined;
  readonly #consumer: string;
  /** Where a sighting was already made: the second look at a broken file must not repeat it. */
  readonly #seen = new Set<string>();
  readonly #uses = new Map<string, Use>();

  constructor(file: SourceFile, context: ScanContext) {
    this.#file = file;
    this.#context = context;
    this.#environment = environmentOf(file.path);
    this.#consumer = file.at.repository === undefined ? file.path : `${file.at.repository}:${file.path}`;
  }

  *text(place: NotebookText, raw: RawText): Generator<Observation> {
    const { cell, part } = place;
    const where = { part, ...(cell === undefined ? {} : { cell }) };
    const matches = this.#context.detect(place.text.text, { path: this.#file.path });
    for (const match of matches) {
      const at = this.#locate(match, place.text, raw, where);
      this.#seen.add(keyOf(match, at));
      if (match.confidence !== 'low') this.#seen.add(`${at.line}:${at.column}`);
      yield this.#sighting(match, at, {
        ...(cell === undefined ? {} : { cellLine: match.line }),
        ...(place.cellType === undefined ? {} : { cellType: place.cellType }),
        ...(place.outputType === undefined ? {} : { outputType: place.outputType }),
        ...(place.mediaType === undefined ? {} : { mediaType: place.mediaType }),
      });
      if (part === 'source' && (place.cellType ?? 'code') === 'code') this.#useOf(match, at, cell);
    }
    if (part !== 'source' || (place.cellType ?? 'code') !== 'code') return;
    for (const use of findIdentityUses(place.text.text)) {
      // `userdata.get("sk-…")`: a key where its name should stand is no name.
      if (matches.some(({ secret }) => use.secretName?.includes(secret.reveal()))) continue;
      const position = raw.position(place.text.rawOffset(use.index));
      this.#addUse(use, { ...this.#file.at, path: this.#file.path, ...where, ...position }, cell);
    }
  }

  /** A secret that no form gives away, but its name does. */
  *value({ node, kind }: NamedValue, raw: RawText): Generator<Observation> {
    const position = raw.position(node.offset + 1);
    const at: Location = { ...this.#file.at, path: this.#file.path, part: 'metadata', ...position };
    const sighting = plainSighting(String(node.value), kind, at, 'notebook', this.#context, {
      environment: this.#environment,
      confidence: 'medium',
    });
    // Its form told it already.
    if (this.#seen.has(`${position.line}:${position.column}`)) return;
    yield sighting;
    const { credential } = sighting;
    if (!this.#uses.has(credential))
      this.#uses.set(credential, { how: 'static-key', basis: 'literal', credential, at, cells: new Set() });
  }

  /** The whole file with its escapes undone, for what the tree of a broken file does not hold. */
  *broken(raw: RawText): Generator<Observation> {
    const text = new DecodedText(raw);
    text.append(decodeLoosely(blankBinary(raw.text)), 0);
    for (const match of this.#context.detect(text.text, { path: this.#file.path })) {
      const at = this.#locate(match, text, raw, {});
      if (!this.#seen.has(keyOf(match, at))) yield this.#sighting(match, at, {});
    }
  }

  *bytes(): Generator<Observation> {
    for (const match of this.#context.detect(this.#file.bytes, { path: this.#file.path })) {
      const { line, column, endLine, endColumn } = match;
      yield this.#sighting(match, { ...this.#file.at, path: this.#file.path, line, column, endLine, endColumn }, {});
    }
  }

  *consumers(): Generator<ConsumerObservation> {
    for (const { at, basis, cells, ...use } of this.#uses.values()) {
      yield {
        kind: 'consumer',
        consumer: this.#consumer,
        type: 'notebook',
        ...use,
        ...(this.#environment === undefined ? {} : { environment: this.#environment }),
        at,
        detail: { basis, cells: [...cells] },
      };
    }
  }

  #sighting(match: Match, at: Location, detail: JsonObject): Observation {
    const sighting = this.#context.sighting(match, at, 'notebook', this.#environment);
    return Object.keys(detail).length === 0 ? sighting : { ...sighting, detail: { ...sighting.detail, ...detail } };
  }

  #locate(match: Match, text: DecodedText, raw: RawText, where: Pick<Location, 'cell' | 'part'>): Location {
    const start = raw.position(text.rawOffset(match.start));
    const last = raw.position(text.rawOffset(Math.max(match.start, match.end - 1)));
    const end = { endLine: last.line, endColumn: last.column + 1 };
    return { ...this.#file.at, path: this.#file.path, ...where, ...start, ...end };
  }

  #useOf(match: Match, at: Location, cell: number | undefined): void {
    const use = this.#uses.get(match.credential);
    if (use !== undefined) {
      if (cell !== undefined) use.cells.add(cell);
      return;
    }
    this.#uses.set(match.credential, {
      how: 'static-key',
      basis: 'literal',
      credential: match.credential,
      ...(match.identity === undefined ? {} : { identity: match.identity }),
      at,
      cells: new Set(cell === undefined ? [] : [cell]),
    });
  }

  #addUse({ index: _, ...found }: IdentityUse, at: Location, cell: number | undefined): void {
    const key = `${found.basis} ${found.secretName ?? found.identity ?? ''}`;
    const use = this.#uses.get(key) ?? { ...found, at, cells: new Set<number>() };
    if (cell !== undefined) use.cells.add(cell);
    this.#uses.set(key, use);
  }
}

type Use = Omit<IdentityUse, 'index'> & {
  readonly credential?: ConsumerObservation['credential'] & string;
  readonly at: Location;
  readonly cells: Set<number>;
};

function keyOf(match: Match, at: Location): string {
  return `${match.credential} ${at.line}:${at.column}`;
}

/** Images of a file that has no readable tree; blanked in place. */
function blankBinary(text: string): string {
  return text.replace(
    /("(?:(?:image\/(?!svg)|audio\/|video\/|font\/)[\w.+-]+|application\/pdf|png|jpeg|pdf)"\s*:\s*")([^"]*)/g,
    (_, key: string, body: string) => key + ' '.repeat(body.length),
  );
}

export function coverage(
  file: SourceFile,
  row: Pick<CoverageObservation, 'outcome' | 'why' | 'seen' | 'read' | 'failed' | 'detail'>,
) {
  return {
    kind: 'coverage',
    surface: 'notebook',
    subject: file.path,
    covers: ['sighting', 'consumer'],
    bytes: file.bytes.length,
    at: { ...file.at, path: file.path },
    ...row,
  } satisfies CoverageObservation;
}
