import { loadConfig } from '../config/load.ts';
import { SEVERITIES } from '../contracts/index.ts';
import { type Io, stdoutContext } from '../io.ts';
import type { Row, StoreReader } from '../store/index.ts';
import type { Evidence, Orphan } from '../trace/orphans.ts';
import { resolveSubjects, type Subject } from '../trace/resolve.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { Layout } from '../util/layout.ts';
import { jsonText } from '../util/sanitize.ts';
import { shellWord } from '../util/shell-word.ts';
import { didYouMean } from '../util/suggest.ts';
import { renderTable, type TableFormat, type TableRow } from '../util/table.ts';
import { oneOf } from './scan.ts';
import { type StoreOptions, withStore } from './with-store.ts';

/** Whose identities the scanners know (`src/contracts/identity-id.ts`). */
const PROVIDERS = ['aws', 'azure', 'entra', 'gcp', 'github', 'google-workspace', 'hoop', 'k8s', 'okta', 'postgres', 'spiffe'];

const IDENTITY_COLUMNS = [
  'identity_id',
  'owner',
  'ownership',
  'environment',
  'credentials',
  'sightings',
  'consumers',
  'sessions',
  'capabilities',
  'last_used',
  'findings',
  'worst',
];
const FINDING_COLUMNS = ['severity', 'status', 'rule', 'subject', 'message', 'fingerprint'];

interface ListOptions extends StoreOptions {
  readonly format: TableFormat;
}

/** The inventory: one row a machine identity. */
export async function identitiesCommand(
  io: Io,
  options: ListOptions & {
    readonly provider?: string;
    readonly unowned?: boolean;
    readonly consumers?: boolean;
    readonly orphaned?: boolean;
    readonly config?: string;
  },
): Promise<number> {
  if (options.orphaned === true) return await orphanedCommand(io, options);
  const rows = await withStore(io, options, async (store) => {
    // The overview asks most views: over tables it takes a third of the time.
    await store.materialise();
    const provider = options.provider === undefined ? null : await providerNamed(store, options.provider);
    return await store.rows(
      `SELECT identity_id, owner, ownership, environment, credentials, sightings, consumers, sessions,
         capabilities, strftime(last_used_at, '%Y-%m-%d') AS last_used, findings, worst,
         used_by
       FROM identity_overview
       WHERE ($provider IS NULL OR provider = $provider)
         AND (NOT $unowned OR ownership IN ('unowned', 'owner-left', 'owner-unknown'))
       ORDER BY list_position(['critical', 'high', 'medium', 'low', 'info'], worst) NULLS LAST, identity_id`,
      { provider, unowned: options.unowned === true },
    );
  });
  const columns = options.consumers === true ? [...IDENTITY_COLUMNS, 'used_by'] : IDENTITY_COLUMNS;
  await print(io, rows, options, 'No identity matches.', columns, ['identity_id']);
  return EXIT.clean;
}

const ORPHAN_COLUMNS = ['identity', 'type', 'why', 'against', 'breaks', 'credentials', 'reaches', 'plan'];

/** Identities that nobody needs, with the evidence and a plan to take them away. */
async function orphanedCommand(
  io: Io,
  options: ListOptions & { readonly provider?: string; readonly config?: string },
): Promise<number> {
  const [{ findOrphans }, { tellOrphans }] = await Promise.all([
    import('../trace/orphans.ts'),
    import('../trace/tell-orphans.ts'),
  ]);
  const days = await orphanDays(io, options.config);
  const found = await withStore(io, options, async (store) => {
    await store.materialise();
    const provider = options.provider === undefined ? null : await providerNamed(store, options.provider);
    return await findOrphans(store, { ...days, provider });
  });
  if (options.format === 'json') await io.stdout(`${jsonText({ ...days, ...found }, 2)}\n`);
  else if (options.format === 'csv') await io.stdout(renderTable(found.orphans.map(orphanRow), ORPHAN_COLUMNS, 'csv', undefined));
  else {
    const lines = [...tellOrphans(found, new Layout(stdoutContext(io)))];
    await io.stdout(`${lines.map((line) => line.trimEnd()).join('\n')}\n`);
  }
  return EXIT.clean;
}

function orphanRow({ identity, type, evidenceFor, evidenceAgainst, breaks, credentials, reaches, plan }: Orphan): TableRow {
  const texts = (items: readonly Evidence[]): string => items.map(({ text }) => text).join('; ');
  return {
    identity,
    type,
    why: texts(evidenceFor),
    against: texts(evidenceAgainst),
    breaks: texts(breaks),
    credentials: credentials.map(({ id, status }) => `${id} (${status})`).join('; '),
    reaches: reaches.join(', '),
    plan: plan.map((step, index) => `${index + 1}. ${step.command ?? step.text}`).join('; '),
  };
}

/** The numbers of the check that finds them. */
async function orphanDays(
  io: Io,
  config: string | undefined,
): Promise<{ readonly unusedDays: number; readonly graceDays: number }> {
  const { checks, parameters } = await loadConfig(io.directory, config);
  const own = { ...parameters, ...checks['orphaned-identity']?.parameters };
  const days = (name: string, standard: number): number => (typeof own[name] === 'number' ? own[name] : standard);
  return { unusedDays: days('unusedDays', 90), graceDays: days('graceDays', 30) };
}

/** What is wrong, one row a finding. */
export async function findingsCommand(
  io: Io,
  options: ListOptions & { readonly severity?: string; readonly rule?: string; readonly identity?: string },
): Promise<number> {
  const least = options.severity === undefined ? 'info' : oneOf('--severity', options.severity, SEVERITIES);
  const rows = await withStore(io, options, async (store) => {
    const rule = options.rule === undefined ? null : await ruleNamed(store, options.rule);
    const about = options.identity === undefined ? undefined : await subjectsNamed(store, options.identity, options.store);
    return await store.rows(
      `SELECT severity, status, rule, subject, message, left(fingerprint, 12) AS fingerprint
       FROM current_findings
       WHERE list_position($order::VARCHAR[], severity) >= list_position($order::VARCHAR[], $least)
         AND ($rule IS NULL OR rule = $rule)
         AND (NOT $narrowed OR list_contains(json_extract_string($identities, '$[*]'), identity_id)
           OR (identity_id IS NULL AND list_contains(json_extract_string($credentials, '$[*]'), credential_id)))
       ORDER BY list_position($order::VARCHAR[], severity) DESC, rule, subject, fingerprint`,
      {
        order: `[${SEVERITIES.join(', ')}]`,
        least,
        rule,
        narrowed: about !== undefined,
        identities: JSON.stringify(about?.flatMap(({ identity }) => identity ?? []) ?? []),
        credentials: JSON.stringify(about?.flatMap(({ credentials }) => credentials) ?? []),
      },
    );
  });
  await print(io, rows, options, 'No finding matches.', FINDING_COLUMNS, ['severity', 'rule']);
  return EXIT.clean;
}

/** As the canonical ids spell it; one that the run lacks is no slip when it is one that scanners know. */
async function providerNamed(store: StoreReader, text: string): Promise<string> {
  const wanted = text.trim().toLowerCase();
  const rows = await store.rows('SELECT DISTINCT provider FROM identities ORDER BY 1');
  const providers = [...new Set([...rows.map((row) => String(row.provider)), ...PROVIDERS])];
  const found = providers.find((provider) => provider.toLowerCase() === wanted);
  if (found !== undefined) return found;
  throw new ConfigError(`There is no provider "${text}"`, {
    code: 'PROVIDER_UNKNOWN',
    hint: didYouMean(wanted, providers, `In this run: ${rows.map((row) => String(row.provider)).join(', ') || 'none'}.`),
  });
}

async function ruleNamed(store: StoreReader, text: string): Promise<string> {
  const wanted = text.trim().toLowerCase();
  // Checks that ran, with or without a finding.
  const rows = await store.rows(
    `SELECT rule FROM check_results WHERE run_id = (SELECT run_id FROM current_run)
     UNION SELECT rule FROM current_findings`,
  );
  const rules = rows.map((row) => String(row.rule));
  const found = rules.find((rule) => rule.toLowerCase() === wanted);
  if (found !== undefined) return found;
  throw new ConfigError(`No check "${text}" ran in this run`, {
    code: 'RULE_UNKNOWN',
    hint: didYouMean(wanted, rules, 'nhi-audit rules list --checks shows them all.'),
  });
}

/** Whatever `trace` understands; and an identity that only findings name. */
async function subjectsNamed(store: StoreReader, text: string, storeFile: string): Promise<readonly Subject[]> {
  const [named] = await store.rows(
    'SELECT DISTINCT identity_id FROM current_findings WHERE lower(identity_id) = lower($text) ORDER BY identity_id = $text DESC',
    { text: text.trim() },
  );
  if (named !== undefined) return [{ identity: String(named.identity_id), credentials: [] }];
  return await resolveSubjects(store, text, shellWord(storeFile));
}

async function print(
  io: Io,
  rows: readonly Row[],
  options: ListOptions,
  none: string,
  columns: readonly string[],
  heads: readonly string[],
): Promise<void> {
  if (rows.length === 0 && options.format === 'text') return io.stderr(`${none}\n`);
  await io.stdout(renderTable(rows, columns, options.format, io.terminal.columns, heads));
}
