import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { Measurement } from './measure.ts';

const ROUNDS = 3;
const SERIES = [100, 300, 1000, 3000, 10_000];
/** What is promised for 1,000 users, 2,000 roles and 3,000 policies. */
const PROMISED = { principals: 3000, seconds: 5, megabytes: 500 };

const Run = z.object({
  ms: z.number(),
  cpu: z.number(),
  kilobytes: z.number(),
  found: z.record(z.string(), z.number()),
});
type Run = z.infer<typeof Run>;

/** Accounts of growing size: documents read, administrators, escalations, paths and what to cut, for every principal. */
export function measureIam(): readonly Measurement[] {
  const measured: Measurement[] = [];
  let before: { readonly principals: number; readonly cpu: number } | undefined;
  for (const principals of SERIES) {
    const runs = Array.from({ length: ROUNDS }, () => run(principals));
    const cpu = Math.min(...runs.map((one) => one.cpu));
    const seconds = Math.min(...runs.map(({ ms }) => ms)) / 1000;
    const megabytes = Math.max(...runs.map(({ kilobytes }) => kilobytes)) / 1024;
    // Cost as a power of the size: 1 is linear, 2 quadratic.
    const growth = before === undefined ? undefined : Math.log(cpu / before.cpu) / Math.log(principals / before.principals);
    before = { principals, cpu };
    const isPromised = principals === PROMISED.principals;
    const { seconds: most, megabytes: highest } = PROMISED;
    measured.push({
      what: `IAM of ${principals} principals, as many policies`,
      value: `${seconds.toFixed(2)} s (${(cpu / 1000).toFixed(2)} s of processor), ${megabytes.toFixed(0)} MB`,
      ...(growth === undefined ? {} : { reference: `size^${growth.toFixed(2)}` }),
      ...(isPromised ? { budget: { text: `${most} s, ${highest} MB`, kept: seconds < most && megabytes < highest } } : {}),
    });
    if (!isPromised) continue;
    const told = Object.entries(runs[0]?.found ?? {}).map(([what, count]) => `${what} ${count}`);
    measured.push({ what: '  found', value: told.join(', ') });
  }
  return measured;
}

function run(principals: number): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'iam-run.ts'), String(principals)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`iam-run.ts ${principals} ended with ${status}:\n${stderr}`);
  return Run.parse(JSON.parse(stdout));
}
