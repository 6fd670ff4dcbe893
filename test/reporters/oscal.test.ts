import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ValidateFunction } from 'ajv';
import fc from 'fast-check';
import { controlToken } from '../../reporters/oscal/controls.ts';
import { oscal } from '../../reporters/oscal/index.ts';
import { prose } from '../../reporters/oscal/words.ts';
import type { Finding } from '../../src/contracts/finding.ts';
import type { ControlOutcome, ControlResult } from '../../src/contracts/framework.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { parseFramework } from '../../src/frameworks/load.ts';
import { packageRoot } from '../../src/util/package-root.ts';
import { largeReport, settledReport } from '../helpers/made-parts.ts';
import { emptyReport, hostileReport, leakReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';
import { oscalSchema } from '../helpers/schemas.ts';

interface Property {
  name: string;
  ns?: string;
  value: string;
}
interface Results {
  uuid: string;
  'import-ap': { href: string };
  'back-matter': { resources: { uuid: string; base64: { value: string } }[] };
  results: [Result];
}
interface Result {
  'reviewed-controls': {
    'control-selections': { 'include-controls'?: { 'control-id': string }[]; 'exclude-controls'?: { 'control-id': string }[] }[];
  };
  'local-definitions': { 'inventory-items'?: { uuid: string; props: Property[] }[] };
  observations?: {
    uuid: string;
    title: string;
    description: string;
    types: string[];
    props?: Property[];
    remarks?: string;
    methods: string[];
    subjects?: { 'subject-uuid': string }[];
    'relevant-evidence'?: { href?: string }[];
  }[];
  risks?: {
    uuid: string;
    status: string;
    deadline?: string;
    props: Property[];
    'related-observations': { 'observation-uuid': string }[];
  }[];
  findings?: {
    title: string;
    props: Property[];
    target: { 'target-id': string; status: { state: string; reason: string; remarks: string } };
    'related-observations'?: { 'observation-uuid': string }[];
    'related-risks'?: { 'risk-uuid': string }[];
  }[];
  remarks: string;
}

const OUTCOMES = [
  'pass',
  'fail',
  'partial',
  'not-assessed',
  'not-applicable',
  'excepted',
] as const satisfies readonly ControlOutcome[];
const REPORTS: { readonly [name: string]: () => Report } = {
  'an empty run': emptyReport,
  'a full run': sampleReport,
  'a partial run': partialReport,
  'a run with accepted and fixed findings': settledReport,
  'hostile names': hostileReport,
  leaks: () => leakReport(30),
};

async function document(report: Report): Promise<Results> {
  return JSON.parse(await renderText(oscal, report))['assessment-results'];
}

async function result(report: Report): Promise<Result> {
  return (await document(report)).results[0];
}

function prop(item: { props: Property[] }, name: string): string | undefined {
  return item.props.find((one) => one.name === name)?.value;
}

describe('oscal reporter', () => {
  let validate: ValidateFunction;

  before(async () => {
    validate = await oscalSchema();
  });

  for (const [name, make] of Object.entries(REPORTS)) {
    it(`is as NIST's schema wants it for ${name}`, async () => {
      const value = JSON.parse(await renderText(oscal, make()));

      assert.ok(validate(value), JSON.stringify(validate.errors?.slice(0, 5)));
    });
  }

  it('tells what was not judged as an observation, and of no control both or neither', async () => {
    const [base] = sampleReport().controls as [ControlResult];
    const controls = OUTCOMES.flatMap((outcome, index) =>
      [0, 2].map((findings) => ({ ...base, control: `NHI${index + 1}:${findings}`, outcome, findings })),
    );

    const told = await result({ ...sampleReport(), controls });

    const objectives = (told.observations ?? []).filter(({ types }) => types.includes('control-objective'));
    const ids = (items: readonly { props?: Property[] }[]): (string | undefined)[] =>
      items.map(({ props: list = [] }) => prop({ props: list }, 'control-id'));
    assert.deepEqual(ids(objectives), ['NHI3:0', 'NHI4:0', 'NHI4:2', 'NHI5:0', 'NHI5:2']);
    assert.deepEqual(
      [...ids(objectives), ...ids(told.findings ?? [])].sort(),
      controls.map(({ control }) => control),
    );
    assert.deepEqual(
      objectives.map(({ methods }) => methods[0]),
      ['EXAMINE', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN', 'UNKNOWN'],
    );
    assert.match(objectives[1]?.remarks ?? '', /^Not assessed: nothing is said about the control/);
  });

  it('has no finding where nothing was assessed, and is as the schema wants it all the same', async () => {
    const sample = sampleReport();
    const controls = sample.controls.map((control) => ({ ...control, outcome: 'not-assessed' as const, findings: 0 }));

    const value: unknown = JSON.parse(await renderText(oscal, { ...sample, controls }));
    const { findings } = await result({ ...sample, controls });

    assert.ok(validate(value), JSON.stringify(validate.errors?.slice(0, 5)));
    assert.equal(findings, undefined);
  });

  it('says "satisfied" of what passed, and of nothing else', async () => {
    const [base] = sampleReport().controls as [ControlResult];
    const controls = OUTCOMES.map((outcome, index) => ({ ...base, control: `NHI${index + 1}:2025`, outcome, findings: 1 }));
    const { findings = [] } = await result({ ...sampleReport(), controls });

    const states = new Map(findings.map((finding) => [prop(finding, 'outcome') as ControlOutcome, finding.target.status]));
    assert.deepEqual([...states.keys()], ['pass', 'fail', 'partial', 'excepted']);
    for (const [outcome, { state, reason, remarks }] of states) {
      assert.equal(state, outcome === 'pass' ? 'satisfied' : 'not-satisfied');
      assert.equal(reason, { pass: 'pass', fail: 'fail', partial: 'fail', excepted: 'other' }[outcome as string]);
      if (outcome === 'partial') assert.match(remarks, /^Assessed in part only; checks/);
    }
  });

  it('reviews what was assessed and excludes the rest', async () => {
    const report = sampleReport();
    const { 'reviewed-controls': reviewed } = await result(report);
    const ids = (key: 'include-controls' | 'exclude-controls') =>
      reviewed['control-selections'].flatMap((one) => one[key] ?? []).map((one) => one['control-id']);

    assert.ok(ids('include-controls').includes('PR.AA-05'));
    assert.ok(ids('include-controls').includes('owasp-nhi-2025_NHI2-2025'));
    assert.ok(ids('exclude-controls').includes('owasp-nhi-2025_NHI10-2025'));
  });

  it('leads from a failed control to its observations, and from those to the identity and the file', async () => {
    const { findings = [], observations = [], risks = [], 'local-definitions': local } = await result(sampleReport());
    const nhi2 = findings.find((one) => one.target['target-id'] === 'owasp-nhi-2025_NHI2-2025');
    const related = nhi2?.['related-observations']?.map((one) => one['observation-uuid']) ?? [];
    const found = observations.filter(({ uuid }) => related.includes(uuid));

    assert.equal(found.length, 2);
    assert.equal(nhi2?.['related-risks']?.length, 2);
    assert.ok(nhi2?.['related-risks']?.every((one) => risks.some(({ uuid }) => uuid === one['risk-uuid'])));
    assert.equal(found[0]?.['relevant-evidence']?.[0]?.href, 'notebooks/churn.ipynb');
    const item = local['inventory-items']?.find(({ uuid }) => uuid === found[0]?.subjects?.[0]?.['subject-uuid']);
    assert.equal(item && prop(item, 'asset-id'), 'aws:123456789012:user/ci-deploy');
  });

  it('refers to nothing that is not there', async () => {
    for (const make of Object.values(REPORTS)) {
      const { findings = [], observations = [], risks = [], 'local-definitions': local } = await result(make());
      const known = new Set([...observations, ...risks, ...(local['inventory-items'] ?? [])].map(({ uuid }) => uuid));

      const used = [
        ...findings.flatMap((one) => one['related-observations'] ?? []).map((one) => one['observation-uuid']),
        ...findings.flatMap((one) => one['related-risks'] ?? []).map((one) => one['risk-uuid']),
        ...risks.flatMap((one) => one['related-observations']).map((one) => one['observation-uuid']),
        ...observations.flatMap((one) => one.subjects ?? []).map((one) => one['subject-uuid']),
      ];
      assert.deepEqual(
        used.filter((uuid) => !known.has(uuid)),
        [],
      );
      if (make === sampleReport || make === partialReport) {
        assert.equal(known.size, observations.length + risks.length + (local['inventory-items']?.length ?? 0));
      }
    }
  });

  it('tells an exception as an approved deviation, with who approved it and until when', async () => {
    const sample = sampleReport();
    const [base] = sample.findings as [Finding];
    const accepted: Finding = {
      ...base,
      fingerprint: '99'.repeat(16),
      status: 'excepted',
      acceptedBy: {
        source: 'exception',
        entry: 'rule: leaked-key-is-admin',
        reason: 'Rotated weekly.',
        justification: 'not_affected',
        owner: 'kim@harbour.example',
        approver: 'lee@harbour.example',
        ticket: 'SEC-7',
        expires: '2026-06-30',
      },
    };
    const { risks = [] } = await result({ ...sample, accepted: [accepted] });
    const deviation = risks.find((risk) => prop(risk, 'fingerprint') === accepted.fingerprint);

    assert.equal(deviation?.status, 'deviation-approved');
    assert.equal(deviation?.deadline, '2026-06-30T23:59:59Z');
    assert.equal(deviation && prop(deviation, 'deviation-approver'), 'lee@harbour.example');
    assert.equal(deviation && prop(deviation, 'deviation-reason'), 'Rotated weekly.');
  });

  it('closes what is fixed, and only that', async () => {
    const sample = sampleReport();
    const gone = { ...(sample.findings[0] as Finding), fingerprint: '77'.repeat(16), status: 'not-observed' } as const;
    const { risks = [], observations = [] } = await result({ ...sample, findings: [...sample.findings, gone] });
    const status = new Map(risks.map((risk) => [prop(risk, 'status'), risk.status]));

    assert.deepEqual(Object.fromEntries(status), {
      new: 'open',
      open: 'open',
      excepted: 'deviation-approved',
      fixed: 'closed',
      'not-observed': 'investigating',
    });
    assert.equal(observations.filter(({ types }) => types[0] === 'historic').length, 2);
  });

  it('tells gaps of coverage as observations and in the remarks', async () => {
    const { observations = [], remarks } = await result(partialReport());

    assert.ok(
      observations.some(
        ({ title, description }) => title === 'Coverage of aws: denied' && description.startsWith('credential report'),
      ),
    );
    assert.match(remarks, /AWS.*: partial/);
  });

  it('brings the plan that it imports', async () => {
    const { 'import-ap': plan, 'back-matter': back } = await document(sampleReport());
    const resource = back.resources.find(({ uuid }) => `#${uuid}` === plan.href);
    const text = JSON.parse(Buffer.from(resource?.base64.value ?? '', 'base64').toString());

    assert.ok(text['assessment-plan']['reviewed-controls']['control-selections'].length > 0);
  });

  it('keeps names from being Markdown or HTML, in every text', async () => {
    const texts = await renderText(oscal, hostileReport());

    // Properties are plain text: they hold names as they are.
    assert.doesNotMatch(texts.replaceAll(/"value":"(?:[^"\\]|\\.)*"/g, ''), /<script|<img|<\/details|\]\(|``/);
  });

  it('leaves code of advice to be code, and nothing else', () => {
    const told = {
      'Set `--max-age` in `pg_hba.conf`.': 'Set `--max-age` in `pg_hba.conf`.',
      'ci_deploy and 1.2.3': 'ci_deploy and 1.2.3',
      '1. Find it. 2. Rotate it.': '1. Find it. 2. Rotate it.',
      '_a_ *b*': '&#95;a&#95; &#42;b&#42;',
      'a `b': 'a &#96;b',
      'a ``b`` c': 'a &#96;&#96;b&#96;&#96; c',
      'back\\`slash`': 'back&#92;`slash`',
      '`<img>` and [x](y)': '&#96;&#60;img&#62;&#96; and &#91;x&#93;(y)',
      '# heading': '&#35; heading',
      '-1': '-1',
      '': '-',
      ' \n ': '-',
    };

    for (const [text, markup] of Object.entries(told)) assert.equal(prose(text), markup);
  });

  it('gives a text for any name, without markup of its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const text = prose(name);

        assert.match(text, /^[^\n]+$/);
        assert.doesNotMatch(text, /[<>*[\]|~$]|``/);
        assert.equal((text.match(/`/g) ?? []).length % 2, 0);
      }),
      { numRuns: 50 },
    );
  });

  it('names controls by tokens that no other catalogue has', () => {
    assert.equal(controlToken('nist-csf-2.0', 'PR.AA-05'), 'PR.AA-05');
    assert.equal(controlToken('nist-800-53-r5', 'AC-2(9)'), 'ac-2.9');
    assert.equal(controlToken('pci-dss-4.0.1', '8.6.2'), 'pci-dss-4.0.1_8.6.2');
    assert.equal(controlToken('owasp-nhi-2025', 'NHI2:2025'), 'owasp-nhi-2025_NHI2-2025');

    const folder = join(packageRoot(), 'rules', 'frameworks');
    const tokens = readdirSync(folder).flatMap((file) => {
      const { id, controls } = parseFramework(readFileSync(join(folder, file), 'utf8'), file);
      return controls.map((control) => controlToken(id, control.id));
    });
    assert.ok(tokens.length > 200);
    assert.equal(new Set(tokens).size, tokens.length);
    assert.deepEqual(
      tokens.filter((token) => !/^[\p{L}_][\p{L}\p{N}._-]*$/u.test(token)),
      [],
    );
  });

  it('keeps the uuid of a risk from run to run, and gives each run its own observations', async () => {
    const first = await result(sampleReport());
    const second = await result({ ...sampleReport(), run: { ...sampleReport().run, id: 'another' } });

    assert.equal(second.risks?.[0]?.uuid, first.risks?.[0]?.uuid);
    assert.notEqual(second.observations?.[0]?.uuid, first.observations?.[0]?.uuid);
  });

  it('writes a large run row by row', async () => {
    const report = largeReport(2000);
    let longest = 0;
    let size = 0;
    for await (const piece of oscal.render(report, {}, { width: undefined, color: false, links: false, store: undefined })) {
      longest = Math.max(longest, piece.length);
      size += piece.length;
    }

    // The longest is the list of what bears on one control.
    assert.ok(longest < size / 10, `${longest} of ${size}`);
  });
});
