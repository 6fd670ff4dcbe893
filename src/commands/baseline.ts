import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { readBaseline } from '../config/baseline.ts';
import type { Io } from '../io.ts';
import { writeWhole } from '../output.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { EPHEMERAL } from '../util/fingerprint.ts';
import { count } from '../util/report-text.ts';
import { printable } from '../util/sanitize.ts';
import { withStore } from './with-store.ts';

interface BaselineOptions {
  readonly store?: string;
  readonly run?: string;
  readonly report?: string;
  readonly output?: string;
}

/** The little of a JSON report that `--baseline` asks for, and what lets a person read it. */
const Known = z.object({
  run: z.object({ id: z.string(), startedAt: z.string(), fingerprintKeyId: z.string() }),
  findings: z.array(
    z.object({ fingerprint: z.string(), rule: z.string(), severity: z.string(), subject: z.string(), status: z.string() }),
  ),
});
type Known = z.infer<typeof Known>;

/**
 * What was wrong in a run, as a file that `--baseline` takes: later runs then tell only what is not in it. What an exception accepts
 * stays out: it is to come back when that runs out.
 */
export async function baselineCommand(io: Io, options: BaselineOptions): Promise<number> {
  const { store, report } = options;
  if ((store === undefined) === (report === undefined)) {
    throw new ConfigError('Either --store or --report says what is known', {
      code: 'USAGE',
      hint: 'nhi-audit baseline --store audit.duckdb -o baseline.json',
    });
  }
  const known =
    store === undefined ? fromReport(resolve(io.directory, report ?? '')) : await fromStore(io, { ...options, store });
  if (known.run.fingerprintKeyId === EPHEMERAL) {
    throw new ConfigError('The fingerprints of that run were made with a key that is gone: nothing can be compared with them', {
      code: 'BASELINE_KEY',
      hint: 'Scan with --store, or with NHI_AUDIT_FINGERPRINT_KEY set (make one with: openssl rand -hex 32).',
    });
  }
  const kept = known.findings.filter(({ status }) => status !== 'fixed' && status !== 'excepted');
  const text = baselineText({ run: known.run, findings: kept });
  if (options.output === undefined) await io.stdout(text);
  else await writeWhole(resolve(io.directory, options.output), [text], 'baseline');
  const left = known.findings.filter(({ status }) => status === 'excepted').length;
  const but = left === 0 ? '' : `; ${count(left, 'accepted one is', 'accepted ones are')} left to the exceptions`;
  io.stderr(`${count(kept.length, 'finding')} of run ${printable(known.run.id)}${but}.\n`);
  if (options.output !== undefined) io.stderr(`Use it: nhi-audit scan --baseline ${printable(options.output)}\n`);
  return EXIT.clean;
}

/** One finding a line, in an order that does not change: what a review shows of two versions is what changed. */
function baselineText({ run, findings }: Known): string {
  const key = ({ rule, fingerprint }: Known['findings'][number]): string => `${rule} ${fingerprint}`;
  const lines = findings
    .toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
    .map(({ fingerprint, rule, severity, subject, status }) =>
      JSON.stringify({ fingerprint, rule, severity, subject: printable(subject), status }),
    );
  const { id, startedAt, fingerprintKeyId } = run;
  return `{\n"run": ${JSON.stringify({ id, startedAt, fingerprintKeyId })},\n"findings": [${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n`}]\n}\n`;
}

function fromReport(file: string): Known {
  const { foreign } = readBaseline(file);
  const parsed = foreign === undefined ? Known.safeParse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
  if (parsed?.success === true) return parsed.data;
  throw new ConfigError(`${file} is no JSON report of nhi-audit`, {
    code: 'BASELINE',
    hint:
      foreign === undefined
        ? 'Make one with: nhi-audit scan -o json=report.json'
        : 'It is a baseline of another tool, which scan --baseline takes as it is.',
  });
}

async function fromStore(io: Io, options: { readonly store: string; readonly run?: string }): Promise<Known> {
  return await withStore(io, options, async (store) => {
    const [run] = await store.rows(
      'SELECT run_id AS id, started_at AS "startedAt", fingerprint_key_id AS "fingerprintKeyId" FROM current_run',
    );
    const findings = await store.rows('SELECT fingerprint, rule, severity, subject, status FROM current_findings');
    return Known.parse({ run, findings });
  });
}
