import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createEngine, type Engine } from '../../src/detect/engine.ts';
import { expandExample } from '../../src/detect/examples.ts';
import { loadPack } from '../../src/detect/load.ts';
import type { Pack } from '../../src/detect/pack.ts';
import { packageRoot } from '../../src/util/package-root.ts';
import { SAMPLES } from '../helpers/samples.ts';
import { SYNTAXES, TEMPLATES } from '../helpers/syntaxes.ts';

const pack: Pack = await loadPack();

/** What a sample is not found as in a syntax, and why. */
const KNOWN_MISSES: Readonly<Record<string, string>> = {
  'fish set/generic-password': 'a space alone is no assignment: prose would match',
  'fish set/generic-secret': 'a space alone is no assignment: prose would match',
  'Dockerfile/generic-password': 'a space alone is no assignment: prose would match',
  'Dockerfile/generic-secret': 'a space alone is no assignment: prose would match',
  'PHP/generic-password': 'is found, as the password of a WordPress database',
  'PHP/generic-secret': 'a comma alone is no assignment: any call would match',
};

/** Of no kind that a detector is kept for. */
const PATH = 'src/app.txt';

/** Provider tokens in the packages of this project that are none, and why they are let stand. */
const CLEAN_CORPUS: Readonly<Record<string, string>> = {};

describe('accuracy of the shipped detectors', () => {
  let engine: Engine;
  before(() => {
    engine = createEngine({ pack, fingerprintKey: 'rules', secretlint: false });
  });

  for (const { name: syntax, write } of SYNTAXES) {
    it(`find ${SAMPLES.length} kinds of secret, to the character, in: ${syntax}`, () => {
      const missed = SAMPLES.flatMap(([detector, name, body]) => {
        const { text: value } = expandExample(body, `sample/${detector}`);
        const text = write(name, value);

        const isFound = engine
          .detect(text, { path: PATH })
          .some((match) => match.detector === detector && text.slice(match.start, match.end) === value);

        return isFound ? [] : [`${syntax}/${detector}`];
      });

      assert.deepEqual(
        missed.filter((miss) => KNOWN_MISSES[miss] === undefined),
        [],
      );
    });
  }

  for (const { name: template, write } of TEMPLATES) {
    it(`find nothing where a value is only referred to: ${template}`, () => {
      const found = SAMPLES.flatMap(([, name]) =>
        engine
          .detect(write(name), { path: PATH })
          .map((match) => `${match.detector}: ${write(name).slice(match.start, match.end)}`),
      );

      assert.deepEqual(found, []);
    });
  }

  it('find no provider token in clean code: the packages this project stands on', () => {
    const root = join(packageRoot(), 'node_modules');
    const found = new Set<string>();
    const until = Date.now() + 10_000;
    let bytes = 0;

    for (const path of filesUnder(root)) {
      if (Date.now() > until) break;
      const content = readFileSync(path);
      bytes += content.length;
      const where = relative(root, path).replaceAll('\\', '/');
      for (const match of engine.detect(content, { path: where, specificOnly: true })) {
        if (match.confidence !== 'low') found.add(`${match.detector} in ${where}`);
      }
    }

    assert.ok(bytes > 1_000_000, 'the packages are there to be read');
    assert.deepEqual(
      [...found].filter((place) => CLEAN_CORPUS[place] === undefined),
      [],
    );
  }).timeout(30_000);
});

function* filesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else if (entry.isFile() && statSync(path).size < 4_000_000) yield path;
  }
}
