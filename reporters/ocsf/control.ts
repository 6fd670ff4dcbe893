import type { ControlOutcome, ControlResult, ControlRule, Framework } from '../../src/contracts/framework.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { some } from '../../src/util/json-pieces.ts';
import { controlLabel } from '../../src/util/report-text.ts';
import { type ClassName, kindOf, severityOf } from './classes.ts';
import { text, when } from './values.ts';

type Checks = ReadonlyMap<string, Report['checks'][number]>;

interface Status {
  readonly status_id: number;
  readonly status: string;
}

/** OCSF knows pass, warning and fail; what is none of these is `Other`, in our words. Never pass, unless it is one. */
const STATUS: { readonly [outcome in ControlOutcome]: Status } = {
  pass: { status_id: 1, status: 'Pass' },
  partial: { status_id: 2, status: 'Warning' },
  fail: { status_id: 3, status: 'Fail' },
  'not-assessed': { status_id: 99, status: 'Not assessed' },
  'not-applicable': { status_id: 99, status: 'Not applicable' },
  excepted: { status_id: 99, status: 'Excepted' },
};

/** One event a control of the catalogues that were reported. */
export function controlEvent(
  result: ControlResult,
  frameworks: readonly Framework[],
  known: Checks,
  common: (name: ClassName, key: string) => object,
): object {
  const { framework: id, control, outcome, reason, rules } = result;
  const framework = frameworks.find((one) => one.id === id);
  const label = controlLabel(result);
  const uid = `${id}:${control}`;
  return {
    ...kindOf('compliance', 'create'),
    ...severityOf(result.worst),
    ...(outcome === 'fail' || outcome === 'partial' ? { status_id: 1, status: 'New' } : {}),
    ...(outcome === 'excepted' ? { status_id: 3, status: 'Suppressed' } : {}),
    status_detail: text(reason),
    ...common('compliance', uid),
    message: text(`${label}: ${outcome.replace('-', ' ')}. ${reason}`),
    finding_info: {
      uid: text(uid),
      title: text(label),
      desc: text(reason),
      types: [text(id)],
    },
    compliance: {
      control: text(control),
      desc: text(result.title),
      ...when('category', result.group === undefined ? undefined : text(result.group)),
      standards: [text(framework === undefined ? id : `${framework.title} ${framework.version}`)],
      requirements: [text(control), ...result.formerly.map((one) => text(one))],
      ...STATUS[outcome],
      status_details: [text(reason), ...(result.note === undefined ? [] : [text(result.note)])],
      ...some(
        'checks',
        rules.map((rule) => checkOf(rule, known)),
      ),
      ...some(
        'assessments',
        rules.filter(isAssessed).map(({ rule, outcome: ended }) => ({ uid: rule, name: rule, meets_criteria: ended === 'pass' })),
      ),
    },
    ...(outcome === 'fail' || outcome === 'partial'
      ? { remediation: { desc: text(`See the findings of ${rules.map(({ rule }) => rule).join(', ') || 'its checks'}.`) } }
      : {}),
    // Whose judgement it is that the checks bear on the control.
    unmapped: {
      outcome,
      mapping: framework?.mapping?.basis ?? 'editorial',
      population: result.population,
      open_findings: result.findings,
    },
  };
}

/** A check that ran on a part of what it needs and found nothing has not shown that the criteria are met. */
function isAssessed({ outcome }: ControlRule): boolean {
  return outcome === 'pass' || outcome === 'fail';
}

function checkOf({ rule, outcome, relation }: ControlRule, known: Checks): object {
  const meta = known.get(rule)?.meta;
  return {
    uid: rule,
    name: text(meta?.title ?? rule),
    ...(meta === undefined ? {} : severityOf(meta.severity)),
    ...STATUS[outcome as ControlOutcome],
    ...when('desc', relation === undefined ? undefined : 'Bears on a part of the control.'),
  };
}
