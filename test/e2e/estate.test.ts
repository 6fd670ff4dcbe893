import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEstate, type Estate } from '../../samples/build.ts';
import { readExpected } from '../../samples/expected.ts';
import { REPORTER_IDS } from '../../src/registry.ts';
import { type CliResult, cli } from '../helpers/cli.ts';
import {
  cyclonedxSchema,
  gitlabCodeQualitySchema,
  gitlabSecretDetectionSchema,
  ocsfSchema,
  opengraphSchema,
  oscalSchema,
  sarifSchema,
} from '../helpers/schemas.ts';

const FORMATS = { json: 'json', sarif: 'sarif', csv: 'csv', markdown: 'md', terminal: 'txt' } as const;

/** Stands in the statement of a session and in the log of a database, as what was looked for. */
const DATA_SUBJECT = 'linnea.berg@';

interface JsonReport {
  readonly findings: readonly {
    readonly rule: string;
    readonly severity: string;
    readonly message: string;
    readonly identity?: string;
    readonly credential?: string;
    readonly controls: readonly unknown[];
    readonly evidence: readonly unknown[];
  }[];
  readonly controls: readonly {
    readonly framework: string;
    readonly control: string;
    readonly outcome: string;
    readonly reason: string;
    readonly rules: readonly unknown[];
    readonly sources: readonly { readonly outcome: string }[];
  }[];
  readonly checks: readonly {
    readonly rule: string;
    readonly outcome: string;
    readonly reason?: string;
    readonly needs: readonly string[];
  }[];
  readonly declaredAbsent?: readonly { readonly surface: string; readonly state: string; readonly why?: string }[];
  readonly identities: readonly { readonly id: string; readonly sessions?: number }[];
}

describe('the sample estate, end to end', function () {
  this.timeout(120_000);
  let root: string;
  let estate: Estate;
  let store: string;
  let first: CliResult;
  const reports = new Map<string, string>();
  let report: JsonReport;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'nhi-e2e-'));
    estate = await buildEstate(join(root, 'estate'));
    store = join(root, 'audit.duckdb');
    first = await scan('first', ['--store', store]);
    report = JSON.parse(reports.get('first.json') ?? '') as JsonReport;
  });

  after(() => rmSync(root, { recursive: true, force: true }));

  async function scan(name: string, more: readonly string[], targets: readonly string[] = estate.targets): Promise<CliResult> {
    const outputs = Object.entries(FORMATS).flatMap(([id, extension]) => ['-o', `${id}=${join(root, `${name}.${extension}`)}`]);
    const result = await cli(['scan', ...targets, '--config', estate.config, '-f', 'json', ...outputs, ...more], {
      cwd: root,
      env: { NHI_AUDIT_NOW: estate.clock },
    });
    for (const extension of Object.values(FORMATS)) {
      reports.set(`${name}.${extension}`, readFileSync(join(root, `${name}.${extension}`), 'utf8'));
    }
    return result;
  }

  it('counts the sessions of the run itself in its report', () => {
    const [loader] = report.identities.filter(({ id }) => id.endsWith('features:role/feature_loader'));

    assert.equal(loader?.sessions, 22);
  });

  it('finds what is planted and ends with exit code 1', () => {
    assert.equal(first.code, 1, first.stderr);
    assert.equal(first.stdout, reports.get('first.json'));
  });

  it('tells the story of the leaked key in one finding', () => {
    const star = report.findings.filter((finding) => finding.rule === 'leaked-key-used-around-gateway');

    assert.deepEqual(
      star.map((finding) => [finding.severity, finding.identity]),
      [['critical', 'aws:219484930172:user/ml-batch']],
    );
    const text = JSON.stringify(star[0]);
    for (const part of ['notebooks/churn.ipynb', '.github/workflows/train.yml', 'scripts/sync-models.sh', 'NHI2:2025', 'PR.']) {
      assert.ok(text.includes(part), `${part} is not in the finding`);
    }
  });

  it('judges the rules of the gateway: one connection is not masked, all else is in order', () => {
    const outcome = (rule: string) => report.checks.find((check) => check.rule === rule)?.outcome;
    const unmasked = report.findings.filter(({ rule }) => rule === 'masking-absent');

    assert.deepEqual(
      ['masking-absent', 'masking-list-incomplete', 'destructive-command-not-blocked', 'access-control-off'].map(outcome),
      ['fail', 'pass', 'pass', 'pass'],
    );
    assert.deepEqual(
      unmasked.map(({ message }) => message),
      ['pg-orders-prod holds personal data (pii), and no rule masks anything there.'],
    );
  });

  it('puts every secret that is planted into no report, no store and no message', () => {
    assert.ok(estate.planted.length >= 10, `only ${estate.planted.length} planted`);
    const places = new Map<string, Buffer>([
      ['stdout', Buffer.from(first.stdout)],
      ['stderr', Buffer.from(first.stderr)],
      ['store', readFileSync(store)],
      ...[...reports].map(([name, text]): [string, Buffer] => [name, Buffer.from(text)]),
    ]);
    for (const secret of estate.planted) {
      const forms = [secret.value, ...secret.encoded, JSON.stringify(secret.value).slice(1, -1)];
      for (const [place, bytes] of places) {
        for (const form of forms) assert.equal(bytes.includes(form), false, `${secret.name} is in ${place}`);
      }
    }
  });

  it('says everything that an audit of the estate must say', async () => {
    const { hits } = await readExpected();

    const missing = hits.filter(
      (hit) => !report.findings.some((finding) => isAbout(finding, hit) && hit.nhi.some((id) => mapsTo(finding, id))),
    );

    assert.deepEqual(
      missing.map((hit) => `${hit.what} (${hit.identity ?? hit.credential ?? hit.session ?? hit.where?.join(' ')})`),
      [],
    );
  });

  it('keeps silent about what is in order', async () => {
    const { silent } = await readExpected();

    const wrong = silent.flatMap((item) =>
      report.findings
        .filter(
          (finding) =>
            isAbout(finding, item) &&
            (item.not === undefined || item.not.some((matter) => mapsTo(finding, matter) || finding.rule.includes(matter))),
        )
        .map((finding) => `${finding.rule}: ${item.what}`),
    );

    assert.deepEqual(wrong, []);
  });

  interface About {
    readonly identity?: string | undefined;
    readonly credential?: string | undefined;
    readonly session?: string | undefined;
    readonly where?: readonly [string, string] | undefined;
  }

  function isAbout(finding: JsonReport['findings'][number], item: About): boolean {
    const text = JSON.stringify(finding);
    if (item.identity !== undefined) return finding.identity === item.identity || text.includes(item.identity);
    if (item.credential !== undefined) return text.includes(item.credential);
    if (item.session !== undefined) return text.includes(item.session);
    return item.where !== undefined && text.includes(item.where[1]);
  }

  function mapsTo(finding: JsonReport['findings'][number], control: string): boolean {
    return JSON.stringify(finding.controls).includes(`:${control}"`) || JSON.stringify(finding.controls).includes(`"${control}"`);
  }

  it('shows fail and not assessed, and lets no control pass of which a check found something', () => {
    const outcomes = new Set(report.controls.map((control) => control.outcome));

    for (const outcome of ['fail', 'not-assessed']) assert.ok(outcomes.has(outcome), `no control is ${outcome}`);
    assert.ok(
      report.checks.some((check) => check.outcome === 'pass'),
      'no check is pass',
    );
    const nhi = report.controls.filter((control) => control.framework === 'owasp-nhi-2025');
    assert.equal(nhi.length, 10);
  });

  describe('by the same input and clock, in any directory, time zone and locale', () => {
    const PLACES = [
      { name: 'here', env: { TZ: 'America/St_Johns', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' } },
      { name: 'there', env: { TZ: 'Asia/Kolkata', LANG: 'tr_TR.UTF-8', LC_ALL: 'C' } },
    ];

    /** Runs a command in each place, with a report in every format there is; gives the bytes of one place against the other. */
    async function compare(args: readonly string[], code: number): Promise<void> {
      const outputs = REPORTER_IDS.flatMap((id) => ['-o', `${id}=report.${id}`]);
      for (const { name, env } of PLACES) {
        mkdirSync(join(root, name), { recursive: true });
        const result = await cli([...args, ...outputs], {
          cwd: join(root, name),
          env: { ...env, NHI_AUDIT_NOW: estate.clock, NHI_AUDIT_FINGERPRINT_KEY: 'the same key for both runs, 32+ characters' },
        });
        assert.equal(result.code, code, result.stderr);
      }
      const [here, there] = PLACES.map(({ name }) => join(root, name)) as [string, string];
      for (const id of REPORTER_IDS) {
        const bytes = readFileSync(join(here, `report.${id}`));
        assert.ok(bytes.length > 100, id);
        assert.ok(bytes.equals(readFileSync(join(there, `report.${id}`))), `${id} differs`);
      }
    }

    it('a scan gives the same bytes, in every format', async () => {
      await compare(['scan', ...estate.targets], 1);
    });

    it('what they give is valid by the schema of each format', async () => {
      const read = (id: string): string => readFileSync(join(root, 'here', `report.${id}`), 'utf8');
      const isEvent = await ocsfSchema();
      const schemas = {
        sarif: await sarifSchema(),
        oscal: await oscalSchema(),
        cyclonedx: await cyclonedxSchema(),
        opengraph: await opengraphSchema(),
        'gitlab-secret-detection': gitlabSecretDetectionSchema(),
        'gitlab-code-quality': gitlabCodeQualitySchema(),
      };

      for (const [id, validate] of Object.entries(schemas)) {
        assert.ok(validate(JSON.parse(read(id))), `${id}: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
      }
      const events = read('ocsf').trimEnd().split('\n');
      for (const line of events) assert.ok(isEvent(JSON.parse(line)), `${line}\n${JSON.stringify(isEvent.errors?.slice(-3))}`);
      const classes = new Set(events.map((line) => (JSON.parse(line) as { class_uid: number }).class_uid));
      assert.deepEqual([...classes].sort(), [2003, 2004, 2008, 6007]);
    });

    it('the report of a stored run gives the same bytes, in every format', async () => {
      await compare(['report', '--store', store], 0);
    });
  });

  it('reports a stored run again, in the same words', async () => {
    const again = await cli(['report', '--store', store, '-f', 'json'], { cwd: root });

    assert.equal(again.code, 0, again.stderr);
    const told = JSON.parse(again.stdout) as JsonReport;
    assert.deepEqual(told.findings, report.findings);
    assert.deepEqual(told.declaredAbsent, report.declaredAbsent);
    assert.deepEqual(told.controls, report.controls);
  });

  describe('what Harbour Coffee declares absent', () => {
    const outcomesOf = (surface: string): ReadonlySet<string> =>
      new Set(
        report.checks.flatMap(({ needs, outcome }) =>
          needs.some((need) => !need.includes('|') && need.endsWith(`@${surface}`)) ? [outcome] : [],
        ),
      );

    it('is believed where nothing of it was observed, and contradicted by a mapping of the gateway', () => {
      assert.deepEqual(
        report.declaredAbsent?.map(({ surface, state }) => [surface, state]),
        [
          ['okta', 'believed'],
          ['google-workspace', 'believed'],
          ['spire', 'contradicted'],
        ],
      );
      assert.match(
        report.declaredAbsent?.[2]?.why ?? '',
        /^1 SPIFFE ID that the gateway knows was observed \(spiffe:\/\/harbour-coffee\.example\/ns\/gateway\/sa\/hoop-agent\)$/,
      );
    });

    it('makes the checks of what is believed not applicable, and leaves all others not assessed', () => {
      for (const surface of ['okta', 'google-workspace']) assert.deepEqual([...outcomesOf(surface)], ['not-applicable'], surface);
      for (const surface of ['spire', 'agent-config']) assert.ok(outcomesOf(surface).has('not-assessed'), surface);
      const token = report.checks.find(({ rule }) => rule === 'okta-token-unrotated');
      assert.equal(token?.reason, 'declared absent: Okta (everybody signs in with Entra ID; by security@harbour-coffee.example)');
    });

    it('is told by every report, with who says so', () => {
      for (const name of ['first.txt', 'first.md']) {
        const text = (reports.get(name) ?? '').replace(/\s+/g, ' ');

        assert.match(text, /[Dd]eclared absent:? Okta: everybody signs in with Entra ID \(by security@/, name);
        assert.match(text, /[Nn]ot believed:? SPIRE: declared absent \(by platform@.*?\), but 1 SPIFFE ID/, name);
      }
      assert.match(
        report.controls.find(({ control }) => control === 'NHI3:2025')?.reason ?? '',
        /; 4 not applicable: declared absent \(Okta and Google Workspace\)\.$/,
      );
    });
  });

  describe('the control tables of a framework', () => {
    const FRAMEWORKS = ['owasp-nhi-2025', 'nist-csf-2.0', 'pci-dss-4.0.1'] as const;
    let audit: string;
    let text: string;
    let controls: JsonReport['controls'];

    before(async () => {
      const named = FRAMEWORKS.flatMap((id) => ['--framework', id]);
      const outputs = ['-o', `audit=${join(root, 'audit.md')}`, '-o', `json=${join(root, 'audit.json')}`];
      const result = await cli(['report', '--store', store, ...named, ...outputs], { cwd: root });
      assert.equal(result.code, 0, result.stderr);
      text = result.stdout;
      audit = readFileSync(join(root, 'audit.md'), 'utf8');
      controls = (JSON.parse(readFileSync(join(root, 'audit.json'), 'utf8')) as JsonReport).controls;
    });

    for (const id of FRAMEWORKS) {
      it(`have pass, fail, partial and not assessed by source: ${id}`, () => {
        const outcomes = new Set(
          controls.flatMap(({ framework, sources }) => (framework === id ? sources.map(({ outcome }) => outcome) : [])),
        );

        for (const outcome of ['pass', 'fail', 'partial', 'not-assessed']) assert.ok(outcomes.has(outcome), outcome);
      });
    }

    it('show the same in the words of the audit report and of the terminal', () => {
      const tables = [...audit.matchAll(/\*\*By source\*\*\n\n((?:\|.*\n)+)/g)].map(([, rows = '']) => rows);
      assert.equal(tables.length, FRAMEWORKS.length);
      for (const rows of tables)
        for (const word of ['[fail ', '[pass]', '[partial', '[not assessed]']) assert.ok(rows.includes(word), word);
      for (const says of ['fails at', 'passes at', 'partial at', 'not assessed at']) assert.ok(text.includes(says), says);
    });

    it('lead from every row of a check and of a source to evidence', () => {
      const anchors = new Set([...audit.matchAll(/<a id="([^"]+)">/g)].map(([, anchor]) => anchor));
      const section = audit.slice(audit.indexOf('\n## 3.'), audit.indexOf('\n## 4.'));
      const rows = [...section.matchAll(/^#### .*\n\n((?:\|.*\n)+)\n((?:\|.*\n)+)/gm)].flatMap(([, ...tables]) =>
        tables.flatMap((table) => table.trim().split('\n').slice(2)),
      );

      const wanted = controls.reduce((sum, { rules, sources }) => sum + rules.length + sources.length, 0);
      assert.equal(rows.length, wanted);
      const lost = rows.filter((row) => {
        const links = [...(row.split(' | ').at(-1) ?? '').matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link);
        return links.length === 0 || links.some((link) => !anchors.has(link));
      });
      assert.deepEqual(lost, []);
    });
  });

  it('keeps the store for its owner alone', () => {
    if (process.platform !== 'win32') assert.equal(statSync(store).mode & 0o777, 0o600);
  });

  it('says on the second run what is still open, and reads no export again', async () => {
    const second = await scan('second', ['--store', store, '--new-only']);

    const later = JSON.parse(second.stdout) as JsonReport;
    assert.equal(second.code, 0, second.stderr);
    assert.deepEqual(later.findings, []);

    // What was imported before can be compared now: that logs are kept as they were is a control that passes as a whole.
    const pci = await cli(['report', '--store', store, '--framework', 'pci-dss-4.0.1', '-f', 'json'], { cwd: root });
    const outcomes = (JSON.parse(pci.stdout) as JsonReport).controls.map(({ control, outcome }) => [outcome, control]);
    assert.deepEqual([...new Set(outcomes.map(([outcome]) => outcome))].sort(), ['fail', 'not-assessed', 'partial', 'pass']);
    assert.deepEqual(
      outcomes.filter(([outcome]) => outcome === 'pass'),
      [['pass', '10.3.4']],
    );
  });

  it('says fixed only of what was looked at again', async () => {
    const { duckdb, closed } = await copyOfStore();
    const narrow = await cli(['scan', estate.exports, '--store', duckdb, '-f', 'json'], {
      cwd: root,
      env: { NHI_AUDIT_NOW: estate.clock },
    });

    const statuses = await cli([
      'query',
      'SELECT status, count(*) AS n FROM current_findings GROUP BY 1 ORDER BY 1',
      '--store',
      duckdb,
      '-f',
      'json',
    ]);
    closed();

    assert.ok(narrow.code === 0 || narrow.code === 1, narrow.stderr);
    const byStatus = Object.fromEntries(
      (JSON.parse(statuses.stdout) as { status: string; n: number }[]).map((row) => [row.status, row.n]),
    );
    assert.ok((byStatus['not-observed'] ?? 0) > 0, JSON.stringify(byStatus));
    assert.equal(byStatus.fixed, undefined, JSON.stringify(byStatus));
  });

  async function copyOfStore(): Promise<{ duckdb: string; closed: () => void }> {
    const { cpSync } = await import('node:fs');
    const duckdb = join(root, 'copy.duckdb');
    cpSync(store, duckdb);
    cpSync(`${store}.key`, `${duckdb}.key`);
    return { duckdb, closed: () => rmSync(duckdb, { force: true }) };
  }

  it('traces the key from its id through owner, reach and use', async () => {
    const id = estate.planted.find((planted) => planted.name === 'aws.ml-batch.secret')?.publicId ?? '';
    assert.match(id, /^AKIA[A-Z2-7]{16}$/);

    const trace = await cli(['trace', id, '--store', store], { cwd: root });

    assert.equal(trace.code, 0, trace.stderr);
    for (const part of [
      'notebooks/churn.ipynb',
      'cell 2 output',
      '.github/workflows/train.yml',
      'scripts/sync-models.sh',
      'gone from HEAD',
      'aws:219484930172:user/ml-batch',
      'admin',
      'iam:AttachUserPolicy',
      'mara.lindqvist@harbour-coffee.example',
      'left 2026-06-30',
      'nightly-train',
      'AROUND the gateway',
      '2026-11-17T03:12:00Z',
      'leaked-key-used-around-gateway',
      'NHI2:2025',
    ]) {
      assert.ok(trace.stdout.includes(part), `${part} is not in the trace:\n${trace.stdout}`);
    }
  });

  describe('who touched personal data on 12 March?', () => {
    const RIGHT = '41af10d8-45ac-54e6-ae96-20267f4b07d9';
    const HARMLESS = '36a28d1a-d3bc-5f97-8fb9-d5e412ebef38';
    const SHARED = ['7f559f64-8101-51d1-874b-e6e0a21df5e8', '92bf4817-1b77-5a80-a79e-9acec4c8c567'];
    const who = async (...more: readonly string[]): Promise<CliResult> =>
      await cli(['who', '--target', 'pg-features-prod', '--on', '2026-03-12', '--store', store, ...more], { cwd: root });
    let answer: {
      readonly verdict: string;
      readonly uses: readonly {
        readonly evidence: string;
        readonly job: string | null;
        readonly actor: string;
        readonly approval: string;
        readonly masked: boolean | null;
        readonly infoTypes: readonly string[];
        readonly answerable: boolean;
        readonly reasons: readonly string[];
        readonly statement: string | null;
      }[];
    };
    before(async () => {
      answer = JSON.parse((await who('-f', 'json')).stdout);
    });

    it('answers with the job, approved and masked', () => {
      const [right] = answer.uses.filter(({ evidence }) => evidence === RIGHT);

      assert.equal(right?.job, 'gha-9931-features');
      assert.equal(right?.actor, 'nightly-features');
      assert.deepEqual([right?.approval, right?.masked, right?.infoTypes], ['approved', true, ['EMAIL_ADDRESS']]);
      assert.equal(right?.answerable, true);
    });

    it('says of the rows of the shared account that they cannot be put down to one job, and why', () => {
      const open = answer.uses.filter(({ answerable }) => !answerable);

      assert.equal(answer.verdict, 'in-part');
      assert.deepEqual(open.map(({ evidence }) => evidence).sort(), [...SHARED].sort());
      for (const { job, reasons } of open) {
        assert.equal(job, null);
        assert.match(reasons.join(), /etl-runner serves 5 workloads .*names no job/);
      }
    });

    it('tells the session without personal data apart', () => {
      const [harmless] = answer.uses.filter(({ evidence }) => evidence === HARMLESS);

      assert.equal(harmless?.answerable, true);
      assert.deepEqual(harmless?.infoTypes, []);
    });

    it('prints statements only when asked to, and never their values', async () => {
      const plain = [(await who()).stdout, (await who('-f', 'csv')).stdout].join('\n');
      const asked = (await who('--include-statements', '-f', 'json')).stdout;

      assert.ok(answer.uses.every(({ statement }) => statement === null));
      assert.ok(!plain.includes('SELECT id, email'));
      assert.ok(asked.includes('SELECT id, email FROM crm.contacts WHERE email <> ?'));
      assert.ok(!asked.includes(DATA_SUBJECT));
    });
  });

  describe('used around the gateway', () => {
    const AROUND = 'account-used-around-gateway';
    let uses: readonly { readonly at: string; readonly source_ip: string; readonly why_not: string | null }[];
    before(async () => {
      const sql = "SELECT strftime(used_at, '%m-%d %H:%M') AS at, source_ip, why_not FROM direct_uses";
      uses = JSON.parse((await cli(['query', sql, '--store', store, '-f', 'json'], { cwd: root })).stdout);
    });
    const whyNot = (at: string) => uses.filter((use) => use.at === at).map(({ why_not: why }) => why);

    it('finds the database account and the cloud key, each by the log of its target', () => {
      const found = report.findings.filter(({ rule }) => rule === AROUND);

      assert.deepEqual(found.map(({ identity }) => identity).sort(), [
        'aws:219484930172:user/ml-batch',
        'postgres:features.db.harbour-coffee.internal/features:role/feature_loader',
      ]);
      const text = JSON.stringify(found);
      for (const address of ['10.30.2.18', '203.0.113.77']) assert.ok(text.includes(address), address);
      for (const address of ['10.20.4.7', '10.20.4.9', '10.20.4.11']) assert.ok(!text.includes(address), address);
    });

    it('keeps silent about an agent, a clock that is behind, and the session of an issued credential', () => {
      assert.deepEqual(whyNot('11-12 06:15'), ["it came from an address of the gateway's agents"]);
      assert.deepEqual(whyNot('11-12 13:19'), ['a session was open']);
      assert.deepEqual(new Set(whyNot('11-18 06:01')), new Set(['a session was open']));
    });

    it('shows it to whoever asks for the connection', async () => {
      const { stdout } = await cli(['who', '--target', 'pg-features-prod', '--on', '2026-11-14', '--store', store], {
        cwd: root,
      });

      assert.match(stdout, /Cannot be answered: 0 of \d+ uses/);
      assert.match(stdout, /AROUND the gateway: no session of\s+pg-features-prod was\s+open/);
    });
  });

  it('puts no statement and no e-mail of a data subject into a report', () => {
    const statements = ['SELECT id, email', 'SELECT * FROM crm', 'LIMIT 500', 'GRANT ALL ON ALL', 'DELETE FROM'];

    for (const [name, text] of [...reports, ['stdout', first.stdout], ['stderr', first.stderr]] as const) {
      for (const statement of [...statements, DATA_SUBJECT]) assert.ok(!text.includes(statement), `${statement} is in ${name}`);
    }
    // The store keeps statements without their values, and of logs of targets none.
    assert.equal(readFileSync(store).includes(DATA_SUBJECT), false);
  });

  it('traces a secret from standard input by its fingerprint alone', async () => {
    const secret = estate.planted.find((planted) => planted.name === 'aws.ml-batch.secret')?.value ?? '';
    assert.equal(secret.length, 40);

    const trace = await cli(['trace', '-', '--store', store], { cwd: root, input: `${secret}\n` });

    assert.equal(trace.code, 0, trace.stderr);
    assert.ok(trace.stdout.includes('aws:219484930172:user/ml-batch'));
    assert.equal(trace.stdout.includes(secret), false);
  });

  it('passes nothing that rests on an export which is missing', async () => {
    const kept = new Map(report.checks.map(({ rule, outcome }) => [rule, outcome]));
    // Exports of different systems that no check needs together are taken away together: a scan is what costs here.
    for (const { files, missing, partial } of [
      {
        files: [
          'aws/account-authorization-details.json',
          'github/harbour-coffee__shop-web__keys.json',
          'hoop/sessions.json',
          'hoop/sessions-2026-03-12.json',
          'hoop/session-41af10d8-45ac-54e6-ae96-20267f4b07d9.json',
        ],
        missing: [
          'administrator-user',
          'escalates-to-admin',
          'trust-any-principal',
          'role-unused',
          'deploy-key-writable',
          'leaked-key-used-around-gateway',
        ],
        partial: [
          'ci-run-reaches-administrator',
          'non-production-becomes-production',
          'orphaned-identity',
          'account-shared-by-callers',
          'session-left-open',
        ],
      },
      {
        files: ['aws/credential-report.csv', 'aws/access-key-last-used.json', 'people/roster.csv', 'hoop/api-keys.json'],
        missing: [
          'root-access-key',
          'console-password-without-mfa',
          'leaked-key-used-around-gateway',
          'owner-left',
          'gateway-key-unused',
        ],
        partial: ['orphaned-identity'],
      },
      {
        files: ['postgres', 'entra'],
        missing: ['database-role-administers', 'database-password-md5'],
        partial: ['non-production-becomes-production', 'conflicting-owners'],
      },
    ] as const) {
      const exports = join(root, 'fewer', files[0].replaceAll('/', '-'));
      cpSync(estate.exports, exports, { recursive: true });
      for (const file of files) rmSync(join(exports, file), { recursive: true });

      const { stdout } = await cli(['scan', ...Object.values(estate.repositories), exports, '-f', 'json'], {
        cwd: root,
        env: { NHI_AUDIT_NOW: estate.clock },
      });

      const { checks } = JSON.parse(stdout) as JsonReport;
      const outcomes = new Map(checks.map(({ rule, outcome }) => [rule, outcome]));
      for (const rule of [...missing, ...partial]) assert.match(kept.get(rule) ?? '', /^(pass|fail)$/, rule);
      for (const rule of missing) assert.equal(outcomes.get(rule), 'not-assessed', `${rule} without ${files}`);
      for (const rule of partial) assert.equal(outcomes.get(rule), 'partial', `${rule} without ${files}`);
    }
  });

  it('turns checks to "not assessed" when what they need is not given', async () => {
    const partial = await cli(['scan', ...Object.values(estate.repositories), '-f', 'json'], {
      cwd: root,
      env: { NHI_AUDIT_NOW: estate.clock },
    });

    const checks = (JSON.parse(partial.stdout) as { checks: { rule: string; outcome: string; reason?: string }[] }).checks;
    const star = checks.find((check) => check.rule === 'leaked-key-used-around-gateway');
    assert.equal(star?.outcome, 'not-assessed');
    assert.match(star?.reason ?? '', /not collected/);
  });

  it('lists identities and findings, and answers SQL read-only', async () => {
    const identities = await cli(['identities', '--store', store, '--unowned'], { cwd: root });
    const findings = await cli(['findings', '--store', store, '--severity', 'critical', '-f', 'json'], { cwd: root });
    const query = await cli(['query', 'SELECT count(*) AS n FROM identities', '--store', store, '-f', 'csv'], { cwd: root });
    const write = await cli(['query', 'DROP TABLE findings', '--store', store], { cwd: root });
    const file = await cli(['query', "SELECT * FROM read_csv('/etc/hostname')", '--store', store], { cwd: root });

    assert.ok(identities.stdout.includes('aws:219484930172:user/ml-batch'));
    assert.ok((JSON.parse(findings.stdout) as { severity: string }[]).every((row) => row.severity === 'critical'));
    assert.match(query.stdout, /^n\r\n\d+\r\n$/);
    assert.deepEqual([write.code, file.code], [2, 2]);
    assert.equal((await cli(['findings', '--store', store, '-f', 'json'], { cwd: root })).code, 0);
  });
});
