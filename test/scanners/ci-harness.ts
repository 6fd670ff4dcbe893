import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {
  ConsumerObservation,
  FileScanner,
  JsonObject,
  Location,
  Observation,
  SourceFile,
} from '../../src/contracts/index.ts';
import { shownTo, surroundings } from '../../src/files/surroundings.ts';
import { collect, kinds, testContext } from '../helpers/scan-context.ts';

/** The files of a repository that a scanner may look at. */
export type Files = { readonly [path: string]: string };

export function source(path: string, text: string, files: Files = {}): SourceFile {
  const bytes = Buffer.from(text);
  const at: Location = { repository: 'harbour/shop', path };
  const all: Files = { ...files, [path]: text };
  const around = surroundings(
    () => Object.keys(all),
    (wanted) => source(wanted, all[wanted] ?? '', files),
  );
  return {
    path,
    bytes,
    text: () => new TextDecoder('utf-8', { ignoreBOM: false }).decode(bytes),
    at,
    place: 'work-tree',
    around,
  };
}

export async function scan(scanner: FileScanner, path: string, text: string, files?: Files): Promise<Observation[]> {
  return collect(scanner.scan(shownTo(scanner, source(path, text, files)), testContext()));
}

/** The one consumer of a secret, identity or fact. */
export function consumerOf(
  observations: readonly Observation[],
  name: string,
): ConsumerObservation & { readonly detail: JsonObject } {
  const found = kinds(observations, 'consumer').filter((each) => {
    const fact = each.detail?.fact;
    return fact === name || (fact === undefined && (each.secretName === name || each.identity === name));
  });
  const [first] = found;
  assert.ok(first?.detail, `no consumer of ${name} among ${names(observations).join(', ')}`);
  assert.equal(found.length, 1, `${found.length} consumers of ${name}`);
  return { ...first, detail: first.detail };
}

/** Secrets, identities and facts that consumers name, in order. */
export function names(observations: readonly Observation[]): string[] {
  return kinds(observations, 'consumer').map((each) =>
    String(each.detail?.fact ?? each.secretName ?? each.identity ?? each.credential),
  );
}

export function coverageOf(observations: readonly Observation[]) {
  const [row, ...others] = kinds(observations, 'coverage');
  assert.ok(row);
  assert.equal(others.length, 0);
  return row;
}

/** What stands in the file where an observation says: proves the position. */
export function lineAt(text: string, at: Location | undefined): string {
  return (text.split('\n')[(at?.line ?? 0) - 1] ?? '').slice((at?.column ?? 1) - 1);
}

/** Text with pieces cut out, doubled and swapped: what strangers and editors leave behind. */
export function mutate(
  text: string,
  cuts: readonly { readonly at: number; readonly length: number; readonly put: string }[],
): string {
  let out = text;
  for (const { at, length, put } of cuts) {
    const from = at % (out.length + 1);
    out = out.slice(0, from) + put + out.slice(from + length);
  }
  return out;
}

/** What every reader of a strangers' format must stand: odd wholes, and any cut of a good one. */
export function standsAnything(scanner: FileScanner, path: string, good: string): void {
  for (const text of ['', '# later\n', '- a\n', 'word', '{', 'a: &a\n  <<: *a\n', '\u0000\u0001', '[[[[[[', "'''", '}}}}']) {
    it(`reads ${JSON.stringify(text.slice(0, 12))} without harm`, async () => {
      assert.ok(coverageOf(await scan(scanner, path, text)));
    });
  }

  it('reads CRLF and a byte order mark at the same places', async () => {
    const places = (observations: readonly Observation[]) =>
      kinds(observations, 'consumer').map(({ at }) => `${at?.line}:${at?.column}`);

    const unix = places(await scan(scanner, path, good));

    assert.deepEqual(places(await scan(scanner, path, good.replaceAll('\n', '\r\n'))), unix);
  });

  it('never throws, whatever is cut and put, and its places lie in the file', async () => {
    const cut = fc.record({
      at: fc.nat(3000),
      length: fc.nat(20),
      put: fc.constantFrom('', '\n', '  ', ': ', '- ', '"', "'", '{', '}', '(', ']', '&a ', '*a', '$', '\t', "'''", '<<'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 5 }), async (cuts) => {
        const text = mutate(good, cuts);

        const observations = await scan(scanner, path, text);

        const lines = text.split('\n').length;
        for (const { at } of observations) assert.ok((at?.line ?? 1) >= 1 && (at?.line ?? 1) <= lines);
        assert.ok(coverageOf(observations));
      }),
      { numRuns: 80 },
    );
  });
}
