import type { Report } from '../../src/contracts/reporter.ts';
import type { AgeBin, AgeChart } from './model.ts';

const BIN_DAYS = 30;
/** Older ones share the last bin. */
const BINS = 36;

/** Credentials by age, and the line that the rules draw. Those that are not in use any more have no age to speak of. */
export function ageChart(report: Report): AgeChart {
  const live = (report.parts?.credentials ?? []).filter(({ status }) => (status ?? 'active') === 'active');
  const known = live.flatMap(({ ageDays, sightings }) => (ageDays === undefined ? [] : [{ ageDays, sightings }]));
  const oldest = Math.min(BINS, Math.floor(Math.max(0, ...known.map(({ ageDays }) => ageDays)) / BIN_DAYS));
  const bins = Array.from({ length: known.length === 0 ? 0 : oldest + 1 }, (_, index): AgeBin => {
    const isLast = index === BINS;
    const mine = known.filter(({ ageDays }) => Math.min(BINS, Math.floor(Math.max(0, ageDays) / BIN_DAYS)) === index);
    const seen = mine.filter(({ sightings }) => sightings > 0).length;
    return { from: index * BIN_DAYS, ...(isLast ? {} : { to: (index + 1) * BIN_DAYS }), seen, unseen: mine.length - seen };
  });
  return { bins, unknown: live.length - known.length, ...policyOf(report) };
}

/** The line is that of the first check that has one, AWS keys before others: it is the rule that most people know. */
function policyOf({ checks }: Report): Pick<AgeChart, 'policyDays' | 'policyRule'> {
  const rules = checks.filter(({ meta }) => typeof meta.parameters.maxAgeDays === 'number');
  const rule = rules.find(({ meta }) => meta.id === 'access-key-unrotated') ?? rules[0];
  return rule === undefined ? {} : { policyDays: Number(rule.meta.parameters.maxAgeDays), policyRule: rule.meta.id };
}
