import { spawnSync } from 'node:child_process';
import { z } from 'zod';
import { createJudge } from '../src/iam/index.ts';
import { generateAccount, readAccount } from './iam-estate.ts';
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
    // On a machine with nothing else to do the clock shows no more than that.
    const isKept = cpu / 1000 < PROMISED.seconds && megabytes < PROMISED.megabytes;
    const { seconds: most, megabytes: highest } = PROMISED;
    measured.push({
      what: `IAM of ${principals} principals, as many policies`,
      value: `${seconds.toFixed(2)} s (${(cpu / 1000).toFixed(2)} s of processor), ${megabytes.toFixed(0)} MB`,
      ...(growth === undefined ? {} : { reference: `size^${growth.toFixed(2)}` }),
      ...(isPromised ? { budget: { text: `${most} s, ${highest} MB`, kept: isKept } } : {}),
    });
    if (!isPromised) continue;
    const told = Object.entries(runs[0]?.found ?? {}).map(([what, count]) => `${what} ${count}`);
    measured.push({ what: '  found', value: told.join(', ') });
  }
  return measured;
}

function run(principals: number): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, String(principals)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`iam.ts ${principals} ended with ${status}:\n${stderr}`);
  return Run.parse(JSON.parse(stdout));
}

/** One account, judged in a process of its own, so that its memory is known: `node bench/iam.ts 3000`. */
function judgeAccount(principals: number): Run {
  const raw = generateAccount(principals);
  const started = performance.now();
  const before = process.cpuUsage();
  const estate = readAccount(raw);
  const judge = createJudge(estate, new Date('2026-11-22T00:00:00Z'));
  const found = { administrators: 0, 'of those by one call': 0, escalate: 0, 'through others': 0, 'reach all data': 0 };
  for (const subject of estate.subjects) {
    const rows = judge.capabilities(subject);
    const admin = rows.find(({ capability }) => capability === 'admin');
    const way = rows.find(({ capability }) => capability === 'escalates');
    if (admin !== undefined) found.administrators++;
    if (admin?.method !== undefined) found['of those by one call']++;
    if (way !== undefined) found.escalate++;
    if (way?.category === 'through-others') found['through others']++;
    if (rows.some(({ capability }) => capability === 'reaches-data')) found['reach all data']++;
  }
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return { ms, cpu: (user + system) / 1000, kilobytes: process.resourceUsage().maxRSS, found };
}

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(judgeAccount(Number(process.argv[2] ?? 3000))));
