// One account of so many principals, judged in a process of its own, so that its memory is known: `node bench/iam-run.ts 3000`.
import { createJudge } from '../src/iam/index.ts';
import { generateAccount, readAccount } from './iam-estate.ts';

const raw = generateAccount(Number(process.argv[2] ?? 3000));
const started = performance.now();
const before = process.cpuUsage();
const estate = readAccount(raw);
const judge = createJudge(estate, new Date('2026-11-22T00:00:00Z'));
const found = { admin: 0, escalates: 0, chains: 0, 'reaches-data': 0 };
for (const subject of estate.subjects) {
  const rows = judge.capabilities(subject);
  if (rows.some(({ capability, hops }) => capability === 'admin' && hops === undefined)) found.admin++;
  if (rows.some(({ capability }) => capability === 'escalates')) found.escalates++;
  if (rows.some(({ capability, hops }) => capability === 'escalates' && (hops?.length ?? 0) > 1)) found.chains++;
  if (rows.some(({ capability }) => capability === 'reaches-data')) found['reaches-data']++;
}
const ms = performance.now() - started;
const used = process.cpuUsage(before);
const cpu = (used.user + used.system) / 1000;
console.log(JSON.stringify({ ms, cpu, kilobytes: process.resourceUsage().maxRSS, found }));
