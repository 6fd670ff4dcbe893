import type { Acceptance, Finding } from '../../src/contracts/finding.ts';
import type { CredentialView, Lineage, LineageEdge, LineageNode, ReportParts } from '../../src/contracts/report-parts.ts';
import type { IdentityView, Report } from '../../src/contracts/reporter.ts';
import { rollUp } from '../../src/frameworks/roll-up.ts';
import { HOSTILE_NAMES, hostileReport, sampleReport } from './report.ts';

/** Parts of a report for tests of reporters that ask for them: the estate of `sampleReport`, one of attacks, and a large one. */

const USER = 'aws:123456789012:user/ci-deploy';
const ETL = 'gcp:hc-prod:serviceAccount/legacy-etl@hc-prod.iam.gserviceaccount.com';

export function sampleCredentials(): CredentialView[] {
  const common = { identity: USER, provider: 'aws', type: 'access-key', inInventory: true } as const;
  return [
    {
      ...common,
      id: 'aws:access-key/AKIA0HARBOUR0DEPLOY0',
      publicId: 'AKIA0HARBOUR0DEPLOY0',
      fingerprint: 'ab'.repeat(32),
      createdAt: '2022-05-01T00:00:00.000Z',
      lastUsedAt: '2026-03-11T23:10:00.000Z',
      neverExpires: true,
      status: 'active',
      ageDays: 1411,
      sightings: 3,
      findings: 1,
      worst: 'critical',
    },
    { ...common, id: 'aws:access-key/AKIA0HARBOUR0SECOND0', status: 'inactive', sightings: 1, findings: 1, worst: 'critical' },
    {
      id: 'gcp:certificate/77aa',
      identity: ETL,
      provider: 'gcp',
      type: 'signing-certificate',
      publicId: '77aa',
      createdAt: '2024-01-01T00:00:00.000Z',
      rotatedAt: '2025-01-01T00:00:00.000Z',
      expiresAt: '2026-01-01T00:00:00.000Z',
      status: 'expired',
      sightings: 0,
      inInventory: true,
      findings: 0,
    },
    // Known from code alone: whose it is, nobody says.
    {
      id: `secret:${'9f'.repeat(32)}`,
      provider: 'npm',
      type: 'token',
      fingerprint: '9f'.repeat(32),
      sightings: 2,
      inInventory: false,
      findings: 0,
    },
    {
      id: 'postgres:db/etl#password',
      identity: 'postgres:db/etl',
      provider: 'postgres',
      type: 'password',
      status: 'revoked',
      sightings: 0,
      inInventory: true,
      findings: 0,
    },
  ];
}

export function sampleLineage(): Lineage {
  return {
    nodes: [
      node('person:jo@harbour.example', 'person', 'jo@harbour.example'),
      { ...node(`identity:${USER}`, 'identity', 'ci-deploy'), about: 'AWS user', findings: 3, worst: 'critical' },
      node('credential:aws:access-key/AKIA0HARBOUR0DEPLOY0', 'credential', 'AKIA0HARBOUR0DEPLOY0'),
      node('place:harbour/analytics:notebooks/churn.ipynb', 'place', 'notebooks/churn.ipynb'),
      node('consumer:harbour/shop:.github/workflows/deploy.yml#deploy', 'consumer', 'deploy'),
      node('principal:*', 'principal', 'anyone'),
      node('resource:s3://harbour-orders', 'resource', 's3://harbour-orders'),
      node('capability:admin', 'capability', 'admin'),
    ],
    edges: [
      edge('person:jo@harbour.example', `identity:${USER}`, 'owns'),
      edge('credential:aws:access-key/AKIA0HARBOUR0DEPLOY0', `identity:${USER}`, 'authenticates'),
      edge('credential:aws:access-key/AKIA0HARBOUR0DEPLOY0', 'place:harbour/analytics:notebooks/churn.ipynb', 'seen-at'),
      edge('consumer:harbour/shop:.github/workflows/deploy.yml#deploy', `identity:${USER}`, 'runs-as'),
      { ...edge('principal:*', `identity:${USER}`, 'may-become'), label: 'sts:AssumeRole' },
      { ...edge(`identity:${USER}`, 'resource:s3://harbour-orders', 'reaches'), label: 'write on s3://harbour-orders' },
      edge(`identity:${USER}`, 'capability:admin', 'has'),
    ],
    omitted: { nodes: 3, edges: 5 },
  };
}

export function sampleParts(): Partial<ReportParts> {
  return {
    credentials: sampleCredentials(),
    lineage: sampleLineage(),
    granted: [
      {
        identity: ETL,
        name: 'legacy-etl',
        side: 'target',
        granted: 12,
        used: 3,
        unused: ['storage.objects.delete'],
        from: '2026-01-01T00:00:00.000Z',
        until: '2026-03-01T00:00:00.000Z',
      },
    ],
  };
}

/** What accepts findings, one of each kind; `TRIAGE` is a text of a stranger's. */
export const TRIAGE = `=HYPERLINK("http://evil.example") <script>alert(1)</script> @everyone\n::error::x`;
export const ACCEPTANCES: readonly Acceptance[] = [
  ...['false-positive', 'test-data', 'revoked', 'accepted-risk', 'compensating-control', 'not-ours'].map(
    (justification): Acceptance => ({
      source: 'exception',
      entry: 'rule identity-unused',
      place: 'nhi-audit.exceptions.yml:exceptions[0]',
      reason: `Known: ${justification}.`,
      justification,
      owner: 'kim@harbour.example',
      approver: 'lee@harbour.example',
      ticket: 'SEC-7',
      expires: '2026-06-30',
    }),
  ),
  { source: 'comment', entry: 'gitleaks:allow', place: 'config/settings.py:88' },
  { source: 'gitleaksignore', entry: 'config/settings.py:aws:88', reason: TRIAGE },
];

/** The sample estate after a while: some of it is fixed, some was not seen again, one rule is accepted, one hidden. */
export function settledReport(): Report {
  const sample = sampleWithParts();
  const [leaked, , left, unused] = sample.findings as [Finding, Finding, Finding, Finding];
  const findings: Finding[] = [
    leaked,
    { ...leaked, fingerprint: '71'.repeat(16), status: 'fixed' },
    { ...left, fingerprint: '72'.repeat(16), status: 'not-observed' },
  ];
  const accepted = ACCEPTANCES.map(
    (acceptedBy, index): Finding => ({
      ...(acceptedBy.source === 'exception' ? unused : leaked),
      fingerprint: `8${index}`.repeat(16),
      rule: unused.rule,
      status: 'excepted',
      acceptedBy,
    }),
  );
  const checks = sample.checks.map((check) => {
    if (check.rule === unused.rule) return { ...check, outcome: 'pass' as const, findings: 0, excepted: accepted.length };
    return check.rule === leaked.rule ? { ...check, findings: 1 } : check;
  });
  return {
    ...sample,
    findings,
    accepted,
    checks,
    acceptances: ACCEPTANCES.map((use) => ({ ...use, state: 'used', findings: 1 })),
    controls: rollUp(sample.frameworks, checks, [...findings, ...accepted], sample.coverage),
    hidden: { persona: 1, baseline: 2, excepted: accepted.length },
  };
}

/** Every name that a stranger may choose is an attack. */
export function hostileParts(): Partial<ReportParts> {
  const credentials = HOSTILE_NAMES.map(
    (name, index): CredentialView => ({
      id: `aws:access-key/${name}`,
      identity: `aws:123456789012:user/${name}`,
      provider: name,
      type: index % 2 === 0 ? name : 'access-key',
      publicId: name,
      createdAt: name,
      expiresAt: name,
      status: name,
      sightings: 1,
      inInventory: true,
      findings: 1,
      worst: 'critical',
    }),
  );
  const nodes = HOSTILE_NAMES.map((name): LineageNode => ({ ...node(`identity:${name}`, 'identity', name), about: name }));
  const edges = HOSTILE_NAMES.map(
    (name): LineageEdge => ({
      ...edge(`identity:${name}`, `identity:${HOSTILE_NAMES[0]}`, 'may-become'),
      label: name,
      evidence: [name],
    }),
  );
  return { credentials, lineage: { nodes, edges, omitted: { nodes: 0, edges: 0 } }, granted: [] };
}

export function sampleWithParts(): Report {
  return { ...sampleReport(), parts: sampleParts() };
}

export function hostileWithParts(): Report {
  return { ...hostileReport(), parts: hostileParts() };
}

/** `n` findings about as many identities with a credential each, as a large estate has them. */
export function largeReport(n: number): Report {
  const sample = sampleReport();
  const [leaked, , left] = sample.findings as [Finding, Finding, Finding];
  const [identity] = sample.identities as [IdentityView];
  const [credential] = sampleCredentials() as [CredentialView];
  const ids = Array.from({ length: n }, (_, index) => `aws:123456789012:user/ci-deploy-${index}`);
  return {
    ...sample,
    findings: ids.map((id, index) => {
      const base = index % 2 === 0 ? leaked : left;
      return { ...base, fingerprint: String(index).padStart(32, '0'), identity: id, subject: id };
    }),
    identities: ids.map((id) => ({ ...identity, id })),
    parts: {
      credentials: ids.map((id, index) => ({ ...credential, id: `aws:access-key/AKIA${index}`, identity: id })),
      lineage: {
        nodes: ids.flatMap((id) => [node(`identity:${id}`, 'identity', id), node(`credential:${id}`, 'credential', id)]),
        edges: ids.map((id) => edge(`credential:${id}`, `identity:${id}`, 'authenticates')),
        omitted: { nodes: 0, edges: 0 },
      },
      granted: [],
    },
  };
}

function node(id: string, kind: LineageNode['kind'], label: string): LineageNode {
  return { id, kind, label, findings: 0 };
}

function edge(from: string, to: string, kind: LineageEdge['kind']): LineageEdge {
  return { from, to, kind, evidence: ['o1'] };
}
