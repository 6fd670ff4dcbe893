import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { madeSql, SMALL_OBJECT, stagedSql } from '../logs/compile.ts';
import { FIELDS, type LogFormat, MEASURES, NEEDED } from '../logs/format.ts';
import { messageOf } from '../util/errors.ts';
import { LogReader } from './log-reader.ts';
import { noneSql } from './log-stage.ts';

/** What is wrong with a format, and what to do. */
export interface FormatProblem {
  readonly file: string;
  readonly rule: string;
  readonly what: string;
  readonly hint: string;
}

const DIGESTS = ['file', 'name', 'sha256'];

/** Proves that each format can be read: its SELECTs run over a file that holds nothing, and give what an import takes. */
export async function proveFormats(formats: readonly LogFormat[]): Promise<readonly FormatProblem[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'nhi-audit-formats-'));
  const reader = await LogReader.open(scratch);
  try {
    const problems: FormatProblem[] = [];
    for (const format of formats) {
      for (const { what, hint } of await proveOne(format, reader, scratch)) {
        problems.push({ file: format.file, rule: format.meta.id, what, hint });
      }
    }
    return problems;
  } finally {
    reader.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function proveOne(
  format: LogFormat,
  reader: LogReader,
  scratch: string,
): Promise<readonly Pick<FormatProblem, 'what' | 'hint'>[]> {
  try {
    const none = noneSql(format, { scratch });
    const given = (await reader.columns(none)).map(({ name }) => name);
    const isDigest = format.meta.digests !== undefined;
    const lacking = (isDigest ? DIGESTS : Object.keys(NEEDED)).filter((name) => !given.includes(name));
    const known = isDigest ? DIGESTS : [...Object.keys(NEEDED), ...Object.keys(FIELDS), ...Object.keys(MEASURES)];
    const unknown = given.filter((name) => !known.includes(name));
    const problems = [
      ...lacking.map((name) => ({ what: `its SELECT gives no ${name}`, hint: 'add the column' })),
      ...unknown.map((name) => ({
        what: `nothing takes its column ${name}`,
        hint: `leave it out, or name it as one of: ${known.join(', ')}`,
      })),
    ];
    if (problems.length > 0 || isDigest) return problems;
    await reader.columns(stagedSql(format, given, '', none));
    const made = madeSql(format, { paths: [join(scratch, '000000.none')], reading: 'lenient', largest: SMALL_OBJECT });
    if (made !== undefined) await reader.columns(made);
    return [];
  } catch (error) {
    return [{ what: `its SELECT does not run: ${messageOf(error).split('\n', 1)[0] ?? ''}`, hint: 'mend the SQL' }];
  }
}
