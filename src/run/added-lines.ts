import type { CheckResult } from '../contracts/check.ts';
import type { Finding } from '../contracts/finding.ts';
import type { StoreReader } from '../store/reader.ts';

const KINDS = ['identities', 'credentials', 'grants', 'trusts', 'consumers'];

/**
 * Before a merge only what the change brought is news: a finding all of whose evidence stood there before, on lines that the
 * change left alone, is dropped, and its check counts it no more.
 */
export async function onlyAdded(
  store: StoreReader,
  findings: readonly Finding[],
  results: readonly CheckResult[],
): Promise<{ readonly findings: readonly Finding[]; readonly results: readonly CheckResult[] }> {
  const rows = await store.rows(
    KINDS.map((table) => `SELECT observation_id FROM obs.${table} WHERE (detail->>'$.unchanged') = 'true'`).join(' UNION ALL '),
  );
  if (rows.length === 0) return { findings, results };
  const unchanged = new Set(rows.map((row) => String(row.observation_id)));
  const news = findings.filter(
    ({ evidence }) => evidence.length === 0 || evidence.some((item) => !unchanged.has(item.observation)),
  );
  if (news.length === findings.length) return { findings, results };
  const left = new Map<string, number>();
  for (const { rule } of news) left.set(rule, (left.get(rule) ?? 0) + 1);
  return {
    findings: news,
    results: results.map((result) => {
      if (result.outcome !== 'fail') return result;
      const count = left.get(result.rule) ?? 0;
      return { ...result, findings: count, outcome: count === 0 ? 'pass' : 'fail' };
    }),
  };
}
