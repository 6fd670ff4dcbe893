import type { ControlOutcome, ControlResult } from '../../src/contracts/framework.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { some } from '../../src/util/json-pieces.ts';
import { controlLabel, mappingText } from '../../src/util/report-text.ts';
import { uuidOf } from '../../src/util/uuid.ts';
import { props, prose } from './words.ts';

/** What bears on the findings of a control: uuids, in the order in which they stand in the file. */
export interface Related {
  readonly observations: readonly string[];
  readonly risks: readonly string[];
}

/**
 * A control's id as an OSCAL token. NIST's own catalogues are in OSCAL, and theirs are used (`PR.AA-05`, `ac-2.9`); those of others
 * may begin with a digit or hold a colon, and repeat between catalogues, so that they get the catalogue's name in front.
 */
export function controlToken(framework: string, control: string): string {
  if (framework === 'nist-csf-2.0') return token(control);
  if (framework === 'nist-800-53-r5') return token(control.toLowerCase().replace(/\((\d+)\)/g, '.$1'));
  return token(`${framework}_${control}`);
}

function token(text: string): string {
  const safe = text.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/-+$/, '');
  return /^[\p{L}_]/u.test(safe) ? safe : `_${safe}`;
}

/** One selection a catalogue. What was not assessed is excluded, so that nobody takes silence about it for a result. */
export function reviewedControls({ controls, frameworks }: Report): object {
  const ids = [...new Set(controls.map(({ framework }) => framework))];
  const selections = ids.flatMap((id) => {
    const mine = controls.filter(({ framework }) => framework === id);
    const include = mine.filter(isAssessed).map(selected);
    const exclude = mine.filter((control) => !isAssessed(control)).map(selected);
    if (include.length === 0) return [];
    const framework = frameworks.find((one) => one.id === id);
    return [
      {
        description: prose(`${framework?.title ?? id}: controls that checks of this run bear on.`),
        ...props({ framework: id, version: framework?.version }),
        'include-controls': include,
        ...some('exclude-controls', exclude),
        remarks: prose(mappingText(framework ?? {})),
      },
    ];
  });
  if (selections.length > 0) return { 'control-selections': selections };
  const none = {
    description: 'No control was assessed.',
    'include-all': {},
    ...some('exclude-controls', controls.map(selected)),
  };
  return { description: 'No control was assessed in this run.', 'control-selections': [none] };
}

function isAssessed({ outcome }: ControlResult): boolean {
  return outcome !== 'not-assessed' && outcome !== 'not-applicable';
}

function selected({ framework, control }: ControlResult): object {
  return { 'control-id': controlToken(framework, control) };
}

/** What a finding says. OSCAL knows two states of it, and programs count them. */
type Judged = Exclude<ControlOutcome, 'not-assessed' | 'not-applicable'>;
type Unjudged = Exclude<ControlOutcome, 'pass' | 'fail' | 'excepted'>;

const STATES: { readonly [outcome in Judged]: { readonly reason: string; readonly remarks: string } } = {
  pass: { reason: 'pass', remarks: 'Every check that bears on it ran and found nothing. What checks cannot see is not judged.' },
  fail: { reason: 'fail', remarks: 'Checks that bear on it have open findings.' },
  partial: { reason: 'fail', remarks: 'Assessed in part only; checks that bear on it have open findings.' },
  excepted: {
    reason: 'other',
    remarks: 'All that was found is accepted by exceptions: see the risks with an approved deviation.',
  },
};

/** Of a control that was not assessed, or in part without a finding, neither state is true: it is no finding. */
function judgedAs({ outcome, findings }: ControlResult): Judged | undefined {
  if (outcome === 'not-assessed' || outcome === 'not-applicable') return undefined;
  return outcome === 'partial' && findings === 0 ? undefined : outcome;
}

function unjudgedAs({ outcome, findings }: ControlResult): Unjudged | undefined {
  if (outcome === 'not-assessed' || outcome === 'not-applicable') return outcome;
  return outcome === 'partial' && findings === 0 ? outcome : undefined;
}

const NEITHER: { readonly [outcome in Unjudged]: string } = {
  partial: 'Assessed in part only: neither shown to hold nor shown to fail.',
  'not-assessed': 'Not assessed: nothing is said about the control.',
  'not-applicable': 'Not applicable: there was nothing to judge.',
};

/** Controls without a result are told as observations, so that they are not missed and count as no finding. */
export function* controlObservations(report: Report, tool: object): Generator<object> {
  for (const result of report.controls) {
    const outcome = unjudgedAs(result);
    if (outcome === undefined) continue;
    const { framework, control, reason } = result;
    yield {
      uuid: uuidOf('oscal/control-observation', report.run.id, framework, control),
      title: prose(`${controlLabel(result)}: ${outcome}`, 500),
      description: prose(reason),
      ...props({ ...facts(result), title: result.title }),
      methods: [outcome === 'partial' ? 'EXAMINE' : 'UNKNOWN'],
      types: ['control-objective'],
      origins: [tool],
      collected: report.run.finishedAt,
      remarks: NEITHER[outcome],
    };
  }
}

function facts(result: ControlResult): { readonly [name: string]: string | number | undefined } {
  const { framework, control, outcome, group, formerly, note, population, findings, worst, rules } = result;
  return {
    framework,
    'control-id': control,
    outcome,
    group,
    formerly: formerly.length === 0 ? undefined : formerly.join(', '),
    note,
    population,
    'open-findings': findings,
    worst,
    checks: rules.length === 0 ? undefined : rules.length,
  };
}

export function* controlFindings(report: Report, tool: object, related: ReadonlyMap<string, Related>): Generator<object> {
  for (const result of report.controls) {
    const { framework, control, outcome, reason, rules } = result;
    const judged = judgedAs(result);
    if (judged === undefined) continue;
    const state = STATES[judged];
    const observations = rules.flatMap(({ rule }) => related.get(rule)?.observations ?? []);
    const risks = rules.flatMap(({ rule }) => related.get(rule)?.risks ?? []);
    yield {
      uuid: uuidOf('oscal/finding', report.run.id, framework, control),
      title: prose(controlLabel(result), 500),
      description: prose(reason),
      ...props(facts(result)),
      origins: [tool],
      target: {
        type: 'objective-id',
        'target-id': controlToken(framework, control),
        title: prose(result.title, 500),
        status: {
          state: outcome === 'pass' ? 'satisfied' : 'not-satisfied',
          reason: state.reason,
          remarks: `${state.remarks} ${prose(reason)}`,
        },
      },
      ...some(
        'related-observations',
        observations.map((uuid) => ({ 'observation-uuid': uuid })),
      ),
      ...some(
        'related-risks',
        risks.map((uuid) => ({ 'risk-uuid': uuid })),
      ),
    };
  }
}
