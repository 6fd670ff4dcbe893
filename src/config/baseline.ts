import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { SEVERITIES, type Severity } from '../contracts/finding.ts';
import { ConfigError, messageOf } from '../util/errors.ts';
import { EPHEMERAL } from '../util/fingerprint.ts';

export interface Baseline {
  /** Fingerprints of findings that are known already, and how grave they were. */
  readonly known: ReadonlyMap<string, Severity | undefined>;
  /** Which key made the fingerprints of their secrets. */
  readonly keyId: string | undefined;
  /** Another tool's file (a detect-secrets baseline, a gitleaks report), parsed but not understood yet. */
  readonly foreign?: { readonly file: string; readonly value: unknown };
}

/** What an earlier JSON report found. Throws `ConfigError` when the file is none. */
export function readBaseline(file: string): Baseline {
  if (!existsSync(file)) {
    throw new ConfigError(`There is no baseline at ${file}`, {
      code: 'BASELINE',
      hint: 'Make one with: nhi-audit scan -o json=baseline.json (and set NHI_AUDIT_FINGERPRINT_KEY for both runs)',
    });
  }
  let report: unknown;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`The baseline ${file} is not JSON: ${messageOf(error)}`, { code: 'BASELINE', cause: error });
  }
  const isForeign = Array.isArray(report) || (typeof report === 'object' && report !== null && 'results' in report);
  if (isForeign) return { known: new Map(), keyId: undefined, foreign: { file: basename(file), value: report } };
  const findings = typeof report === 'object' && report !== null && 'findings' in report ? report.findings : undefined;
  if (!Array.isArray(findings)) {
    throw new ConfigError(
      `The baseline ${file} is neither a JSON report of nhi-audit, nor a baseline of detect-secrets, nor a report of gitleaks`,
      {
        code: 'BASELINE',
        hint: 'Make one with: nhi-audit scan -o json=baseline.json (and set NHI_AUDIT_FINGERPRINT_KEY for both runs)',
      },
    );
  }
  const run = (report as { readonly run?: { readonly fingerprintKeyId?: unknown } }).run;
  return {
    known: new Map(
      findings.flatMap((f) =>
        typeof f?.fingerprint === 'string' ? [[f.fingerprint, SEVERITIES.find((s) => s === f.severity)]] : [],
      ),
    ),
    keyId: typeof run?.fingerprintKeyId === 'string' ? run.fingerprintKeyId : undefined,
  };
}

/**
 * A secret without a public id is known by its keyed fingerprint alone: under another key the same finding looks new.
 * Throws `ConfigError` rather than let all of them come back.
 */
export function assertSameKey(baseline: Baseline, keyId: string): void {
  if (baseline.foreign !== undefined || (baseline.keyId === keyId && keyId !== EPHEMERAL)) return;
  throw new ConfigError('The baseline was made with another fingerprint key, so its findings cannot be compared', {
    code: 'BASELINE_KEY',
    hint: 'Set NHI_AUDIT_FINGERPRINT_KEY to the same value for both runs (make one with: openssl rand -hex 32), or use the same --store.',
  });
}
