import { resolve } from 'node:path';
import { assertSameKey, readBaseline } from '../config/baseline.ts';
import { loadConfig } from '../config/load.ts';
import type { Io } from '../io.ts';
import { parseOutputs, writeOutputs } from '../output.ts';
import { unionOfParts } from '../run/parts/index.ts';
import { makeReport, unknownRules } from '../run/report.ts';
import { loadJudgement } from '../run/rules.ts';
import { chooseFrameworks } from '../run.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { personaOf, type ReportOptions } from './scan.ts';
import { tellUnknownRules, withStore } from './with-store.ts';

/** Reports a stored run again: no target is read, no host contacted. The exit code does not depend on findings. */
export async function reportCommand(
  io: Io,
  options: ReportOptions & { readonly store: string; readonly run?: string },
): Promise<number> {
  const config = await loadConfig(io.directory, options.config);
  const outputs = await parseOutputs(options.format, options.output, io.directory);
  const { checks, disabled, frameworks } = await loadJudgement(config);
  const wanted = await chooseFrameworks(frameworks, options.framework.length > 0 ? options.framework : config.frameworks);
  const baseline = options.baseline === undefined ? undefined : readBaseline(resolve(io.directory, options.baseline));
  const facts = await withStore(io, options, async (_store, read) => await read(unionOfParts(outputs)));
  if (baseline?.foreign !== undefined) {
    throw new ConfigError(`${baseline.foreign.file} is another tool's file, which only a scan can hold against what it finds`, {
      code: 'BASELINE',
      hint: 'Give it to the scan: nhi-audit scan --baseline FILE --store STORE; the report then counts it as accepted.',
    });
  }
  if (baseline !== undefined) assertSameKey(baseline, facts.run.fingerprintKeyId);
  tellUnknownRules(io, unknownRules(facts, [...checks, ...disabled]));
  const report = makeReport(facts, [...checks, ...disabled], wanted, {
    persona: personaOf(options.persona) ?? config.persona,
    newOnly: options.newOnly === true,
    ...(baseline === undefined ? {} : { baseline: baseline.known }),
  });
  await writeOutputs(outputs, report, io, options.store);
  return EXIT.clean;
}
