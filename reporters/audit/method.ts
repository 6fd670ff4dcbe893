import type { Report } from '../../src/contracts/reporter.ts';
import { count } from '../../src/util/report-text.ts';
import { printable } from '../../src/util/sanitize.ts';
import { pasteableWord, shellWord } from '../../src/util/shell-word.ts';
import { code, fenced, folded, section, table, text } from './markdown.ts';

/** Versions and digests: what else must be the same for the same to come out again. */
export function* methodSection({ run, parts }: Report): Generator<string> {
  const method = parts?.method;
  const parameters = Object.entries(run.parameters);
  yield section(
    '7. Method, versions and digests',
    table(
      ['', ''],
      [
        ['Command line', code(method?.commandLine ?? 'not kept with this run', 2_000)],
        ['Tool', `nhi-audit ${text(run.toolVersion)}, ${text(run.engine)}, ${text(method?.platform ?? 'platform not kept')}`],
        ['Configuration', code(method?.configDigest ?? 'not kept')],
        ['Detectors, checks and frameworks', code(run.rulesDigest)],
        ['Fingerprint key', `${code(run.fingerprintKeyId)} (its id; fingerprints of two runs compare only under one key)`],
        [
          'Run before in this store',
          method?.previous === undefined
            ? 'none, or not kept'
            : `${code(method.previous.run)}, digest ${code(method.previous.digest)}`,
        ],
        [
          'Chain of imported evidence',
          run.evidence === undefined
            ? 'no logs or sessions are bound'
            : `${count(run.evidence.links, 'link')}, the last ${code(run.evidence.last)}`,
        ],
      ],
    ),
    (method?.catalogues.length ?? 0) > 0 &&
      table(
        ['Control catalogue', 'Edition', 'SHA-256'],
        (method?.catalogues ?? []).map(({ id, version, sha256 }) => [code(id), text(version), code(sha256)]),
      ),
    parameters.length > 0 &&
      table(
        ['Parameter of the run', 'Value'],
        parameters.map(([name, value]) => [code(name), code(String(value))]),
      ),
  );
  if (method !== undefined && method.config !== '') {
    yield `\n${folded('Configuration in force', fenced(linesOf(method.config), 'yaml'))}`;
  }
  if (method !== undefined && method.rules.length > 0) {
    yield `\n${folded(
      `SHA-256 of ${count(method.rules.length, 'rule file')}`,
      table(
        ['File', 'SHA-256'],
        method.rules.map(({ file, sha256 }) => [code(file), code(sha256)]),
      ),
    )}`;
  }
}

/** Every line made safe, its indent kept. */
function linesOf(yaml: string): string {
  return yaml
    .split('\n')
    .map((line) => (/^ */.exec(line)?.[0] ?? '') + printable(line))
    .join('\n');
}

/** What the document was made with, beside the run. */
export interface Made {
  /** So many findings are told, where it is not the number that is usual. */
  readonly findings?: number;
  readonly title?: string;
}

/**
 * Commands that lead to the same again, and to what proves that it is. All that was chosen is in them, and where the store lies is
 * not: the same run gives the same document on any machine.
 */
export function verifySection(report: Report, { findings, title }: Made): string {
  const { run, frameworks, parts, persona, choices } = report;
  const id = pasteableWord(run.id) ?? 'RUN';
  const named = frameworks.map((framework) => ` --framework ${shellWord(framework.id)}`).join('');
  const left = `${choices?.newOnly === true ? ' --new-only' : ''}${choices?.baseline === true ? ' --baseline BASELINE' : ''}`;
  const chosen = `--persona ${persona}${left}${named}`;
  const options = [
    ...(findings === undefined ? [] : [`findings=${findings}`]),
    ...(title === undefined ? [] : [`title=${title}`]),
  ];
  const format = options.length === 0 ? 'audit' : `audit:${options.join(',')}`;
  const commandLine = parts?.method?.commandLine;
  return section(
    '8. How to make it again, and verify it',
    `Each step is offline. FILE is the store that a scan with \`--store FILE\` kept this run in: a DuckDB file, which \`duckdb FILE\` opens as well.${choices?.baseline === true ? ' BASELINE is the file whose findings were left out.' : ''}`,
    fenced(
      [
        '# This document again, byte for byte, from the stored run: under the configuration of section 7',
        `nhi-audit report --store FILE --run ${id} ${chosen} -o ${shellWord(`${format}=evidence.md`)}`,
        '',
        '# A sample that anybody draws alike',
        `nhi-audit evidence sample --of identities --n 25 --seed ${id} --store FILE --run ${id}`,
        '',
        '# The tables behind it, as files for any other tool, with a manifest of digests',
        `nhi-audit export evidence-tables --store FILE --run ${id}`,
        '',
        '# An evidence pack of it: reports, tables, configuration and digests, signed with a key of your own (pack --new-key pack.key makes one)',
        `nhi-audit pack --store FILE --run ${id}${named} --sign-key pack.key -o evidence.zip`,
        '',
        '# Whether a pack is as it was made: names each file that was changed; needs neither the store nor the network',
        'nhi-audit verify evidence.zip --key pack.key.pub',
        '',
        '# Population, exceptions and credentials as tables',
        ...['population', 'exceptions', 'credentials'].map(
          (rows) => `nhi-audit report --store FILE --run ${id} ${chosen} -f csv:rows=${rows}`,
        ),
        ...(commandLine === undefined ? [] : ['', '# The run itself, over the same sources', printable(commandLine)]),
      ].join('\n'),
      'sh',
    ),
    'Compare the digests of section 7 with those of the tool and the configuration you run it with. That nothing was changed since it was signed, `verify` shows of a signed evidence pack, with a key that comes to you by another way than the pack; no signature shows that what was collected was true when it was collected: for that read sections 1, 2 and 5.',
  );
}
