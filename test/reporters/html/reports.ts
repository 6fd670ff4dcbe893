import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding, Severity } from '../../../src/contracts/finding.ts';
import { SEVERITIES } from '../../../src/contracts/finding.ts';
import type { ReportParts } from '../../../src/contracts/report-parts.ts';
import type { IdentityView, Report } from '../../../src/contracts/reporter.ts';
import { parseFramework } from '../../../src/frameworks/load.ts';
import { rollUp } from '../../../src/frameworks/roll-up.ts';
import { sha256 } from '../../../src/util/digest.ts';
import { packageRoot } from '../../../src/util/package-root.ts';
import { sampleReport } from '../../helpers/report.ts';

const USER = 'aws:123456789012:user/ci-deploy';
const GCP = 'gcp:hc-prod:serviceAccount/legacy-etl@hc-prod.iam.gserviceaccount.com';

/** What the core would read from the store for the sample report: small, and with something of every kind. */
export function sampleParts(): ReportParts {
  const open = { info: 0, low: 1, medium: 0, high: 1, critical: 2 };
  return {
    credentials: [
      {
        id: 'aws:access-key/AKIA0HARBOUR0DEPLOY0',
        identity: USER,
        provider: 'aws',
        type: 'access-key',
        publicId: 'AKIA0HARBOUR0DEPLOY0',
        createdAt: '2024-03-01T00:00:00.000Z',
        status: 'active',
        ageDays: 741,
        sightings: 3,
        inInventory: true,
        findings: 1,
        worst: 'critical',
      },
      {
        id: 'aws:access-key/AKIA0HARBOUR0FRESH00',
        identity: USER,
        provider: 'aws',
        type: 'access-key',
        ageDays: 12,
        sightings: 0,
        inInventory: true,
        findings: 0,
      },
      { id: `secret:${'9f'.repeat(32)}`, provider: 'npm', type: 'token', sightings: 1, inInventory: false, findings: 0 },
    ],
    lineage: {
      nodes: [
        { id: 'person:jo@harbour.example', kind: 'person', label: 'jo@harbour.example', about: 'left 2025-11-30', findings: 0 },
        { id: 'place:churn', kind: 'place', label: 'notebooks/churn.ipynb cell 3 output', findings: 0 },
        { id: 'credential:deploy', kind: 'credential', label: 'AKIA…PLOY', about: 'access-key', findings: 1, worst: 'critical' },
        { id: `identity:${USER}`, kind: 'identity', label: 'ci-deploy', about: 'aws user', findings: 3, worst: 'critical' },
        { id: `identity:${GCP}`, kind: 'identity', label: 'legacy-etl', about: 'gcp serviceAccount', findings: 1, worst: 'low' },
        { id: 'capability:admin', kind: 'capability', label: 'admin', findings: 0 },
        { id: 'resource:lake', kind: 'resource', label: 'arn:aws:s3:::harbour-lake', findings: 0 },
        { id: 'consumer:deploy', kind: 'consumer', label: 'harbour/shop deploy.yml#deploy', about: 'workflow-job', findings: 0 },
      ],
      edges: [
        { from: 'person:jo@harbour.example', to: `identity:${USER}`, kind: 'owns', evidence: ['p1'] },
        { from: 'credential:deploy', to: `identity:${USER}`, kind: 'authenticates', evidence: ['c1'] },
        { from: 'credential:deploy', to: 'place:churn', kind: 'seen-at', evidence: ['s1'] },
        { from: 'consumer:deploy', to: `identity:${USER}`, kind: 'runs-as', evidence: ['k1'] },
        { from: `identity:${USER}`, to: 'capability:admin', kind: 'has', evidence: ['g1'] },
        { from: `identity:${USER}`, to: 'resource:lake', kind: 'reaches', label: 's3:*', evidence: ['g1'] },
        { from: `identity:${GCP}`, to: 'resource:lake', kind: 'reaches', label: 'read', evidence: ['g2'] },
      ],
      omitted: { nodes: 4, edges: 9 },
    },
    granted: [
      {
        identity: USER,
        name: 'ci-deploy',
        side: 'gateway',
        granted: 6,
        used: 2,
        unused: ['exec on pg-orders', 'connect on k8s'],
      },
      { identity: GCP, name: 'legacy-etl', side: 'target', granted: 3, used: 3, unused: [] },
    ],
    sessions: {
      rows: [
        {
          id: 'se-2',
          startedAt: '2026-03-11T23:10:00.000Z',
          identity: USER,
          actor: 'kim@harbour.example',
          actorType: 'human',
          target: 'aws-prod',
          action: 'write',
          via: 'gateway',
          approval: 'none',
          records: 1,
        },
        {
          id: 'se-1',
          startedAt: '2026-03-10T02:10:00.000Z',
          identity: USER,
          actor: 'deploy',
          actorType: 'api-key',
          via: 'direct',
          records: 12,
        },
      ],
      total: 7,
    },
    history: [
      {
        run: 'before',
        startedAt: '2026-03-11T02:00:00.000Z',
        open: { ...open, high: 2 },
        fixed: 0,
        excepted: 1,
        identities: 3,
        controls: { 'owasp-nhi-2025:NHI2:2025': 1, 'owasp-nhi-2025:NHI1:2025': 3 },
        isThis: false,
      },
      {
        run: 'this',
        startedAt: '2026-03-12T02:00:00.000Z',
        open,
        fixed: 1,
        excepted: 1,
        identities: 4,
        controls: { 'owasp-nhi-2025:NHI2:2025': 2, 'owasp-nhi-2025:NHI1:2025': 2 },
        isThis: true,
      },
    ],
    extent: { sources: [], periods: [], credentialsOnlySeen: 0 },
    population: [
      {
        surface: 'aws',
        subject: 'authorization details',
        kind: 'identity',
        outcome: 'complete',
        listed: 40,
        read: 40,
        stored: 40,
        reported: 38,
        difference: 'two are people',
      },
      { surface: 'work-tree', subject: 'harbour/shop', kind: 'sighting', outcome: 'complete', stored: 4, reported: 4 },
    ],
    method: {
      commandLine: 'nhi-audit scan ./harbour ./exports --store audit.duckdb',
      configDigest: 'ab'.repeat(32),
      config: 'stale-after-days: 90\nframeworks:\n  - owasp-nhi-2025\n',
      rules: [{ file: 'rules/checks/leak/leaked-key-is-admin.sql', sha256: 'cd'.repeat(32) }],
      catalogues: [{ id: 'owasp-nhi-2025', version: '2025', sha256: 'ef'.repeat(32) }],
      platform: 'linux x64, Node 24',
      previous: { run: 'before', digest: '12'.repeat(32) },
    },
  };
}

/** The sample with all its parts. */
export function wholeReport(): Report {
  const sample = sampleReport();
  return {
    ...sample,
    accepted: sample.findings.filter(({ status }) => status === 'excepted'),
    findings: sample.findings.filter(({ status }) => status !== 'excepted'),
    acceptances: [
      {
        source: 'exception',
        entry: 'identity-unused break-glass',
        place: 'nhi-audit.exceptions.yml:3',
        reason: 'tested each quarter',
        owner: 'kim@harbour.example',
        expires: '2026-03-31',
        state: 'used',
        findings: 1,
      },
      { source: 'gitleaksignore', entry: 'src/app.py:aws-access-token:12', state: 'stale', findings: 0 },
    ],
    parts: sampleParts(),
  };
}

/** One of the two findings about leaked keys is not for this persona; controls count both. */
export function hiddenReport(): Report {
  const whole = wholeReport();
  return {
    ...whole,
    findings: whole.findings.filter(({ fingerprint }) => fingerprint !== 'b2'.repeat(16)),
    persona: 'dev',
    hidden: { persona: 1, baseline: 0, excepted: 1 },
  };
}

/** Judged by a catalogue whose controls come to their rules by way of another one. */
export function mappedReport(): Report {
  const whole = wholeReport();
  const frameworks = ['owasp-nhi-2025', 'pci-dss-4.0.1', 'nist-800-53-r5'].map((id) =>
    parseFramework(readFileSync(join(packageRoot(), 'rules', 'frameworks', `${id}.yml`), 'utf8'), `${id}.yml`),
  );
  return { ...whole, frameworks, controls: rollUp(frameworks, whole.checks, whole.findings, whole.coverage) };
}

/** `n` findings of 60 rules on 3,000 identities, as a large organisation has them. */
export function largeReport(n: number): Report {
  const sample = sampleReport();
  const [check] = sample.checks as [Report['checks'][number]];
  const [first] = sample.findings as [Finding];
  const identities = Array.from({ length: 3_000 }, (_, index): IdentityView => {
    const name = `service-${index}-${['batch', 'deploy', 'etl', 'mailer'][index % 4]}`;
    return {
      ...(sample.identities[0] as IdentityView),
      id: `aws:${100_000_000_000 + (index % 40)}:user/${name}`,
      name,
      owner: `owner-${index % 90}@harbour.example`,
      environment: ['prod', 'staging', 'dev', 'test'][index % 4] as string,
      findings: Math.floor(n / 3_000),
    };
  });
  const checks = Array.from({ length: 60 }, (_, index) => ({
    ...check,
    rule: `rule-${index}`,
    findings: Math.floor(n / 60),
    meta: {
      ...check.meta,
      id: `rule-${index}`,
      title: `Rule ${index} says that something is wrong with an identity`,
      severity: SEVERITIES[index % 5] as Severity,
      controls: [`owasp-nhi-2025:NHI${1 + (index % 10)}:2025`, 'nist-csf-2.0:PR.AA-05', 'nist-csf-2.0:PR.AA-01'],
    },
  }));
  const findings = Array.from({ length: n }, (_, index): Finding => {
    const { meta } = checks[index % 60] as (typeof checks)[number];
    const identity = identities[index % 3_000] as IdentityView;
    const path = `services/team-${index % 70}/app-${index % 900}/config/settings-${index}.yml`;
    const key = ((index * 2_654_435_761) >>> 0).toString(36).toUpperCase().padStart(7, '0');
    return {
      ...first,
      fingerprint: `${index.toString(16).padStart(8, '0')}${((index * 40_503 + 7) >>> 0).toString(16).padStart(8, '0')}`
        .repeat(4)
        .slice(0, 64),
      rule: meta.id,
      title: meta.title,
      message: `Access key AKIA…${key} of ${identity.id} lies in ${path}:${1 + (index % 300)} and was last used ${index % 400} days ago.`,
      severity: meta.severity,
      status: index % 9 === 0 ? 'new' : 'open',
      identity: identity.id,
      credential: `aws:access-key/AKIA${key}`,
      subject: identity.id,
      controls: meta.controls,
      fix: `1. Deactivate AKIA…${key}.\n2. Give ${identity.name} a role instead.`,
      evidence: [0, 1].map((place) => ({
        observation: sha256(`sighting ${index} ${place}`).slice(0, 32),
        kind: 'sighting' as const,
        summary: `seen: AKIA…${key} (aws-access-key)`,
        at: {
          repository: `harbour/repo-${index % 200}`,
          path: place === 0 ? path : `docs/${path}`,
          line: 1 + (index % 300),
          atHead: true,
        },
      })),
    };
  });
  return { ...sample, identities, checks, findings, parts: sampleParts() };
}
