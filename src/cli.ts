import { addAbortSignal } from 'node:stream';
import { isatty } from 'node:tty';
import { Argument, Command, CommanderError, Option } from 'commander';
import type { Io } from './io.ts';
import { codeOf, EXIT, type ExitCode, Interrupted, messageOf, NhiAuditError, OutputError } from './util/errors.ts';
import { wrap } from './util/layout.ts';
import { printable } from './util/sanitize.ts';
import { toolVersion } from './util/version.ts';

/** Conventional for a process that ended on SIGINT. */
const INTERRUPTED = 130;

/**
 * The allocator within DuckDB keeps what queries gave back for a second, in case it is wanted again: as long as all checks take.
 * Kept for a fifth of that, a scan of 2,000 workflows and manifests peaks at 280 MB. Given back at once it would be 250 MB, at
 * the price of a fifth of the processor time of the demo: the next query wants it again. Read when the engine is loaded:
 * https://jemalloc.net/jemalloc.3.html#opt.dirty_decay_ms
 */
const ALLOCATOR = { name: 'DUCKDB_JE_MALLOC_CONF', value: 'dirty_decay_ms:200,muzzy_decay_ms:0' };

/** Commands by what people come for, in the order of the help. A command of none of them stands by itself. */
const GROUPS: { readonly [heading: string]: readonly string[] } = {
  'Scan and report': ['scan', 'pr', 'report', 'notify', 'baseline', 'except', 'demo'],
  'Ask a store': ['trace', 'trim', 'who', 'sessions', 'identities', 'findings', 'diff', 'query'],
  'Evidence for an audit': ['evidence', 'pack', 'verify', 'export'],
  'Rules and set-up': ['rules', 'explain', 'init', 'doctor', 'completion'],
};

/** What `src/registry.ts` has, in the order of use: a test holds them together, for to load it takes longer than to help. */
const FORMATS =
  'terminal, html, json, sarif, csv, markdown, pull-request, audit, junit, gitlab-secret-detection, gitlab-code-quality, ocsf, oscal, cyclonedx, opengraph';

/** As below `rules/frameworks`: the same test. */
const FRAMEWORKS =
  'owasp-nhi-2025, nist-csf-2.0, csa-maestro, pci-dss-4.0.1, iso-27001-2022, soc-2, nist-800-53-r5, cis-controls-8.1, owasp-asi-2026, owasp-llm-2025';

/** Commands whose own text tells their exit codes. */
const OWN_EXITS: ReadonlySet<string> = new Set(['scan', 'pr', 'notify', 'pack', 'verify', 'doctor']);
const MORE_EXITS: { readonly [command: string]: string } = {
  who: ' 4 not whole, with --strict-coverage,',
  sessions: ' 4 not known, with --strict-coverage,',
  rules: ' 1 a rule does not hold (rules check),',
};

/**
 * argv to command to exit code. Only the text of the commands is here; what they do loads when one is called. Nothing
 * below this file ends the process.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const abort = new AbortController();
  const stop = (): void => {
    // A second Ctrl-C does not wait for the clean end.
    if (abort.signal.aborted) process.exit(INTERRUPTED);
    abort.abort(new Interrupted());
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.env[ALLOCATOR.name] ??= ALLOCATOR.value;
  const debug = argv.includes('--debug');
  const io = processIo(abort.signal, argv);
  try {
    return await dispatch(argv, io);
  } catch (error) {
    return report(error, io, debug, abort.signal.aborted);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  let exit: number = EXIT.clean;
  const program = buildProgram(io, (code) => {
    exit = code;
  });
  if (argv.length === 0) {
    program.outputHelp();
    return EXIT.clean;
  }
  await program.parseAsync([...argv], { from: 'user' });
  return exit;
}

/** Every command with its options: what they do is bound to `io`, and `end` gets the exit code. Also read by the test of the documents. */
export function buildProgram(io: Io, end: (code: number) => void): Command {
  const program = new Command('nhi-audit')
    .description('Finds and audits service accounts and every other non-human identity, offline.')
    .version(toolVersion(), '-V, --version')
    .option('--config <file>', 'configuration (default: nhi-audit.config.yml here)')
    .option('--quiet', 'no progress, no hints; nothing at all from a clean check of a change')
    .option('--debug', 'more on stderr, stack traces included')
    .option('--no-color', 'no colours (also: NO_COLOR)')
    .showHelpAfterError('(nhi-audit --help shows the commands)')
    .exitOverride()
    .configureOutput(outputOf(io))
    .configureHelp({
      helpWidth: helpWidth(io),
      sortSubcommands: false,
      showGlobalOptions: true,
      optionDescription: describeOption,
    })
    .addHelpText(
      'after',
      `
Examples:
  nhi-audit demo                                      the whole story on a sample company, no account needed
  nhi-audit scan .                                    this repository: files and the whole git history
  nhi-audit scan . ./exports --store audit.duckdb     with IAM and gateway exports; runs accumulate in the store
  nhi-audit scan --staged                             pre-commit: only what is staged
  nhi-audit scan --diff main...HEAD -o sarif=out.sarif
                                                      pull request: only what it brings
  nhi-audit trace AKIA… --store audit.duckdb          where seen, whose, what it reaches, who owns it, what it did

Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage or configuration, 3 nothing to scan,
4 incomplete coverage with --strict-coverage, 5 internal error, 6 store locked, 130 interrupted.`,
    );

  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .exitOverride()
      .configureOutput(outputOf(io))
      .showHelpAfterError(helpHint(name));
  const run =
    <A extends unknown[]>(action: (io: Io, ...args: A) => Promise<ExitCode | number>) =>
    async (...args: A): Promise<void> =>
      end(await action(io, ...args));
  const globals = (): { config?: string; quiet?: boolean; debug?: boolean } => program.opts();

  addReportOptions(command('scan', 'read targets, find what is wrong, report it'))
    .argument('[target...]', 'directories, files, live targets such as aws: or github:ORG, or - (default: the current directory)')
    .option('--store <file>', 'keep the run in this DuckDB file; runs accumulate')
    .option('--staged', 'only what is staged in git (pre-commit)')
    .option('--diff <range>', 'only what changed: A..B, A...B (since B left A) or A (up to the work tree), as in git diff')
    .option('--stdin', 'read standard input as one file, as the target - does')
    .option('--stdin-path <name>', 'what standard input is to be taken for: .env, notebook.ipynb')
    .option(
      '--rules <file>',
      'further rules: a gitleaks or Betterleaks pack (.toml), own detectors (.yml); repeatable',
      collectWhole,
      [],
    )
    .option('--no-history', 'leave out the git history')
    .option('--since <ref|date>', 'only history after this commit, tag or date')
    .option('--full', 'read everything anew, whatever the store knows of earlier runs')
    .option('--exclude <glob>', 'leave out paths (gitignore syntax); repeatable', collect, [])
    .option('--include-ignored', 'read what .gitignore leaves out, too (.env, node_modules/)')
    .option('--only <scanner>', 'only these scanners; repeatable or comma-separated', collect, [])
    .option('--skip <scanner>', 'all but these scanners; repeatable or comma-separated', collect, [])
    .option(
      '--fail-on <severity>',
      'exit 1 from this severity on: info, low, medium, high, critical, none (default: of the configuration, else high)',
    )
    .option('--verify', 'ask providers whether found credentials still work: contacts their hosts, and says which')
    .option('--exceptions <file>', 'accepted findings, with reason, owner and expiry (default: nhi-audit.exceptions.yml)')
    .option('--no-exceptions', 'report also what comments, ignore files and exceptions accept')
    .option('--strict-coverage', 'exit 4 when something could not be read')
    .option('--dry-run', 'print every read-only call that live targets would be asked, with the right it needs; contact nothing')
    .option('--no-exit-code', 'exit 0 even with findings')
    .addHelpText(
      'after',
      `
Examples:
  nhi-audit scan
  nhi-audit scan ./shop-web ./exports -o html=shop.html -o sarif=shop.sarif
  nhi-audit scan . -f terminal:full=1          every finding with its evidence, every control with its reason
  nhi-audit scan . --store audit.duckdb --new-only

Live targets, read only; cut off (Ctrl-C), the same command with --store goes on where it stopped:
  nhi-audit scan aws: --dry-run                which calls, which rights, what each tells
  nhi-audit doctor aws:                        are these rights there?
  nhi-audit scan aws:audit . --store audit.duckdb

Before a merge, with nothing kept:
  nhi-audit scan --staged                      pre-commit hook: what is about to be committed
  nhi-audit scan --diff origin/main...HEAD     pull request, pre-push: what the branch brings, commit by commit
  nhi-audit scan --diff HEAD                   what the work tree has changed since the last commit
  git diff | nhi-audit scan --stdin            any text
  kubectl get cm app -o yaml | nhi-audit scan --stdin-path app.yaml

Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage or configuration, 3 nothing to scan,
4 incomplete coverage with --strict-coverage, 5 internal error, 6 store locked, 130 interrupted.`,
    )
    .action(
      run(async (io_, targets: string[], options) =>
        (await import('./commands/scan.ts')).scanCommand(io_, targets, { ...options, ...globals() }),
      ),
    );

  addReportOptions(command('pr', 'in a pull request: what it brings, in one comment, a check run and code scanning'))
    .option('--report <file>', 'tell this JSON report of a scan already made, instead of scanning')
    .option('--repo <owner/repo>', 'by hand: the repository; in a job of GitHub Actions its event tells')
    .option('--pull <number>', 'by hand: the pull request')
    .option('--diff <range>', 'what it brings (default: BASE...HEAD of the pull request)')
    .option('--store <file>', 'keep the run in this DuckDB file; what was known before is then told from what is new')
    .option('--rules <file>', 'further rules, as for scan; repeatable', collectWhole, [])
    .option('--exclude <glob>', 'leave out paths (gitignore syntax); repeatable', collect, [])
    .option('--only <scanner>', 'only these scanners; repeatable or comma-separated', collect, [])
    .option('--skip <scanner>', 'all but these scanners; repeatable or comma-separated', collect, [])
    .option('--fail-on <severity>', 'exit 1 from this severity on: info, low, medium, high, critical, none')
    .option('--exceptions <file>', 'accepted findings, with reason, owner and expiry (default: nhi-audit.exceptions.yml)')
    .option('--no-exceptions', 'report also what comments, ignore files and exceptions accept')
    .option('--strict-coverage', 'exit 4 when something could not be read')
    .option('--no-exit-code', 'exit 0 even with findings')
    .option('--sarif', 'hand the findings in to code scanning, too')
    .option('--no-comment', 'leave out the comment')
    .option('--no-check', 'leave out the check run')
    .option('--name <name>', 'of the comment and the check run, where a pull request has several', 'nhi-audit')
    .option('--author <login>', 'who the token writes as; for the token of an app of your own: my-app[bot]')
    .option('--allow-pull-request-target', 'run on pull_request_target, which is refused otherwise')
    .addHelpText(
      'after',
      `
The token is taken from GITHUB_TOKEN, the address from GITHUB_API_URL. Rights of the job:
  permissions: { contents: read, pull-requests: write, checks: write }   (--sarif: security-events: write)
Where one is missing, as for pull requests from forks, the summary of the job has the text instead, and the log says which.
Commit by commit is read from the checkout (fetch-depth: 0), so a change may be of any size. docs/recipes/pre-merge.md
What leaves out or softens is taken from nhi-audit.config.yml as it is before the change, or from a file outside the checkout
(--config); what the change itself accepts stands first in the comment, and the check run is neutral then.

Examples:
  nhi-audit pr                                          in a job on: pull_request
  nhi-audit pr --sarif --fail-on critical
  GITHUB_TOKEN=$(gh auth token) nhi-audit pr --repo harbour/shop --pull 12

Exit codes: as for scan; what GitHub refuses changes nothing.`,
    )
    .action(
      run(async (io_, options) => (await import('./commands/pr.ts')).prCommand(io_, { history: true, ...options, ...globals() })),
    );

  command('notify', 'tell a channel, a program or a mailbox what changed since the run before, and nothing when nothing did')
    .requiredOption('--store <file>', 'the store')
    .option('--run <id>', 'which run (default: the newest)')
    .option('--slack-webhook-env <name>', 'environment variable with the address of an incoming webhook of Slack')
    .option('--slack-webhook-file <file>', 'the same from a file')
    .option('--webhook-env <name>', 'environment variable with the address of a webhook that takes JSON')
    .option('--webhook-file <file>', 'the same from a file')
    .option('--email-text', 'the text of an e-mail with its subject on standard output; contacts nobody')
    .option('--persona <who>', 'dev, security or auditor: who reads it')
    .option('--always', 'also when nothing changed')
    .addHelpText(
      'after',
      `
New findings, those open again or graver, fixed ones, what was not observed, and what could be read before and cannot now. It keeps no
memory of its own: called twice for the same run it tells twice.

Examples:
  nhi-audit notify --store audit.duckdb --slack-webhook-env SLACK_WEBHOOK_URL
  nhi-audit notify --store audit.duckdb --email-text | sendmail -t security@harbour.example

Exit codes: 0 told or nothing to tell, 2 the address is wrong or the far end refuses, 5 it does not answer.`,
    )
    .action(run(async (io_, options) => (await import('./commands/notify.ts')).notifyCommand(io_, { ...options, ...globals() })));

  addReportOptions(command('report', 'report a stored run again, offline'))
    .requiredOption('--store <file>', 'the store')
    .option('--run <id>', 'which run (default: the newest)')
    .addHelpText(
      'after',
      `
Examples:
  nhi-audit report --store audit.duckdb                                          the gravest in full, the rest in a line each
  nhi-audit report --store audit.duckdb -f terminal:full=1                       every finding with its evidence
  nhi-audit report --store audit.duckdb -o html=report.html                      as a page
  nhi-audit report --store audit.duckdb --framework nist-csf-2.0 -f markdown     controls of one framework`,
    )
    .action(run(async (io_, options) => (await import('./commands/report.ts')).reportCommand(io_, { ...options, ...globals() })));

  command('trace', 'one key or identity: where seen, whose, what it reaches, who owns it, what it did')
    .argument('<key>', 'key id, masked form, identity, ARN, name, owner or fingerprint; - reads a secret from standard input')
    .requiredOption('--store <file>', 'the store')
    .option('--run <id>', 'which run (default: the newest)')
    .option('-f, --format <format>', 'text or json', 'text')
    .addHelpText(
      'after',
      '\nExamples:\n  nhi-audit trace AKIAEXAMPLE --store audit.duckdb\n  nhi-audit trace aws:123456789012:user/ci-deploy --store audit.duckdb',
    )
    .action(
      run(async (io_, key: string, options) =>
        (await import('./commands/trace.ts')).traceCommand(io_, key, { ...options, ...globals() }),
      ),
    );

  command('trim', 'the rights of one identity cut down to what it used, as a policy to review')
    .argument('<identity>', 'identity, ARN, name or key id, as for trace')
    .requiredOption('--store <file>', 'the store')
    .option('--run <id>', 'which run (default: the newest)')
    .option('-f, --format <format>', 'text or json', 'text')
    .addHelpText(
      'after',
      `
It rests on what the provider remembers of use, or on a log that was read, and says how far back that reaches. Where it is
too short the result is inconclusive. Nothing is applied.

Examples:
  nhi-audit trim aws:123456789012:role/etl --store audit.duckdb
  nhi-audit trim k8s:prod:shop/checkout --store audit.duckdb -f json`,
    )
    .action(
      run(async (io_, identity: string, options) =>
        (await import('./commands/trim.ts')).trimCommand(io_, identity, { ...options, ...globals() }),
      ),
    );

  command('who', 'which job touched a target on a day, and whether that can be answered at all')
    .requiredOption('--target <name>', 'connection, account, service or table')
    .requiredOption(
      '--on <date>',
      'day in UTC (2026-03-12), days (2026-03-01..2026-03-12) or a time',
      (text: string, given: readonly string[] = []) => [...given, text],
    )
    .requiredOption('--store <file>', 'the store')
    .option('--run <id>', 'which run (default: the newest)')
    .option('--info-type <type>', 'only uses that touched it: PII for all personal data, or EMAIL_ADDRESS …')
    .option('--include-statements', 'print statements too, with ? for every value')
    .option('--strict-coverage', 'exit 4 unless the answer is whole')
    .option('-f, --format <format>', 'text, json or csv', 'text')
    .addHelpText(
      'after',
      `
Each use is named by its session or event id. A use that cannot be put down to one job or person is listed with the reason:
an account that several share, no correlation id, an unknown caller. "Answered" and "Nobody" are said only where every log that
could have seen the target was given of the whole time; with --strict-coverage all else is exit 4 (JSON: "verdict").

Examples:
  nhi-audit who --target pg-features-prod --on 2026-03-12 --store audit.duckdb
  nhi-audit who --target pg-orders-prod --on 2026-03-01..2026-03-31 --info-type PII --store audit.duckdb -f csv`,
    )
    .action(run(async (io_, options) => (await import('./commands/who.ts')).whoCommand(io_, { ...options, ...globals() })));

  addListOptions(command('sessions', 'sessions and other uses of a stored run, one a row'))
    .option('--identity <id>', 'of this account or caller: identity, ARN, name or key id')
    .option('--target <name>', 'of this connection, service or table')
    .option('--since <date>', 'from this day or time on')
    .option('--until <date>', 'to the end of this day')
    .option('--via <path>', 'gateway, cloud or direct')
    .option('--by-account', 'account by account: through the gateway, around it, or not known, and what that rests on')
    .option('--strict-coverage', 'with --by-account: exit 4 where it is not known of one')
    .option('--include-statements', 'print statements too, with ? for every value')
    .addHelpText(
      'after',
      `
Examples:
  nhi-audit sessions --identity ml-batch --since 2026-11-01 --store audit.duckdb
  nhi-audit sessions --by-account --store audit.duckdb            # did every machine identity go through the gateway?`,
    )
    .action(run(async (io_, options) => (await import('./commands/who.ts')).sessionsCommand(io_, { ...options, ...globals() })));

  addListOptions(command('identities', 'the machine identities of a stored run, one a row'))
    .option('--provider <name>', 'only of this provider')
    .option('--unowned', 'only those without a living owner')
    .option('--consumers', 'with everything that is set up to use each')
    .option('--orphaned', 'those that nobody needs: the evidence for and against, what breaks, and a plan to review')
    .addHelpText(
      'after',
      '\nExamples:\n  nhi-audit identities --store audit.duckdb --provider aws\n  nhi-audit identities --orphaned --store audit.duckdb',
    )
    .action(
      run(async (io_, options) => (await import('./commands/lists.ts')).identitiesCommand(io_, { ...options, ...globals() })),
    );

  addListOptions(command('findings', 'the findings of a stored run, one a row'))
    .option('--severity <severity>', 'at or above')
    .option('--rule <id>', 'only of this rule')
    .option('--identity <id>', 'only about this identity')
    .addHelpText('after', '\nExample:\n  nhi-audit findings --store audit.duckdb --severity high -f csv')
    .action(
      run(async (io_, options) => (await import('./commands/lists.ts')).findingsCommand(io_, { ...options, ...globals() })),
    );

  command('diff', 'what changed from one stored run to another: findings, coverage, identities')
    .argument('<run>', 'newest, previous, a day (2026-11-01), a run id or the beginning of one')
    .argument('<run>', 'the other one; the earlier is always compared with the later')
    .requiredOption('--store <file>', 'the store')
    .addOption(new Option('-f, --format <format>', 'how').choices(['text', 'json', 'csv']).default('text'))
    .addHelpText(
      'after',
      `
New, reopened, more or less severe, accepted, not observed (gone, and nothing looked again) and fixed. Where rules, options
or targets of the two differ it says so: a finding may then be new or gone because of that.

Examples:
  nhi-audit diff previous newest --store audit.duckdb
  nhi-audit diff 2026-10-01 newest --store audit.duckdb -f csv`,
    )
    .action(
      run(async (io_, a: string, b: string, options) =>
        (await import('./commands/diff.ts')).diffCommand(io_, a, b, { ...options, ...globals() }),
      ),
    );

  command('baseline', 'what is known today, as a file for scan --baseline')
    .option('--store <file>', 'of a run in this store')
    .option('--run <id>', 'which run (default: the newest)')
    .option('--report <file>', 'of this JSON report, instead')
    .option('-o, --output <file>', 'where to (default: standard output)')
    .addHelpText(
      'after',
      `
Later scans with --baseline FILE tell only what is not in it. For debts to pay off; what may stand for a reason belongs in
the exceptions (nhi-audit except), which have an owner and a last day. What an exception accepts stays out of the baseline.

Examples:
  nhi-audit baseline --store audit.duckdb -o baseline.json
  nhi-audit baseline --report report.json -o baseline.json
  nhi-audit scan . --baseline baseline.json`,
    )
    .action(
      run(async (io_, options) => (await import('./commands/baseline.ts')).baselineCommand(io_, { ...options, ...globals() })),
    );

  command('except', 'accept findings: with a reason, an owner and a last day; or list what is accepted')
    .argument('[fingerprint]', 'of a finding, or its first 12 or more characters: nhi-audit findings lists them')
    .option('--rule <id>', 'all findings of this check')
    .option('--path <glob>', 'findings that lie in these files alone (gitignore syntax)')
    .option('--repository <name>', 'findings that lie in this repository alone')
    .option('--credential <id>', 'findings about this credential')
    .option('--identity <id>', 'findings about this identity')
    .addOption(
      new Option(
        '--severity <level>',
        'the gravest that may stand (default: what the finding that is named with --store is now)',
      ).choices(['info', 'low', 'medium', 'high', 'critical']),
    )
    .option('--reason <text>', 'why it may stand')
    .option('--owner <who>', 'who answers for it: an address or a team')
    .option('--expires <date>', 'the last day on which it holds, YYYY-MM-DD')
    .option('--approver <who>', 'who agreed')
    .option('--ticket <id>', 'where it is written down')
    .addOption(
      new Option('--justification <word>', 'in the words of auditors').choices([
        'false-positive',
        'test-data',
        'revoked',
        'accepted-risk',
        'compensating-control',
        'not-ours',
      ]),
    )
    .option('--exceptions <file>', 'the file (default: accept.exceptions of the configuration, or nhi-audit.exceptions.yml)')
    .option('--store <file>', 'look up the finding in this store, and say what the exception covers')
    .option('--run <id>', 'which run of it (default: the newest)')
    .option('--write', 'add it to the file; without this it is only shown')
    .option('--list', 'what is accepted: used, stale, expired, due within 30 days')
    .addOption(new Option('-f, --format <format>', 'of --list').choices(['text', 'json', 'csv']).default('text'))
    .addHelpText(
      'after',
      `
Selectors given together must all hold. After its last day an exception holds no longer, and its findings are open again; so is
what has become graver than its severity, as the id of a key does when the secret is written beside it.

By check and file an exception holds everywhere: in a hook, in CI, on another machine. By the fingerprint of a password or another
secret without an id it holds where the key of the fingerprints is kept: with --store, or with NHI_AUDIT_FINGERPRINT_KEY set.

Examples:
  nhi-audit except --rule credential-in-work-tree --path /fixtures/app.env --severity medium \\
    --reason "made-up password" --owner team-shop --expires 2027-03-31 --write
  nhi-audit except 3f2a9c01b7de --reason "revoked in March" --justification revoked --owner ada@harbour.example \\
    --expires 2027-03-31 --store audit.duckdb --write
  nhi-audit except --list --store audit.duckdb`,
    )
    .action(
      run(async (io_, finding: string | undefined, options) =>
        (await import('./commands/except.ts')).exceptCommand(io_, finding, { ...options, ...globals() }),
      ),
    );

  addListOptions(command('query', 'your own SQL over a store: read-only, no file or network in reach'))
    .argument('<sql>', 'one statement; - reads it from standard input')
    .addHelpText(
      'after',
      `\nExample:\n  nhi-audit query "SELECT ownership, count(*) FROM identity_owners GROUP BY 1" --store audit.duckdb`,
    )
    .action(
      run(async (io_, sql: string, options) =>
        (await import('./commands/query.ts')).queryCommand(io_, sql, { ...options, ...globals() }),
      ),
    );

  const evidence = command('evidence', 'what an auditor asks for: samples that anybody draws alike');
  evidence
    .command('sample')
    .description('a sample of a stored run, the same for everybody with the same store and seed')
    .requiredOption('--store <file>', 'the store')
    .option('--of <what>', 'identities, credentials, findings or sessions', 'identities')
    .option('--n <number>', 'how many', '25')
    .option('--seed <text>', 'what the order hangs on (default: the id of the run)')
    .option('--run <id>', 'which run (default: the newest)')
    .addOption(new Option('-f, --format <format>', 'how').choices(['text', 'json', 'csv']).default('text'))
    .exitOverride()
    .configureOutput(outputOf(io))
    .showHelpAfterError(helpHint('evidence sample'))
    .addHelpText(
      'after',
      `
The ids of all there are, in the order of SHA-256 over the seed, a line feed and the id: the first are the sample. The
population, its digest, the seed and the method stand in what is printed.

Example:
  nhi-audit evidence sample --of sessions --n 25 --seed 2026-Q4 --store audit.duckdb -f csv`,
    )
    .action(
      run(async (io_, options) => (await import('./commands/evidence.ts')).sampleCommand(io_, { ...options, ...globals() })),
    );

  evidence
    .command('proof')
    .description('one finding of a pack, with the proof that it is in it: to show it without the others')
    .argument('<fingerprint>', 'of the finding, or the beginning of it')
    .requiredOption('--pack <pack>', 'the pack: directory or .zip')
    .exitOverride()
    .configureOutput(outputOf(io))
    .showHelpAfterError(helpHint('evidence proof'))
    .addHelpText(
      'after',
      `
The proof is JSON: the finding, the hashes that lead from it to the root of the pack, and the signed statement that has the root.
Of the other findings it holds only hashes.

Examples:
  nhi-audit evidence proof 3f2a91c4 --pack evidence.zip > finding.json
  nhi-audit verify finding.json --key pack.key.pub`,
    )
    .action(
      run(async (io_, fingerprint: string, options) =>
        (await import('./commands/evidence-proof.ts')).proofCommand(io_, fingerprint, { ...options, ...globals() }),
      ),
    );

  command('pack', 'an evidence pack of a stored run: reports, tables and digests in one archive or directory, signed')
    .option('--store <file>', 'the store')
    .option('--run <id>', 'which run (default: the newest)')
    .option('-o, --output <place>', 'NAME.zip for an archive, else a directory that is not there yet', 'nhi-audit-pack.zip')
    .option('--framework <id>', `control tables of this framework only, or of all; repeatable: ${FRAMEWORKS}, all`, collect, [])
    .option('--previous <pack>', 'the pack before, or the SHA-256 of its manifest: this one names it')
    .option('--sign-key <file>', 'sign with this Ed25519 key (PEM); a passphrase is taken from NHI_AUDIT_KEY_PASSPHRASE')
    .option('--keyless', 'sign with Sigstore: contacts Fulcio and Rekor, and puts names into a public log')
    .option('--new-key <file>', 'no pack: make a key to sign with')
    .option('--signer <name>', 'with --new-key: whose key it is')
    .option('--days <number>', 'with --new-key: how long it may sign')
    .addHelpText(
      'after',
      `
The same store, clock (NHI_AUDIT_NOW) and key give the same bytes. Standard output gets the digest of the manifest, which names
the pack. Without a key the pack is not signed, and says so. docs/evidence-pack.md

Examples:
  nhi-audit pack --new-key pack.key --signer "Audit, Harbour" --days 365
  nhi-audit pack --store audit.duckdb -o 2026-11.zip --sign-key pack.key --previous 2026-10.zip
  nhi-audit pack --store audit.duckdb -o evidence --framework pci-dss-4.0.1
  nhi-audit verify 2026-11.zip --key pack.key.pub --previous 2026-10.zip

Exit codes: 0 written, 2 usage, configuration or a place that cannot be written, 5 full disk, 6 store locked.`,
    )
    .action(run(async (io_, options) => (await import('./commands/pack.ts')).packCommand(io_, { ...options, ...globals() })));

  command('verify', 'is an evidence pack as it was packed? Offline; names every file that is not')
    .argument('<pack>', 'directory or .zip that pack wrote, or the proof of one finding')
    .option('--key <file>', 'whoever must have signed: public key (PEM), signer file, or a list of signers')
    .option('--previous <pack>', 'the pack before, or the SHA-256 of its manifest: must be the one that this one names')
    .option('--identity <who>', 'of a pack that was signed without a key: who must have; asks Sigstore for its roots')
    .option('--issuer <url>', 'and who vouched for that identity')
    .option('--require-signature', 'what is not signed, or is no more, is not good, even without --key')
    .option('--at <time>', 'when the pack is known to have been there: for a signer that has expired since')
    .addOption(new Option('-f, --format <format>', 'how').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
A valid signature proves that the files are unaltered since the holder of the key signed them, not that what was collected was
true when it was collected. Without --key, whose key it is stands open, and is said so; with it, an unsigned pack is not good.
A pack whose signer has expired since is not good either: an old key signs with any date. Where it is known from elsewhere when
the pack was there (a mail, a ticket, the chain), --at says so.

Examples:
  nhi-audit verify evidence.zip --key pack.key.pub
  nhi-audit verify ./evidence --previous 4b1c… -f json
  nhi-audit verify 2025-11.zip --key pack.key.pub --at 2025-12-01

Exit codes: 0 good, 1 not, 2 usage.`,
    )
    .action(
      run(async (io_, pack: string, options) =>
        (await import('./commands/verify.ts')).verifyCommand(io_, pack, { ...options, ...globals() }),
      ),
    );

  command('export', 'the tables of a stored run as Parquet files, with a manifest of their digests')
    .argument('<directory>', 'a directory that is not there yet, or empty')
    .requiredOption('--store <file>', 'the store')
    .option('--run <id>', 'which run (default: the newest)')
    .addHelpText(
      'after',
      `
One file for each: what was observed, merged; how it is joined; findings, results of checks and controls, what accepts
findings. manifest.json has rows, columns, order and SHA-256 of each, SHA256SUMS the same for sha256sum -c.

Example:
  nhi-audit export ./tables --store audit.duckdb`,
    )
    .action(
      run(async (io_, directory: string, options) =>
        (await import('./commands/export.ts')).exportCommand(io_, directory, { ...options, ...globals() }),
      ),
    );

  const rules = command('rules', 'detectors and checks: list, explain, prove, import, measure');
  const ruleCommand = (name: string, description: string): Command =>
    rules
      .command(name)
      .description(description)
      .exitOverride()
      .configureOutput(outputOf(io))
      .showHelpAfterError(helpHint(`rules ${name}`));
  ruleCommand('list', 'every check and detector with severity and controls')
    .option('--checks', 'only checks')
    .option('--detectors', 'only detectors')
    .option('--control <id>', 'only checks that map to this control')
    .option(
      '--rules <file>',
      'and the rules of this file (.toml of gitleaks or Betterleaks, .yml of our own); repeatable',
      collectWhole,
      [],
    )
    .addOption(new Option('-f, --format <format>', 'how').choices(['text', 'json', 'csv']).default('text'))
    .addHelpText('after', '\nExamples:\n  nhi-audit rules list --checks\n  nhi-audit rules list --control NHI2:2025 -f csv')
    .action(run(async (io_, options) => (await import('./commands/rules.ts')).listCommand(io_, { ...options, ...globals() })));
  ruleCommand('explain', 'one check or detector: risk, evidence, fix, blind spots, controls')
    .argument('<id>', 'id of a check or detector')
    .option('--rules <file>', 'and the rules of this file; repeatable', collectWhole, [])
    .addHelpText('after', '\nExample:\n  nhi-audit rules explain leaked-key-used-around-gateway')
    .action(
      run(async (io_, id: string, options) =>
        (await import('./commands/explain.ts')).explainCommand(io_, id, { ...options, ...globals() }),
      ),
    );
  ruleCommand('check', 'proves every rule: ids, SQL, columns, controls, examples, hits and near misses')
    .option('--rules <file>', 'prove only the rules of this file; repeatable', collectWhole, [])
    .addHelpText('after', '\nExamples:\n  nhi-audit rules check\n  nhi-audit rules check --rules own-detectors.yml')
    .action(run(async (io_, options) => (await import('./commands/rules.ts')).checkCommand(io_, { ...options, ...globals() })));
  ruleCommand('import', 'what a rule pack of gitleaks or Betterleaks holds, and what of it can be taken over')
    .argument('<file...>', 'TOML files')
    .option('-o, --output <file>', 'write the pack, with all that it extends, to this file')
    .addOption(new Option('-f, --format <format>', 'how').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      '\nExamples:\n  nhi-audit rules import gitleaks.toml\n  nhi-audit rules import .gitleaks.toml -o rules/imported.toml\n  nhi-audit scan . --rules gitleaks.toml',
    )
    .action(
      run(async (io_, files: string[], options) =>
        (await import('./commands/rule-packs.ts')).importCommand(io_, files, { ...options, ...globals() }),
      ),
    );
  ruleCommand('bench', 'what rules of your own cost and give: hits, regex windows and time for each megabyte')
    .argument('<directory>', 'texts to measure on')
    .option('--rules <file>', 'the rules of this file; repeatable', collectWhole, [])
    .addOption(new Option('-f, --format <format>', 'how').choices(['text', 'json', 'csv']).default('text'))
    .addHelpText('after', '\nExample:\n  nhi-audit rules bench ~/src/shop --rules gitleaks.toml')
    .action(
      run(async (io_, directory: string, options) =>
        (await import('./commands/rule-packs.ts')).benchCommand(io_, directory, { ...options, ...globals() }),
      ),
    );

  command('explain', 'one rule or control: risk, fix, evidence, blind spots; for a control, which rules bear on it')
    .argument('<id>', 'id of a check or detector, or a control: NHI2:2025, PR.AA-05, pci-dss-4.0.1:8.6.3')
    .option('--rules <file>', 'and the rules of this file; repeatable', collectWhole, [])
    .option('--store <file>', 'and what it found, in this store')
    .option('--run <id>', 'in which run of it (default: the newest)')
    .addHelpText(
      'after',
      `
Examples:
  nhi-audit explain leaked-key-used-around-gateway
  nhi-audit explain leaked-admin-key --store audit.duckdb      and what it found last
  nhi-audit explain aws-access-key                             a detector
  nhi-audit explain NHI2:2025                                  a control, with the checks that bear on it`,
    )
    .action(
      run(async (io_, id: string, options) =>
        (await import('./commands/explain.ts')).explainCommand(io_, id, { controls: true, ...options, ...globals() }),
      ),
    );

  command('demo', 'the whole story on a sample company, no account needed')
    .option('--keep <directory>', 'keep the sample estate and its store in this new directory')
    .option('--full', 'the whole report instead of the story')
    .option('-o, --output <format=file>', 'and a report of it in a file: html, sarif, csv, json …; repeatable', collectWhole, [])
    .addHelpText(
      'after',
      `
Four repositories, exports of clouds and databases, gateway sessions and a roster, built and scanned on this machine: no account
is used and no host contacted. The clock stands at the company's own day, so every run says the same.

Examples:
  nhi-audit demo                                 one leaked key, end to end
  nhi-audit demo -o html=demo.html               and the report as a page
  nhi-audit demo --keep ./demo                   keeps repositories, exports and store, to look around in`,
    )
    .action(run(async (io_, options) => (await import('./commands/demo.ts')).demoCommand(io_, { ...options, ...globals() })));

  command('init', 'a first configuration and a CI file, shown before they are written')
    .addOption(
      new Option('--ci <kind>', 'which CI file (default: what is used here)').choices(['github', 'gitlab', 'pre-commit', 'none']),
    )
    .option('--yes', 'write without asking')
    .option('--force', 'replace the configuration that is there, and a workflow that init wrote')
    .addHelpText(
      'after',
      `
Shows both files, asks, and writes what is missing; where nobody can be asked it only shows them, unless --yes is given. What is
there is left as it is. --force replaces the configuration, and a workflow that init wrote, but no CI file of yours. Says which exports
of clouds and of the gateway would tell more, and the commands that make them.

Examples:
  nhi-audit init
  nhi-audit init --ci github --yes`,
    )
    .action(run(async (io_, options) => (await import('./commands/init.ts')).initCommand(io_, { ...options, ...globals() })));

  command('doctor', 'is everything here that a scan needs? With live targets: are the rights there?')
    .argument('[target...]', 'live targets, as for scan: aws:audit, github:ORG; each right is tried with its smallest call')
    .option('--store <file>', 'also look at this store')
    .addHelpText(
      'after',
      '\nExamples:\n  nhi-audit doctor --store audit.duckdb\n  nhi-audit doctor aws: github:harbour\n\nExit codes: 0 all is there, 2 something is missing.',
    )
    .action(
      run(async (io_, targets: string[], options) =>
        (await import('./commands/doctor.ts')).doctorCommand(io_, targets, { ...options, ...globals() }),
      ),
    );

  command('completion', 'a script with which bash, zsh or fish complete commands, options and their words')
    .addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  nhi-audit completion bash > ~/.local/share/bash-completion/completions/nhi-audit
  source <(nhi-audit completion bash)
  nhi-audit completion zsh > "\${fpath[1]}/_nhi-audit"
  nhi-audit completion fish > ~/.config/fish/completions/nhi-audit.fish`,
    )
    .action(run(async (io_, shell: string) => (await import('./commands/completion.ts')).completionCommand(io_, shell, program)));

  for (const [heading, names] of Object.entries(GROUPS)) {
    for (const each of program.commands) if (names.includes(each.name())) each.helpGroup(`${heading}:`);
  }
  // Behind the help of each command, and of those below it, that has no such list of its own.
  for (const each of program.commands) {
    if (!OWN_EXITS.has(each.name())) each.addHelpText('afterAll', exitsOf(each.name()));
  }
  return program;
}

function exitsOf(command: string): string {
  return `\nExit codes: 0 done,${MORE_EXITS[command] ?? ''} 2 usage, configuration or a store that cannot be read, 5 internal error,\n6 store locked.`;
}

/** The whole help behind an error would push the error off the screen. */
function helpHint(command: string): string {
  return `(nhi-audit ${command} --help shows its options)`;
}

function addReportOptions(command: Command): Command {
  return command
    .option('-f, --format <format>', `what stdout gets: ${FORMATS}`, 'terminal')
    .option('-o, --output <format=file>', 'write a report in one of these formats to a file; repeatable', collectWhole, [])
    .option('--persona <who>', 'dev, security or auditor: who reads it (default: of the configuration, else security)')
    .option(
      '--framework <id>',
      `control table of this framework only, or of all; repeatable: ${FRAMEWORKS}, all (default: of the configuration, else the first three)`,
      collect,
      [],
    )
    .option('--new-only', 'only what is new, open again or graver since the run before in the store')
    .option('--baseline <file>', 'leave out what this earlier JSON report (or detect-secrets baseline, gitleaks report) has');
}

function addListOptions(command: Command): Command {
  return command
    .requiredOption('--store <file>', 'the store')
    .option('--run <id>', 'which run (default: the newest)')
    .addOption(new Option('-f, --format <format>', 'how').choices(['text', 'json', 'csv']).default('text'));
}

function collect(value: string, before: string[]): string[] {
  return [...before, ...value.split(',').filter((part) => part !== '')];
}

function collectWhole(value: string, before: string[]): string[] {
  return [...before, value];
}

/** Lines that are read, not looked for: no wider than a page, and no wider than the window. */
function helpWidth({ terminal }: Io): number {
  return Math.max(40, Math.min(terminal.columns, 110));
}

/** What is needed, what may be said, and what holds where nothing is: `(default: [])` tells nobody anything. */
function describeOption({ description, argChoices, defaultValue, mandatory }: Option): string {
  const asides = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices === undefined ? [] : [argChoices.join(', ')]),
    ...(typeof defaultValue === 'string' ? [`default: ${defaultValue}`] : []),
  ];
  return asides.length === 0 ? description : `${description} (${asides.join('; ')})`;
}

/** Sentences behind the options are written for a wide page: they are wrapped again to the window; what is indented stays. */
function fitted(text: string, width: number): string {
  return text.replace(/^\S.*(?:\n\S.*)*/gm, (prose) => {
    const lines = prose.split('\n');
    return lines.every((line) => line.length <= width) ? prose : wrap(lines.join(' '), width).join('\n');
  });
}

function outputOf(io: Io): { writeOut: (text: string) => void; writeErr: (text: string) => void } {
  // Help that cannot be written (a full disk) has nobody to be told.
  return {
    writeOut: (text) => void io.stdout(fitted(text, helpWidth(io))).catch(() => undefined),
    writeErr: (text) => io.stderr(text),
  };
}

/** Says what went wrong in words and gives the exit code that stands for it. */
function report(error: unknown, io: Io, debug: boolean, aborted: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.clean : EXIT.usage;
  if (aborted || error instanceof Interrupted) {
    io.stderr('\nInterrupted: nothing was stored and no report was written.\n');
    return INTERRUPTED;
  }
  if (error instanceof NhiAuditError) {
    io.stderr(`nhi-audit: ${printable(error.message)}\n`);
    if (error.hint !== undefined) io.stderr(`  ${printableLines(error.hint)}\n`);
    if (debug) io.stderr(`${printableLines(stackOf(error))}\n`);
    return error.exit;
  }
  const full = outOfSpace(error);
  if (full !== undefined) io.stderr(`nhi-audit: ${printable(full)}\n`);
  else {
    io.stderr(`nhi-audit: internal error: ${printable(error instanceof Error ? error.message : String(error))}\n`);
    io.stderr('  This is a fault of nhi-audit. Please report it, with the output of --debug.\n');
  }
  if (debug) io.stderr(`${printableLines(stackOf(error))}\n`);
  return EXIT.internal;
}

/** Several lines of ours, with names of strangers in them. */
function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/[^ ].*/s, printable))
    .join('\n');
}

function outOfSpace(error: unknown): string | undefined {
  const text = error instanceof Error ? error.message : '';
  // A quota or a limit on the size of files is met in the same way.
  if (!/ENOSPC|No space left|out of disk|EFBIG|File too large|EDQUOT|quota exceeded/i.test(text)) return undefined;
  return `the disk is full (${text.split('\n', 1)[0]}). Free some space and run again; the store is as it was before.`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

function processIo(signal: AbortSignal, argv: readonly string[]): Io {
  const { stdout, stderr, env } = process;
  // What a write fails with is told to whoever wrote. On stderr there is nobody left to tell.
  stdout.on('error', () => undefined);
  stderr.on('error', () => undefined);
  const color =
    !argv.includes('--no-color') &&
    (env.NO_COLOR ?? '') === '' &&
    env.TERM !== 'dumb' &&
    (stdout.isTTY || (env.FORCE_COLOR ?? '0') !== '0');
  return {
    stdout: (text) =>
      new Promise((resolve, reject) => {
        stdout.write(text, (error) => {
          // A reader that has seen enough (`| head`) is no error, and no reason to leave the rest undone.
          if (error == null || codeOf(error) === 'EPIPE' || codeOf(error) === 'ERR_STREAM_DESTROYED') resolve();
          else reject(notWritten(error));
        });
      }),
    stderr: (text) => void stderr.write(text),
    stdin: { isTTY: isatty(0), chunks: () => addAbortSignal(signal, process.stdin) },
    terminal: {
      stdoutIsTTY: stdout.isTTY === true,
      stderrIsTTY: stderr.isTTY === true && env.TERM !== 'dumb',
      columns: stdout.columns ?? (Number(env.COLUMNS) || 100),
      get stderrColumns() {
        return stderr.columns;
      },
      color,
      links: color && stdout.isTTY === true && supportsLinks(env),
    },
    env,
    directory: process.cwd(),
    commandLine: argv,
    clock: clockOf(env.NHI_AUDIT_NOW),
    signal,
  };
}

function notWritten(error: Error): OutputError {
  return new OutputError(`The result cannot be written to standard output: ${messageOf(error)}`, {
    code: 'OUTPUT_FAILED',
    hint: 'Free some space, or send it elsewhere.',
    cause: error,
  });
}

/** `NHI_AUDIT_NOW` stops the clock at a time, so that a report can be made again byte for byte. */
function clockOf(fixed: string | undefined): () => Date {
  const time = fixed === undefined ? Number.NaN : Date.parse(fixed);
  return Number.isNaN(time) ? () => new Date() : () => new Date(time);
}

/** Terminals known to show OSC 8 links; others may print them as noise. */
function supportsLinks(env: NodeJS.ProcessEnv): boolean {
  return (
    /iTerm|WezTerm|vscode|ghostty/i.test(env.TERM_PROGRAM ?? '') ||
    env.KITTY_WINDOW_ID !== undefined ||
    Number(env.VTE_VERSION) >= 5000
  );
}
