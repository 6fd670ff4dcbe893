import { resolve } from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { FindingStatus } from '../contracts/index.ts';
import type { Io } from '../io.ts';
import { type Changes, changesOf, isUnchanged, type RunBefore } from '../notify/changes.ts';
import { send, type Webhook, webhookOf } from '../notify/send.ts';
import { emailText, headline, slackMessage, webhookBody } from '../notify/texts.ts';
import { makeReport } from '../run/report.ts';
import type { Store } from '../store/index.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { printable } from '../util/sanitize.ts';
import { personaOf } from './scan.ts';
import { withStore } from './with-store.ts';

interface NotifyOptions {
  readonly store: string;
  readonly run?: string;
  readonly slackWebhookEnv?: string;
  readonly slackWebhookFile?: string;
  readonly webhookEnv?: string;
  readonly webhookFile?: string;
  readonly emailText?: boolean;
  readonly always?: boolean;
  readonly persona?: string;
  readonly config?: string;
}

/** Tells what changed since the run before, and nothing when nothing did. */
export async function notifyCommand(
  io: Io,
  options: NotifyOptions,
  /** Milliseconds that a second of waiting takes. */
  { second = 1000 }: { readonly second?: number } = {},
): Promise<number> {
  const file = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(io.directory, path));
  const slack = webhookOf('Slack webhook', { variable: options.slackWebhookEnv, file: file(options.slackWebhookFile) }, io.env);
  const generic = webhookOf('Webhook', { variable: options.webhookEnv, file: file(options.webhookFile) }, io.env);
  if (slack === undefined && generic === undefined && options.emailText !== true) {
    throw new ConfigError('There is nobody to notify', {
      code: 'USAGE',
      hint: 'Give --slack-webhook-env NAME, --webhook-env NAME (environment variables that hold the address) or --email-text.',
    });
  }
  const config = await loadConfig(io.directory, options.config);
  const changes = await withStore(io, options, async (store, read) => {
    const facts = await read();
    const report = makeReport(facts, [], [], { persona: personaOf(options.persona) ?? config.persona, newOnly: false });
    return changesOf(report, await readBefore(store, facts.run.id));
  });
  if (isUnchanged(changes) && options.always !== true) {
    io.stderr('Nothing changed since the run before: nobody was told. (--always tells it all the same)\n');
    return EXIT.clean;
  }
  await tell(io, changes, { slack, generic, second });
  if (options.emailText === true) await io.stdout(emailText(changes));
  return EXIT.clean;
}

/** One that fails does not keep the other from being told. */
async function tell(
  io: Io,
  changes: Changes,
  {
    slack,
    generic,
    second,
  }: { readonly slack: Webhook | undefined; readonly generic: Webhook | undefined; readonly second: number },
): Promise<void> {
  let failure: unknown;
  for (const [webhook, body] of [
    [slack, slackMessage],
    [generic, webhookBody],
  ] as const) {
    if (webhook === undefined) continue;
    io.stderr(`Contacts ${printable(webhook.host)}.\n`);
    try {
      await send(webhook, body(changes), { signal: io.signal, second });
      io.stderr(`${webhook.kind}: told: ${headline(changes)}.\n`);
    } catch (error) {
      io.signal.throwIfAborted();
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
}

/** The complete run before this one. The store shows it afterwards. */
async function readBefore(store: Store, run: string): Promise<RunBefore | undefined> {
  const [row] = await store.rows(
    `SELECT run_id, started_at FROM runs
     WHERE status = 'complete' AND sequence < (SELECT sequence FROM runs WHERE run_id = $run) ORDER BY sequence DESC LIMIT 1`,
    { run },
  );
  if (row === undefined) return undefined;
  const before = String(row.run_id);
  const findings = await store.rows('SELECT fingerprint, status FROM findings WHERE run_id = $before', { before });
  await store.selectRun(before);
  const coverage = await store.rows('SELECT surface, subject, outcome FROM coverage');
  return {
    run: before,
    startedAt: String(row.started_at),
    statuses: new Map(findings.map(({ fingerprint, status }) => [String(fingerprint), String(status) as FindingStatus])),
    coverage: coverage as unknown as RunBefore['coverage'],
  };
}
