import assert from 'node:assert/strict';
import type { ValidateFunction } from 'ajv';
import { classOf } from '../../reporters/ocsf/classes.ts';
import { ocsf } from '../../reporters/ocsf/index.ts';
import type { Finding } from '../../src/contracts/finding.ts';
import type { ControlResult } from '../../src/contracts/framework.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { hostileWithParts, sampleWithParts, settledReport } from '../helpers/made-parts.ts';
import { emptyReport, leakReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';
import { ocsfSchema } from '../helpers/schemas.ts';

interface Event {
  class_uid: number;
  activity_id: number;
  type_uid: number;
  time: number;
  status_id?: number;
  status?: string;
  status_detail?: string;
  is_alert?: boolean;
  metadata: { uid: string; correlation_uid: string };
  finding_info: { uid: string; first_seen_time: number; related_events?: object[] };
  user: { uid: string };
  identity_activity_metrics: { first_seen_time: number; last_seen_time?: number; programmatic_credentials?: { uid: string }[] };
  permission_analysis_results?: { granted_privileges?: string[]; unused_privileges_count?: number }[];
  compliance: {
    control: string;
    status_id: number;
    status: string;
    checks?: object[];
    assessments?: { uid: string; meets_criteria: boolean }[];
  };
  evidences: { file?: { name: string; path: string } }[];
  unmapped: { coverage_gaps?: { surface: string; why: string }[]; finding_status: string };
}

const REPORTS: { readonly [name: string]: () => Report } = {
  'an empty run': emptyReport,
  'a full run': sampleWithParts,
  'a run without parts': sampleReport,
  'a partial run': partialReport,
  'a run with accepted and fixed findings': settledReport,
  'hostile names': hostileWithParts,
  leaks: () => leakReport(30),
};

async function events(report: Report, options = {}): Promise<Event[]> {
  const lines = (await renderText(ocsf, report, options)).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

async function eventOf(finding: Finding, report = sampleWithParts()): Promise<Event> {
  const all = await events({ ...report, findings: [finding] }, { events: 'findings' });
  const found = all.find(({ finding_info: info }) => info?.uid === finding.fingerprint);
  assert.ok(found);
  return found;
}

const [leaked, , ownerLeft, unused] = sampleReport().findings as [Finding, Finding, Finding, Finding];

describe('ocsf reporter', () => {
  let validate: ValidateFunction;

  before(async () => {
    validate = await ocsfSchema();
  });

  for (const [name, make] of Object.entries(REPORTS)) {
    it(`writes events as OCSF 1.8.0 has them for ${name}`, async () => {
      for (const event of await events(make())) {
        assert.ok(validate(event), `${JSON.stringify(event)}\n${JSON.stringify(validate.errors?.slice(-3))}`);
        assert.equal(event.type_uid, event.class_uid * 100 + event.activity_id);
      }
    });
  }

  it('tells the run first, with what could not be looked at', async () => {
    const [full] = await events(sampleReport());
    const [partial] = await events(partialReport());
    const [empty] = await events(emptyReport());

    assert.deepEqual([full?.class_uid, full?.status], [6007, 'Success']);
    assert.equal(partial?.status, 'Partial');
    assert.ok(partial?.unmapped.coverage_gaps?.some(({ why }) => why.startsWith('iam:GetCredentialReport')));
    assert.deepEqual([empty?.status, empty?.status_detail], ['Partial', 'Nothing was looked at.']);
  });

  it('takes leaks and sessions for detections, and risks of identities for analyses of them', () => {
    const of = (control: string, identity?: string): Finding => {
      const { identity: _, ...rest } = { ...leaked, controls: [`owasp-nhi-2025:${control}`] };
      return identity === undefined ? rest : { ...rest, identity };
    };

    for (const id of ['NHI1:2025', 'NHI5:2025', 'NHI7:2025', 'NHI9:2025', 'NHI10:2025']) {
      assert.equal(classOf(of(id, 'aws:1:user/a'), 'identity'), 'iam', id);
      assert.equal(classOf(of(id), 'identity'), 'detection', id);
      assert.equal(classOf(of(id, 'aws:1:user/a'), 'usage'), 'detection', id);
    }
    assert.equal(classOf(of('NHI2:2025', 'aws:1:user/a'), 'credential'), 'detection');
    assert.equal(classOf(of('NHI6:2025', 'aws:1:user/a'), 'trust'), 'detection');
  });

  it('says of an identity when it was active, what it holds and what it does not use', async () => {
    const compared = await eventOf(unused);
    const known = await eventOf(ownerLeft);

    assert.equal(compared.class_uid, 2008);
    assert.deepEqual(compared.finding_info.related_events, [
      { uid: 'i2', type: 'identity', desc: 'listed in the export (exports/gcp-accounts.json at accounts[4])' },
    ]);
    assert.equal(compared.permission_analysis_results?.[0]?.unused_privileges_count, 9);
    assert.equal(compared.identity_activity_metrics.last_seen_time, Date.UTC(2025, 0, 9));
    assert.deepEqual(known.permission_analysis_results, [{ granted_privileges: ['admin'] }]);
    assert.equal(known.identity_activity_metrics.first_seen_time, Date.UTC(2022, 4, 1));
    assert.ok(known.identity_activity_metrics.programmatic_credentials?.some(({ uid }) => uid === 'AKIA0HARBOUR0DEPLOY0'));
  });

  it('says something of an identity that no inventory lists', async () => {
    const stranger = await eventOf({ ...unused, identity: 'aws:1:user/unknown' });

    assert.equal(stranger.identity_activity_metrics.first_seen_time, Date.parse(unused.firstSeen));
  });

  it('leads a leak to its files', async () => {
    const event = await eventOf(leaked);

    assert.equal(event.class_uid, 2004);
    assert.deepEqual(
      event.evidences.map(({ file }) => file?.path),
      ['notebooks/churn.ipynb', '.github/workflows/deploy.yml', 'scripts/deploy now.sh', 'exports/aws-auth.json'],
    );
  });

  it('gives each status its activity', async () => {
    const told = async (status: Finding['status']) => {
      const event = await eventOf({ ...leaked, status });
      return [event.activity_id, event.status_id, event.is_alert];
    };

    assert.deepEqual(await told('new'), [1, 1, true]);
    assert.deepEqual(await told('open'), [2, 1, true]);
    assert.deepEqual(await told('excepted'), [2, 3, false]);
    assert.deepEqual(await told('fixed'), [3, 4, false]);
    assert.deepEqual(await told('not-observed'), [2, 99, false]);
  });

  it('says who accepts what is suppressed, and until when', async () => {
    const acceptedBy = {
      source: 'exception',
      entry: 'x',
      reason: 'Rotated weekly.',
      approver: 'lee',
      expires: '2026-06-30',
    } as const;
    const report = sampleReport();
    const all = await events({ ...report, findings: [], accepted: [{ ...leaked, status: 'excepted', acceptedBy }] });

    assert.equal(all[1]?.status_detail, 'Accepted by exception: Rotated weekly. (approver lee, until 2026-06-30)');
  });

  it('passes no control but those that pass', async () => {
    const [base] = sampleReport().controls as [ControlResult];
    const outcomes = ['pass', 'fail', 'partial', 'not-assessed', 'not-applicable', 'excepted'] as const;
    const controls = outcomes.map((outcome) => ({ ...base, outcome }));
    const all = await events({ ...sampleReport(), controls }, { events: 'controls' });

    assert.deepEqual(
      all.slice(1).map(({ compliance }) => [compliance.status_id, compliance.status]),
      [
        [1, 'Pass'],
        [3, 'Fail'],
        [2, 'Warning'],
        [99, 'Not assessed'],
        [99, 'Not applicable'],
        [99, 'Excepted'],
      ],
    );
  });

  it('assesses by checks that ran to the end alone', async () => {
    const all = await events(partialReport(), { events: 'controls' });
    const offboarding = all.find(({ compliance }) => compliance?.control === 'NHI1:2025');
    const byPeople = all.find(({ compliance }) => compliance?.control === 'NHI10:2025');

    assert.ok(offboarding?.compliance.assessments?.every(({ meets_criteria: meets }) => meets === false));
    assert.equal(byPeople?.compliance.assessments, undefined);
    assert.equal(byPeople?.compliance.checks?.length, 1);
  });

  it('gives each event an id of its own, and the finding the same from run to run', async () => {
    const report = sampleReport();
    const first = await events(report);
    const second = await events({ ...report, run: { ...report.run, id: 'another' } });
    const ids = [...first, ...second].map(({ metadata }) => metadata.uid);

    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      second.slice(1).map(({ finding_info: info }) => info.uid),
      first.slice(1).map(({ finding_info: info }) => info.uid),
    );
  });

  it('writes only what was asked for', async () => {
    const classes = async (options: object) => new Set((await events(sampleReport(), options)).map((event) => event.class_uid));

    assert.deepEqual(await classes({ events: 'controls' }), new Set([6007, 2003]));
    assert.deepEqual(await classes({ events: 'findings' }), new Set([6007, 2004, 2008]));
    assert.deepEqual(ocsf.partsOf?.({ events: 'controls' }), []);
    assert.deepEqual(ocsf.partsOf?.({}), ['credentials', 'granted']);
  });
});
