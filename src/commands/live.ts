import { randomBytes } from 'node:crypto';
import { parseTarget } from '../config/target.ts';
import type { LiveCall, Probed, ScanContext, Scanner, ServiceScanner, ServiceTarget, Target } from '../contracts/index.ts';
import type { Io } from '../io.ts';
import { LiveFailure } from '../live/index.ts';
import { loadScanners } from '../registry.ts';
import type { Runtime } from '../run/request.ts';
import { ConfigError, EXIT, Interrupted, messageOf, TargetError } from '../util/errors.ts';
import { fingerprint } from '../util/fingerprint.ts';
import { jsonText, printable } from '../util/sanitize.ts';
import { renderTable } from '../util/table.ts';

interface Planned {
  readonly target: string;
  /** Absent: a target on this machine, or a scanner that does not list its calls. */
  readonly calls?: readonly LiveCall[];
  readonly isLive: boolean;
}

/** `scan --dry-run`: what would be asked of whom, with which right. Contacts nothing, reads nothing. */
export async function dryRun(
  io: Io,
  names: readonly string[],
  options: { readonly format: string; readonly verify?: boolean },
  scanners?: readonly Scanner[],
): Promise<number> {
  const all = scanners ?? (await loadScanners());
  const planned = [...new Set(names)].map((name): Planned => {
    const target = targetOf(name, io, all);
    if (target.kind !== 'service') return { target: name, isLive: false };
    const calls = serviceOf(target, all).calls?.(target, io.env);
    return { target: name, isLive: true, ...(calls === undefined ? {} : { calls }) };
  });
  if (options.format === 'json') {
    const targets = planned.map(({ target, isLive, calls }) => ({ target, contacts: isLive ? (calls ?? null) : [] }));
    await io.stdout(`${jsonText({ targets, verify: options.verify === true }, 2)}\n`);
    return EXIT.clean;
  }
  const verify = '\n--verify: the providers of credentials that are found are asked, too. Which, only a search can tell.\n';
  await io.stdout(`${planned.map((one) => planText(one, io)).join('\n')}${options.verify === true ? verify : ''}`);
  return EXIT.clean;
}

function planText({ target, isLive, calls }: Planned, io: Io): string {
  const name = printable(target);
  if (!isLive) return `${name}: read on this machine. Nothing is contacted.\n`;
  if (calls === undefined) return `${name}: read live. This scanner does not list its calls; its README does.\n`;
  const hosts = [...new Set(calls.map(({ host }) => host))];
  const lines = hosts.map((host) => {
    const mine = calls.filter((call) => call.host === host);
    // AWS and others call the right by the name of the call: said once.
    const isNamed = mine.some(({ operation, right }) => operation !== right);
    const rows = mine.map(({ operation, right, tells }) => ({ call: operation, right, tells }));
    const columns = isNamed ? ['call', 'right', 'tells'] : ['right', 'tells'];
    return `\n${printable(host)}\n${renderTable(rows, columns, 'text', io.terminal.columns, columns.slice(0, 1))}`;
  });
  return `${name}  ${calls.length} read-only ${calls.length === 1 ? 'call' : 'calls'}\n${lines.join('')}`;
}

/** `doctor TARGET…`: tries each right of a live target. Gives whether all that it needs is there. */
export async function probeTargets(io: Io, names: readonly string[], runtime: Runtime): Promise<boolean> {
  let isWell = true;
  for (const name of new Set(names)) {
    const target = targetOf(name, io, runtime.scanners);
    if (target.kind !== 'service') {
      await io.stdout(`ok    ${printable(name)}: on this machine; there is no right to try\n`);
      continue;
    }
    const scanner = serviceOf(target, runtime.scanners);
    await io.stdout(`${printable(target.name)}\n`);
    if (!(await probeOne(io, scanner, target, runtime))) isWell = false;
  }
  return isWell;
}

async function probeOne(io: Io, scanner: ServiceScanner, target: ServiceTarget, runtime: Runtime): Promise<boolean> {
  const readme = `scanners/${scanner.id}/README.md`;
  if (scanner.probe === undefined) {
    await io.stdout(`      The rights that it needs are in ${readme}\n`);
    return true;
  }
  const probes: Probed[] = [];
  const told = new Set<string>();
  let pending: Probed | undefined;
  const tellPending = async (): Promise<void> => {
    if (pending === undefined) return;
    const cause = causeOf(pending);
    await io.stdout(probeText(pending, cause !== undefined && told.has(cause)));
    if (cause !== undefined) told.add(cause);
    pending = undefined;
  };
  try {
    for await (const probed of scanner.probe(target, probeContext(runtime))) {
      if (runtime.signal.aborted) throw new Interrupted();
      probes.push(probed);
      if (!isUnasked(probed)) {
        await tellPending();
        pending = probed;
        continue;
      }
      // The call that failed says nothing of its right: it is told as the cause of all, once.
      const cause = causeOf(probed) ?? '';
      pending = undefined;
      if (!told.has(cause)) await io.stdout(`FAIL  ${printable(cause)}\n`);
      told.add(cause);
    }
    await tellPending();
  } catch (error) {
    if (runtime.signal.aborted) throw new Interrupted();
    await tellPending();
    if (!(error instanceof TargetError || error instanceof LiveFailure)) throw error;
    await io.stdout(`FAIL  ${printable(messageOf(error))}\n`);
    if (error instanceof TargetError && error.hint !== undefined) await io.stdout(`      ${printable(error.hint)}\n`);
    return false;
  }
  const missing = probes.filter(({ outcome }) => outcome !== 'ok');
  if (missing.length === 0) return true;
  const rights = toGrant(probes);
  await io.stdout(
    `      ${missing.length} of ${probes.length} calls gave nothing. Checks that need them say "not assessed".\n${
      rights.length === 0
        ? ''
        : `      To grant: ${rights.map(printable).join(', ')}\n      The smallest policy or role that is enough is in ${readme}\n`
    }`,
  );
  return false;
}

const UNASKED = /^not asked, since an earlier call failed: /;

/** Offline, or with credentials that nothing accepts, no call is worth a line of its own. */
function isUnasked({ why }: Probed): boolean {
  return UNASKED.test(why ?? '');
}

/** The reason alone: what was not asked after a failure that no call survives says so before it. */
function causeOf({ why }: Probed): string | undefined {
  return why?.replace(UNASKED, '');
}

/**
 * The rights whose want was the reason. A call that a plan has not, or that failed, wants none; nor does a right that another
 * call just had; and where all were refused for one reason, the credentials are the reason.
 */
function toGrant(probes: readonly Probed[]): readonly string[] {
  const causes = new Set(probes.filter(isUnasked).map(causeOf));
  const refused = probes.filter((probed) => probed.outcome === 'denied' && !causes.has(causeOf(probed)));
  if (refused.length > 1 && refused.length === probes.length && new Set(probes.map(causeOf)).size === 1) return [];
  const had = new Set(probes.flatMap(({ outcome, call }) => (outcome === 'ok' ? [call.right] : [])));
  const rights = new Set(refused.map(({ call }) => call.right));
  return [...rights].filter((right) => !had.has(right) && !/^none\b/.test(right));
}

function probeText({ call, outcome, why }: Probed, isTold: boolean): string {
  const word = { ok: 'ok    ', denied: 'DENIED', failed: 'FAIL  ' }[outcome];
  const head = `${word}${outcome === 'denied' ? ' ' : ''}${printable(call.right)}`;
  const because = why === undefined || isTold ? '' : `      ${printable(why)}\n`;
  if (outcome === 'ok') return `${head}: ${printable(call.tells)}\n${because}`;
  return `${head}: without it unknown: ${printable(call.tells)}\n${because}`;
}

/** A scheme alone is the target of that scheme: `doctor aws`. */
function targetOf(name: string, io: Io, scanners: readonly Scanner[]): Exclude<Target, { kind: 'stdin' }> {
  const schemes = scanners.flatMap((scanner) => (scanner.kind === 'service' ? [scanner.scheme] : []));
  const target = parseTarget(schemes.includes(name) ? `${name}:` : name, io.directory, schemes);
  if (target.kind === 'stdin') throw new ConfigError('Standard input has no rights to try', { code: 'USAGE' });
  return target;
}

function serviceOf(target: ServiceTarget, scanners: readonly Scanner[]): ServiceScanner {
  const found = scanners.find((scanner) => scanner.kind === 'service' && scanner.scheme === target.scheme);
  if (found?.kind === 'service') return found;
  throw new TargetError(`No scanner reads ${target.name}`, { code: 'TARGET_SCHEME' });
}

/** A probe only asks: nothing is searched and nothing is kept. */
function probeContext({ clock, env, log, progress, signal }: Runtime): ScanContext {
  const key = randomBytes(32);
  return {
    signal,
    log,
    now: clock,
    env,
    fingerprint: (secret) => fingerprint(secret, key),
    detect: () => [],
    sighting() {
      throw new TypeError('a probe sees no credential');
    },
    contacts: (host) => log.debug('a host is contacted', { host }),
    progress,
  };
}
