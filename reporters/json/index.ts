import { z } from 'zod';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { jsonText } from '../../src/util/sanitize.ts';
import { toV1 } from './v1.ts';

const Options = z.strictObject({
  /** `true`: no line breaks and blanks. */
  compact: z.stringbool().or(z.boolean()).default(false),
});
type Options = z.infer<typeof Options>;

/** For scripts: the whole report in a versioned shape (`v1.ts`, `schema/report.v1.schema.json`). */
export const json = defineReporter<Options>({
  id: 'json',
  title: 'JSON, versioned',
  extension: 'json',
  mediaType: 'application/json',
  options: Options as z.ZodType<Options>,
  *render(report, options) {
    yield* writeObject(toV1(report), options.compact);
  },
});

/** Written row by row, so that a hundred thousand findings never become one string. */
function* writeObject(value: object, compact: boolean): Iterable<string> {
  const indent = compact ? 0 : 2;
  const [line, deep, colon] = compact ? ['', '', ':'] : ['\n  ', '\n    ', ': '];
  let separator = '{';
  for (const [name, field] of Object.entries(value)) {
    yield `${separator}${line}${jsonText(name)}${colon}`;
    separator = ',';
    if (!Array.isArray(field) || field.length === 0) {
      yield nested(jsonText(field, indent), '  ');
      continue;
    }
    for (const [index, item] of field.entries())
      yield `${index === 0 ? '[' : ','}${deep}${nested(jsonText(item, indent), '    ')}`;
    yield `${line}]`;
  }
  yield compact ? '}\n' : '\n}\n';
}

// A line break inside JSON text only ever stands between its parts: those inside strings are escaped.
function nested(text: string, indent: string): string {
  return text.replaceAll('\n', `\n${indent}`);
}
