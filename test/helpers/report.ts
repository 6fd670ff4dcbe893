import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckMeta } from '../../src/contracts/check.ts';
import type { Evidence, Finding } from '../../src/contracts/finding.ts';
import type { CoverageObservation } from '../../src/contracts/observation.ts';
import type { IdentityView, RenderContext, Report, Reporter } from '../../src/contracts/reporter.ts';
import { parseFramework } from '../../src/frameworks/load.ts';
import { type CheckWithMeta, rollUp } from '../../src/frameworks/roll-up.ts';
import { packageRoot } from '../../src/util/package-root.ts';

/** Reports for tests of reporters and of what is built on them: nothing, a believable estate, and an estate of attacks. */

const DAY = '2026-03-12';

export const PLAIN: RenderContext = { width: undefined, color: false, links: false, store: undefined };

export async function renderText(
  reporter: Reporter<unknown>,
  report: Report,
  options: unknown = {},
  context = PLAIN,
): Promise<string> {
  let text = '';
  for await (const chunk of reporter.render(report, options, context)) text += chunk;
  return text;
}

const FRAMEWORKS = ['csa-maestro', 'nist-csf-2.0', 'owasp-nhi-2025'].map((id) => {
  const file = `${id}.yml`;
  return parseFramework(readFileSync(join(packageRoot(), 'rules', 'frameworks', file), 'utf8'), file);
});

/** A run that looked at nothing and found nothing. */
export function emptyReport(): Report {
  return {
    run: {
      id: '01HRUN0000000000000000EMPTY',
      startedAt: `${DAY}T02:00:00.000Z`,
      finishedAt: `${DAY}T02:00:01.500Z`,
      toolVersion: '0.1.0',
      engine: 'DuckDB 1.5.6',
      targets: ['.'],
      rulesDigest: 'sha256:0f0f0f0f',
      fingerprintKeyId: 'k-7d1c',
      hosts: [],
      counts: {},
      parameters: {},
    },
    coverage: [],
    findings: [],
    identities: [],
    checks: [],
    controls: [],
    frameworks: [],
    persona: 'security',
    accepted: [],
    acceptances: [],
    hidden: { persona: 0, baseline: 0, excepted: 0 },
  };
}

/** A run over the Harbour Coffee estate: everything readable was read, with findings of every severity and status. */
export function sampleReport(): Report {
  const checks = sampleChecks();
  const findings = sampleFindings();
  const coverage = sampleCoverage();
  return {
    ...emptyReport(),
    run: {
      ...emptyReport().run,
      id: '01HRUN00000000000000SAMPLE',
      finishedAt: `${DAY}T02:00:04.118Z`,
      targets: ['./harbour', './exports'],
      counts: { identity: 4, credential: 5, sighting: 4, grant: 37, usage: 12, coverage: 5 },
      parameters: { 'stale-after-days': 90 },
    },
    coverage,
    findings,
    identities: sampleIdentities(),
    checks,
    controls: rollUp(FRAMEWORKS, checks, findings, coverage),
    frameworks: FRAMEWORKS,
    hidden: { persona: 2, baseline: 0, excepted: 1 },
  };
}

/** The same estate, but half of what was to be read was denied, cut short or not understood. */
export function partialReport(): Report {
  const sample = sampleReport();
  const coverage: CoverageObservation[] = [
    ...sample.coverage.filter((row) => row.surface === 'work-tree'),
    {
      kind: 'coverage',
      surface: 'aws',
      subject: 'credential report',
      outcome: 'denied',
      why: 'iam:GetCredentialReport is not allowed for this profile.',
      covers: ['credential'],
    },
    {
      kind: 'coverage',
      surface: 'aws',
      subject: 'authorization details',
      outcome: 'complete',
      covers: ['identity', 'grant'],
      seen: 40,
      read: 40,
    },
    {
      kind: 'coverage',
      surface: 'notebook',
      subject: 'notebooks/broken.ipynb',
      outcome: 'unsupported',
      why: 'Not a notebook: JSON ends at byte 812.',
      covers: ['sighting'],
      seen: 1,
      failed: 1,
    },
  ];
  const checks = sample.checks.map((check) =>
    check.rule === 'identity-unused'
      ? { ...check, outcome: 'partial' as const, reason: 'AWS IAM was read in part: credential report denied.', population: 2 }
      : check,
  );
  return { ...sample, coverage, checks, controls: rollUp(FRAMEWORKS, checks, sample.findings, coverage) };
}

/** A first run over one repository with `n` leaked bot tokens, which belong to nobody known. */
export function leakReport(n: number): Report {
  const report = emptyReport();
  const rule = 'in-file';
  const meta = {
    ...(sampleChecks()[0] as CheckWithMeta).meta,
    id: rule,
    title: 'A credential lies in a file of the repository',
    why: 'Clones hold it. Nobody can tell who used it.',
    fix: 'Revoke it.',
  };
  const findings = Array.from({ length: n }, (_, index): Finding => {
    const subject = `92${String(index).padStart(2, '0')}…(46)`;
    return {
      fingerprint: `t${String(index).padStart(31, '0')}`,
      rule,
      title: meta.title,
      message: `Token ${subject} lies in config/app${index}.py:${index + 1}.`,
      severity: 'high',
      confidence: 'high',
      persona: 'dev',
      status: 'new',
      credential: `secret:${String(index).padStart(64, '0')}`,
      subject,
      controls: ['owasp-nhi-2025:NHI2:2025'],
      evidence: [
        seen(`o${index}`, `seen: ${subject} (telegram-bot-token)`, {
          repository: 'harbour/shop',
          path: `config/app${index}.py`,
          line: index + 1,
          atHead: true,
        }),
      ],
      surfaces: ['work-tree'],
      firstSeen: report.run.startedAt,
      lastSeen: report.run.startedAt,
      fix: 'Revoke it.',
    };
  });
  const checks: CheckWithMeta[] = [{ meta, rule, outcome: 'fail', population: n, findings: n, excepted: 0 }];
  return { ...report, findings, checks };
}

/** Every text that a stranger can choose is an attack on some sink; one name is 10 kB long. */
export function hostileReport(): Report {
  const sample = sampleReport();
  const findings = HOSTILE_NAMES.map((name, index): Finding => {
    const [base] = sample.findings;
    if (base === undefined) throw new Error('the sample has findings');
    return {
      ...base,
      fingerprint: `f${String(index).padStart(31, '0')}`,
      title: `Secret in ${name}`,
      message: `The key of ${name} was printed.`,
      subject: name,
      identity: `aws:123456789012:user/${name}`,
      credential: `aws:access-key/${name}`,
      fix: `Rotate ${name}.`,
      evidence: [
        {
          observation: `s${index}`,
          kind: 'sighting',
          summary: `seen in ${name}`,
          at: { repository: name, path: `dir/${name}`, line: 3, pointer: name, author: name },
        },
      ],
      detail: { name },
    };
  });
  const identities = HOSTILE_NAMES.map((name, index) => ({
    ...(sample.identities[0] as IdentityView),
    id: `aws:123456789012:user/${name}`,
    name,
    owner: name,
    environment: name,
    capabilities: [name],
    findings: index,
  }));
  const coverage = HOSTILE_NAMES.map(
    (name): CoverageObservation => ({
      kind: 'coverage',
      surface: 'work-tree',
      subject: name,
      outcome: 'partial',
      why: `Cannot read ${name}.`,
      covers: ['sighting'],
    }),
  );
  return { ...sample, run: { ...sample.run, targets: HOSTILE_NAMES }, findings, identities, coverage };
}

export const HOSTILE_NAMES: readonly string[] = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  "=cmd|' /C calc'!A0",
  '+1+cmd()',
  '-2+3',
  '@SUM(1,1)',
  '\t=1+1',
  'a;=1+1',
  'safe‮gnp.exe',
  '\u001b[31mred\u001b[0m\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007',
  '\u009b31mC1',
  'line one\nline two\r\n| forged | row |\n# heading',
  '`code` ``` fence',
  '| pipe || pipe |',
  '::set-output name=pwn::yes',
  'a ::error::forged and ::stop-commands::token',
  '##[stop-commands]token',
  '[click](javascript:alert(1)) ![x](http://evil.example/x.png)',
  '@everyone #1 http://evil.example www.evil.example',
  '</details><details open>',
  'zero​width﻿',
  'lone \ud800 surrogate',
  '../../etc/passwd',
  'C:\\Windows\\system32',
  '漢字かな交じり文の名前',
  'e\u0301\u0301\u0301\u0301\u0301\u0301',
  'x'.repeat(10_000),
];

function meta(fields: Pick<CheckMeta, 'id' | 'title' | 'severity' | 'controls' | 'why' | 'fix'> & Partial<CheckMeta>): CheckMeta {
  return {
    confidence: 'high',
    persona: 'security',
    about: 'credential',
    identityFields: ['credential_id'],
    needs: ['sighting'],
    population: 'credentials',
    parameters: {},
    platforms: [],
    equivalents: [],
    references: ['https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html'],
    since: '0.1',
    ...fields,
  };
}

function sampleChecks(): CheckWithMeta[] {
  const leaked = meta({
    id: 'leaked-key-is-admin',
    title: 'A leaked key belongs to an identity that is effectively admin',
    severity: 'critical',
    controls: [
      'owasp-nhi-2025:NHI2:2025',
      'owasp-nhi-2025:NHI5:2025',
      'nist-csf-2.0:PR.AA-01',
      'nist-csf-2.0:PR.AA-05',
      'csa-maestro:L4',
    ],
    why: 'Whoever finds the key owns the account. The history of a repository keeps it for good.',
    fix: 'Deactivate the key, then replace it by a role that the job assumes.',
    limits: 'Cannot see copies outside the repositories that were scanned.',
  });
  const ownerless = meta({
    id: 'owner-left',
    title: 'The owner of an identity has left',
    severity: 'high',
    about: 'identity',
    identityFields: ['identity_id'],
    controls: ['owasp-nhi-2025:NHI1:2025', 'nist-csf-2.0:GV.RR-04', 'nist-csf-2.0:PR.AA-05'],
    why: 'Nobody notices when it is misused, and nobody dares to remove it.',
    fix: 'Name a new owner, or disable the identity.',
  });
  const unused = meta({
    id: 'identity-unused',
    title: 'An identity was not used for a long time',
    severity: 'low',
    about: 'identity',
    identityFields: ['identity_id'],
    needs: ['identity@aws', 'credential@aws'],
    controls: ['owasp-nhi-2025:NHI1:2025', 'nist-csf-2.0:ID.AM-08'],
    why: 'It is a way in that no one watches.',
    fix: 'Disable it, wait, delete it.',
  });
  const reuse = meta({
    id: 'credential-reused',
    title: 'One credential is used in several workloads',
    severity: 'medium',
    controls: ['owasp-nhi-2025:NHI9:2025', 'nist-csf-2.0:DE.AE-03'],
    why: 'Taking it from one takes it from all.',
    fix: 'Give each workload its own.',
  });
  const interactive = meta({
    id: 'human-uses-machine-identity',
    title: 'A person works as a machine identity',
    severity: 'medium',
    about: 'usage',
    needs: ['usage@gateway'],
    controls: ['owasp-nhi-2025:NHI10:2025', 'nist-csf-2.0:DE.CM-03'],
    why: 'What is done cannot be told apart from the job.',
    fix: 'Use a personal role.',
  });
  const results: CheckWithMeta[] = [
    { meta: leaked, rule: leaked.id, outcome: 'fail', population: 5, findings: 2, excepted: 0 },
    { meta: ownerless, rule: ownerless.id, outcome: 'fail', population: 4, findings: 1, excepted: 0 },
    { meta: unused, rule: unused.id, outcome: 'fail', population: 4, findings: 1, excepted: 1 },
    { meta: reuse, rule: reuse.id, outcome: 'pass', population: 5, findings: 0, excepted: 0 },
    {
      meta: interactive,
      rule: interactive.id,
      outcome: 'not-assessed',
      reason: 'Gateway sessions were not collected: give an export of hoop sessions.',
      population: 0,
      findings: 0,
      excepted: 0,
    },
  ];
  return results;
}

function seen(observation: string, summary: string, at: Evidence['at']): Evidence {
  return { observation, kind: 'sighting', summary, ...(at === undefined ? {} : { at }) };
}

function sampleFindings(): Finding[] {
  const common = {
    confidence: 'high',
    persona: 'security',
    firstSeen: `${DAY}T02:00:00.000Z`,
    lastSeen: `${DAY}T02:00:00.000Z`,
  } as const;
  const user = 'aws:123456789012:user/ci-deploy';
  return [
    {
      ...common,
      fingerprint: 'a1'.repeat(16),
      rule: 'leaked-key-is-admin',
      title: 'A leaked key belongs to an identity that is effectively admin',
      message:
        'Access key AKIA…DEPLOY of ci-deploy is printed in a notebook output and copied to 2 other places; ci-deploy may do everything.',
      severity: 'critical',
      status: 'new',
      identity: user,
      credential: 'aws:access-key/AKIA0HARBOUR0DEPLOY0',
      subject: user,
      controls: [
        'owasp-nhi-2025:NHI2:2025',
        'owasp-nhi-2025:NHI5:2025',
        'nist-csf-2.0:PR.AA-01',
        'nist-csf-2.0:PR.AA-05',
        'csa-maestro:L4',
      ],
      evidence: [
        seen('s1', 'seen in notebooks/churn.ipynb cell 3 output', {
          repository: 'harbour/analytics',
          path: 'notebooks/churn.ipynb',
          line: 41,
          column: 14,
          endLine: 41,
          endColumn: 34,
          cell: 3,
          part: 'output',
          atHead: true,
        }),
        seen('s2', 'seen in .github/workflows/deploy.yml', {
          repository: 'harbour/shop',
          path: '.github/workflows/deploy.yml',
          line: 14,
          column: 30,
          endLine: 14,
          endColumn: 50,
          atHead: true,
        }),
        seen('s3', 'seen in deploy.sh of an old commit', {
          repository: 'harbour/shop',
          path: 'scripts/deploy now.sh',
          line: 3,
          column: 8,
          endLine: 5,
          endColumn: 2,
          commit: '1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d',
          author: 'Jo Quay <jo@harbour.example>',
          date: '2024-03-02T10:11:12.000Z',
          atHead: false,
        }),
        {
          observation: 'g1',
          kind: 'grant',
          summary: 'AdministratorAccess attached to ci-deploy',
          at: { path: 'exports/aws-auth.json', pointer: 'UserDetailList[2]' },
        },
      ],
      surfaces: ['work-tree', 'history', 'notebook', 'aws'],
      fix: 'Deactivate AKIA…DEPLOY, then replace it by a role that the job assumes.',
      detail: { places: 3, capability: 'admin' },
    },
    {
      ...common,
      fingerprint: 'b2'.repeat(16),
      rule: 'leaked-key-is-admin',
      title: 'A leaked key belongs to an identity that is effectively admin',
      message: 'A second key of ci-deploy stands in config/settings.py.',
      severity: 'critical',
      status: 'open',
      identity: user,
      credential: 'aws:access-key/AKIA0HARBOUR0SECOND0',
      subject: user,
      controls: ['owasp-nhi-2025:NHI2:2025'],
      evidence: [
        seen('s4', 'seen in config/settings.py', {
          repository: 'harbour/shop',
          path: 'config/settings.py',
          line: 88,
          atHead: true,
        }),
      ],
      surfaces: ['work-tree'],
      fix: 'Deactivate AKIA…SECOND.',
    },
    {
      ...common,
      fingerprint: 'c3'.repeat(16),
      rule: 'owner-left',
      title: 'The owner of an identity has left',
      message: 'jo@harbour.example, owner of ci-deploy, left on 2025-11-30.',
      severity: 'high',
      status: 'new',
      identity: user,
      subject: user,
      controls: ['owasp-nhi-2025:NHI1:2025', 'nist-csf-2.0:GV.RR-04', 'nist-csf-2.0:PR.AA-05'],
      // Nothing here has a file: the roster came from a live directory.
      evidence: [
        { observation: 'p1', kind: 'person', summary: 'jo@harbour.example left on 2025-11-30', at: { pointer: 'people/jo' } },
      ],
      surfaces: ['people'],
      fix: 'Name a new owner of ci-deploy.',
    },
    {
      ...common,
      fingerprint: 'd4'.repeat(16),
      rule: 'identity-unused',
      title: 'An identity was not used for a long time',
      message: 'legacy-etl was last used on 2025-01-09.',
      severity: 'low',
      status: 'open',
      identity: 'gcp:hc-prod:serviceAccount/legacy-etl@hc-prod.iam.gserviceaccount.com',
      subject: 'gcp:hc-prod:serviceAccount/legacy-etl@hc-prod.iam.gserviceaccount.com',
      controls: ['owasp-nhi-2025:NHI1:2025', 'nist-csf-2.0:ID.AM-08'],
      evidence: [
        {
          observation: 'i2',
          kind: 'identity',
          summary: 'listed in the export',
          at: { path: 'exports/gcp-accounts.json', pointer: 'accounts[4]' },
        },
      ],
      surfaces: ['gcp'],
      fix: 'Disable legacy-etl.',
    },
    {
      ...common,
      fingerprint: 'e5'.repeat(16),
      rule: 'identity-unused',
      title: 'An identity was not used for a long time',
      message: 'break-glass was last used on 2024-07-01.',
      severity: 'low',
      status: 'excepted',
      identity: 'aws:123456789012:user/break-glass',
      subject: 'aws:123456789012:user/break-glass',
      controls: ['owasp-nhi-2025:NHI1:2025'],
      evidence: [],
      surfaces: ['aws'],
      fix: 'Disable break-glass.',
    },
    {
      ...common,
      fingerprint: 'f6'.repeat(16),
      rule: 'credential-reused',
      title: 'One credential is used in several workloads',
      message: 'The registry token was used by 2 jobs.',
      severity: 'medium',
      status: 'fixed',
      credential: `secret:${'9f'.repeat(32)}`,
      subject: 'npm_…(40)',
      controls: ['owasp-nhi-2025:NHI9:2025'],
      evidence: [],
      surfaces: [],
      fix: 'Give each job its own token.',
    },
  ];
}

function sampleIdentities(): IdentityView[] {
  return [
    {
      id: 'aws:123456789012:user/ci-deploy',
      provider: 'aws',
      type: 'user',
      name: 'ci-deploy',
      scope: '123456789012',
      environment: 'prod',
      owner: 'jo@harbour.example',
      ownership: 'owner-left',
      enabled: true,
      createdAt: '2022-05-01T00:00:00.000Z',
      lastUsedAt: '2026-03-11T23:10:00.000Z',
      credentials: 2,
      sightings: 4,
      consumers: 1,
      capabilities: ['admin'],
      sessions: 7,
      findings: 3,
      worst: 'critical',
    },
    {
      id: 'gcp:hc-prod:serviceAccount/legacy-etl@hc-prod.iam.gserviceaccount.com',
      provider: 'gcp',
      type: 'serviceAccount',
      name: 'legacy-etl@hc-prod.iam.gserviceaccount.com',
      scope: 'hc-prod',
      ownership: 'unowned',
      enabled: true,
      lastUsedAt: '2025-01-09T00:00:00.000Z',
      credentials: 1,
      sightings: 0,
      consumers: 0,
      capabilities: ['reads-data', 'writes-data'],
      sessions: 0,
      findings: 1,
      worst: 'low',
    },
    {
      id: 'aws:123456789012:user/break-glass',
      provider: 'aws',
      type: 'user',
      name: 'break-glass',
      scope: '123456789012',
      owner: 'kim@harbour.example',
      ownership: 'owned',
      credentials: 1,
      sightings: 0,
      consumers: 0,
      capabilities: ['admin'],
      sessions: 0,
      findings: 0,
    },
    {
      id: 'k8s:prod-eu:shop/checkout',
      provider: 'k8s',
      type: 'service-account',
      name: 'shop/checkout',
      scope: 'prod-eu',
      ownership: 'owned',
      owner: 'shop-team',
      credentials: 0,
      sightings: 0,
      consumers: 1,
      capabilities: [],
      sessions: 0,
      findings: 0,
    },
  ];
}

function sampleCoverage(): CoverageObservation[] {
  return [
    {
      kind: 'coverage',
      surface: 'work-tree',
      subject: 'harbour/shop',
      outcome: 'complete',
      covers: ['sighting'],
      seen: 316,
      read: 312,
      skipped: 4,
      failed: 0,
    },
    {
      kind: 'coverage',
      surface: 'history',
      subject: 'harbour/shop',
      outcome: 'complete',
      covers: ['sighting'],
      seen: 1204,
      read: 1204,
      skipped: 0,
      failed: 0,
    },
    {
      kind: 'coverage',
      surface: 'notebook',
      subject: 'notebooks/churn.ipynb',
      outcome: 'complete',
      covers: ['sighting'],
      seen: 1,
      read: 1,
    },
    {
      kind: 'coverage',
      surface: 'aws',
      subject: 'authorization details',
      outcome: 'complete',
      covers: ['identity', 'grant', 'credential'],
      seen: 40,
      read: 40,
    },
    { kind: 'coverage', surface: 'people', subject: 'roster.csv', outcome: 'complete', covers: ['person'], seen: 61, read: 61 },
  ];
}
