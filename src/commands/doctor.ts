import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { loadConfig } from '../config/load.ts';
import type { Io } from '../io.ts';
import type { Store } from '../store/index.ts';
import { EXIT, messageOf, NhiAuditError } from '../util/errors.ts';
import { fingerprintKeyId } from '../util/fingerprint.ts';
import { count } from '../util/report-text.ts';
import { toolVersion } from '../util/version.ts';

interface Diagnosis {
  readonly what: string;
  readonly ok: boolean;
  readonly text: string;
  readonly hint?: string;
}

const OLDEST_GIT = [2, 32];
/** Below it, a large estate may not have room. */
const MIN_FREE_BYTES = 256 * 1024 * 1024;
const FEW_FREE_BYTES = 64 * 1024 * 1024;

interface DoctorOptions {
  readonly store?: string;
  readonly config?: string;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

/**
 * Looks at everything that a scan needs, and says what to do about what is not right; with targets, at the rights that they
 * need and nothing else. Exit 2 when something is not right.
 */
export async function doctorCommand(io: Io, targets: readonly string[], options: DoctorOptions): Promise<number> {
  if (targets.length > 0) {
    const [{ probeTargets }, { runtimeOf }] = await Promise.all([import('./live.ts'), import('./scan.ts')]);
    return (await probeTargets(io, targets, await runtimeOf(io, options))) ? EXIT.clean : EXIT.usage;
  }
  const found = [
    node(),
    await git(),
    await engine(),
    await configuration(io, options.config),
    disk('disk here', freeAt(io.directory)),
    clock(io),
    browser(),
    fingerprints(io),
    ...(options.store === undefined ? [] : await store(io, resolve(io.directory, options.store))),
  ];
  for (const { what, ok, text, hint } of found) {
    await io.stdout(`${ok ? 'ok  ' : 'FAIL'}  ${what}: ${text}\n`);
    if (hint !== undefined) await io.stdout(`      ${hint}\n`);
  }
  return found.every((diagnosis) => diagnosis.ok) ? EXIT.clean : EXIT.usage;
}

function node(): Diagnosis {
  return { what: 'nhi-audit', ok: true, text: `${toolVersion()} on Node ${process.versions.node}` };
}

async function git(): Promise<Diagnosis> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version']);
    const version = /(\d+)\.(\d+)/.exec(stdout);
    const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
    const [needMajor = 0, needMinor = 0] = OLDEST_GIT;
    const ok = major > needMajor || (major === needMajor && minor >= needMinor);
    return { what: 'git', ok, text: stdout.trim(), ...(ok ? {} : { hint: `Install git ${OLDEST_GIT.join('.')} or newer.` }) };
  } catch (error) {
    return {
      what: 'git',
      ok: false,
      text: `cannot be run (${messageOf(error)})`,
      hint: 'Install git. Without it only plain directories and exports can be scanned.',
    };
  }
}

async function engine(): Promise<Diagnosis> {
  try {
    const { openStore } = await import('../store/index.ts');
    const memory = await openStore({ mode: 'write' });
    const version = await memory.engine().finally(() => memory.close());
    return { what: 'store engine', ok: true, text: version };
  } catch (error) {
    return {
      what: 'store engine',
      ok: false,
      text: messageOf(error),
      hint: 'Install again: the engine comes as a package for this platform.',
    };
  }
}

async function configuration(io: Io, named: string | undefined): Promise<Diagnosis> {
  try {
    const { file } = await loadConfig(io.directory, named);
    return { what: 'configuration', ok: true, text: file ?? 'none; the defaults hold' };
  } catch (error) {
    if (!(error instanceof NhiAuditError)) throw error;
    return { what: 'configuration', ok: false, text: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}

/** Little is said, and is wrong only where not even a small run has room, or a store that is there could not be written anew. */
export function disk(what: string, free: number, storeBytes = 0): Diagnosis {
  const needed = Math.max(FEW_FREE_BYTES, storeBytes);
  const size = free < 1e9 ? `${Math.floor(free / 1e6)} MB` : `${(free / 1e9).toFixed(1)} GB`;
  const text = `${size} free`;
  if (free < needed) {
    return { what, ok: false, text, hint: `Free some space: a scan with a store needs ${Math.ceil(needed / 1e6)} MB of it.` };
  }
  return {
    what,
    ok: true,
    text,
    ...(free < MIN_FREE_BYTES ? { hint: 'Enough for a small estate; a large one may need more.' } : {}),
  };
}

function freeAt(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

function clock(io: Io): Diagnosis {
  const now = io.clock();
  // Ages and expiries are counted from this clock; one that is years off makes every key look new or old.
  const ok = now.getUTCFullYear() >= 2025;
  return {
    what: 'clock',
    ok,
    text: now.toISOString(),
    ...(ok ? {} : { hint: 'Set the clock: ages and expiries are counted from it.' }),
  };
}

/** People look for one where a report is HTML. */
function browser(): Diagnosis {
  return { what: 'browser', ok: true, text: 'none is needed: reports are made without Chromium, and open in any browser' };
}

function fingerprints(io: Io): Diagnosis {
  const set = (io.env.NHI_AUDIT_FINGERPRINT_KEY ?? '') !== '';
  const text = set ? 'key from NHI_AUDIT_FINGERPRINT_KEY' : 'key beside the store; a new one for each run without a store';
  return { what: 'fingerprints', ok: true, text };
}

async function store(io: Io, file: string): Promise<Diagnosis[]> {
  if (!existsSync(file)) {
    const ok = existsSync(dirname(file));
    const hint = ok ? 'A scan with --store makes it.' : `Make the directory first: ${dirname(file)}`;
    return [{ what: 'store', ok, text: `${file} does not exist yet`, hint }];
  }
  const mode = statSync(file).mode & 0o777;
  const isPrivate = process.platform === 'win32' || (mode & 0o077) === 0;
  const permissions: Diagnosis = {
    what: 'store permissions',
    ok: isPrivate,
    text: mode.toString(8).padStart(4, '0'),
    ...(isPrivate ? {} : { hint: `Others can read it: chmod 600 ${file}` }),
  };
  const { openStore } = await import('../store/index.ts');
  try {
    const opened = await openStore({ mode: 'read', file, asItIs: true });
    try {
      const [row] = await opened.rows('SELECT count(*) AS runs, max(started_at) AS newest FROM runs');
      const text = `${file}: ${count(Number(row?.runs), 'run')}, newest ${String(row?.newest ?? 'none')}`;
      return [
        { what: 'store', ok: true, text },
        await storeVersion(opened),
        { what: 'store lock', ok: true, text: 'no other process writes it' },
        storeKey(io, file, await opened.setting('fingerprint_key_id')),
        permissions,
        disk('disk of the store', freeAt(dirname(file)), statSync(file).size),
      ];
    } finally {
      opened.close();
    }
  } catch (error) {
    if (!(error instanceof NhiAuditError)) throw error;
    return [
      { what: 'store', ok: false, text: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) },
      permissions,
    ];
  }
}

async function storeVersion(opened: Store): Promise<Diagnosis> {
  const [row] = await opened.rows('SELECT version, tool FROM schema_migrations ORDER BY version DESC LIMIT 1');
  const current = await opened.isCurrent();
  const schema = `schema ${String(row?.version)}, since nhi-audit ${String(row?.tool)}`;
  return {
    what: 'store version',
    ok: true,
    text: current ? `${schema}; its views are those of this version` : `${schema}; written by another version`,
    ...(current ? {} : { hint: 'The next command that reads it brings it forward; that needs to write the file once, alone.' }),
  };
}

/** Findings of secrets are joined over runs by fingerprints of one key. It is never made here. */
function storeKey(io: Io, file: string, expected: string | undefined): Diagnosis {
  const what = 'fingerprint key';
  const beside = `${file}.key`;
  const given = io.env.NHI_AUDIT_FINGERPRINT_KEY ?? '';
  if (expected === undefined) return { what, ok: true, text: 'none yet: the first run decides' };
  if (given === '' && !existsSync(beside)) {
    const hint = `Reports do not need it. To scan into this store, put ${beside} back or set NHI_AUDIT_FINGERPRINT_KEY.`;
    // An auditor is given the store without it.
    return { what, ok: true, text: `not beside the store, whose runs were made with ${expected}`, hint };
  }
  const from = given === '' ? beside : 'NHI_AUDIT_FINGERPRINT_KEY';
  const key = given === '' ? Buffer.from(readFileSync(beside, 'utf8').trim(), 'hex') : Buffer.from(given, 'utf8');
  if (fingerprintKeyId(key) === expected) return { what, ok: true, text: `${from}, with which its runs were made` };
  const hint = 'Use the key of the earlier runs, or a new store: with another key the findings of secrets all look new.';
  return { what, ok: false, text: `${from} is another key than the one of its runs (${expected})`, hint };
}
