import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { AnyReporter } from '../../src/contracts/index.ts';
import { loadReporter, REPORTER_IDS } from '../../src/registry.ts';
import { packageRoot } from '../../src/util/package-root.ts';

describe('docs/exports.md', () => {
  it('has a section for every format, with its options as they are', async () => {
    const sections = readFileSync(join(packageRoot(), 'docs', 'exports.md'), 'utf8')
      .split(/^## /m)
      .slice(1);
    const reporters = await Promise.all(REPORTER_IDS.map(loadReporter));

    for (const reporter of reporters) {
      assert(reporter !== undefined);
      const section = sections.find((text) => text.split('\n', 1)[0]?.split(' ').includes(reporter.id));
      assert(section !== undefined, `${reporter.id} has no section`);
      // What `pr` tells the comment is of no use by hand.
      const missing = optionsOf(reporter).filter((name) => !new RegExp(`\`${name}[=\`]`).test(section));
      if (reporter.id !== 'pull-request') assert.deepEqual(missing, [], `${reporter.id}: options that are not told`);
      const words = wordsOf(reporter).filter((word) => !new RegExp(`[\`=|]${word}[\`|]`).test(section));
      assert.deepEqual(words, [], `${reporter.id}: values that are not told`);
    }
    for (const section of sections) {
      const here = reporters.filter((reporter) =>
        section
          .split('\n', 1)[0]
          ?.split(' ')
          .includes(reporter?.id ?? ''),
      );
      for (const [name, value] of toldOptions(section)) {
        assert(
          here.some((reporter) => reporter?.options.safeParse({ [name]: value }).success),
          `${section.split('\n', 1)[0]}: ${name}=${value}`,
        );
      }
    }
    assert.deepEqual(toldOptions('Options: `view=engineer|audit`, `title`. `-o csv=x`'), [
      ['view', 'engineer'],
      ['title', 'text'],
    ]);
  });
});

/** Names of a reporter's options, where its schema tells them. */
function optionsOf({ options }: AnyReporter): readonly string[] {
  const { shape } = options as { readonly shape?: object };
  return Object.keys(shape ?? {});
}

/** The words that its options choose from. */
function wordsOf({ options }: AnyReporter): readonly string[] {
  const { shape = {} } = options as { readonly shape?: { readonly [name: string]: z.ZodType } };
  return Object.values(shape).flatMap((option) => {
    const inner = option instanceof z.ZodDefault ? option.unwrap() : option;
    return inner instanceof z.ZodEnum ? Object.values(inner.enum).map(String) : [];
  });
}

/** What a section tells of options, each with the first of its values. */
function toldOptions(section: string): readonly (readonly [string, string])[] {
  const sentence = /\boptions?: (?<list>.*?)\.(?:\s|$)/is.exec(section)?.groups?.list ?? '';
  const values = sentence.replace(/\([^)]*\)/g, '');
  return [...values.matchAll(/`(?<name>[a-zA-Z]+)(?:=(?<value>[^`|]+)[^`]*)?`/g)].map(({ groups }) => [
    groups?.name ?? '',
    groups?.value ?? 'text',
  ]);
}
