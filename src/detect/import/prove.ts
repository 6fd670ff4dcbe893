import { createEngine } from '../engine.ts';
import { expandExample } from '../examples.ts';
import { finish } from '../load.ts';
import type { Pack } from '../pack.ts';
import type { Problem } from '../prove.ts';
import { withImports } from './load.ts';
import type { ImportResult } from './types.ts';

/**
 * Proves imported rules: each could be taken over, and finds in its examples (`[[rules.examples]]`, a table that gitleaks
 * passes over) what it is to find, and nothing where it is not to.
 */
export function proveImports(results: readonly ImportResult[], placeholders: Pack['placeholders']): Problem[] {
  const problems: Problem[] = [];
  for (const result of results) {
    const { pack } = result;
    for (const { rule, why } of result.refused) {
      problems.push({ file: pack.file, rule, what: why, hint: 'mend the rule, or leave it out' });
    }
    const engine = createEngine({
      pack: withImports(finish([], placeholders), [result]),
      fingerprintKey: 'proof',
      secretlint: false,
    });
    for (const rule of pack.rules) {
      for (const [index, { positive, negative, secret }] of rule.examples.entries()) {
        const say = (what: string, hint: string): void => void problems.push({ file: rule.file, rule: rule.id, what, hint });
        const hits = (example: string): readonly string[] =>
          engine
            .detect(expandExample(example, `${rule.id}/${index}`).text, { path: 'example.txt' })
            .filter((match) => match.detector === rule.id)
            .map((match) => match.secret.reveal());
        if (positive !== undefined) {
          const found = hits(positive);
          const expected = secret === undefined ? undefined : expandExample(secret, `${rule.id}/${index}`).text;
          if (found.length === 0)
            say(`example ${index + 1} is not hit: ${positive}`, 'mend the regex, the keywords or the example');
          else if (expected !== undefined && !found.includes(expected)) {
            say(
              `example ${index + 1} is hit, but the secret is not what it should be`,
              'mend secretGroup, or the groups of the regex',
            );
          }
        }
        if (negative !== undefined && hits(negative).length > 0) {
          say(`example ${index + 1} is hit, and should not be: ${negative}`, 'make the regex stricter, or add an allowlist');
        }
      }
    }
  }
  return problems;
}
