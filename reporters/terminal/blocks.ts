import type { Finding } from '../../src/contracts/finding.ts';
import { SEVERITIES } from '../../src/contracts/finding.ts';
import { weigh } from '../../src/util/fixes.ts';
import { compare } from '../../src/util/report-text.ts';
import { byUrgency, groupBy, urgency } from './order.ts';

/** What is told together: all findings about one identity, or one credential; else those of one rule and severity. */
export interface Block {
  readonly kind: 'identity' | 'credential' | 'rule';
  readonly key: string;
  /** The gravest first. */
  readonly findings: readonly [Finding, ...Finding[]];
}

/** Blocks of one shape (the same rules at as many identities) that come before the next shape has its turn again. */
const OF_ONE_SHAPE = 3;

/**
 * The gravest first. In a severity what is known of identities before what is known of rules, the heaviest before the rest; and
 * of thirty identities with the same old key three, then what else is as grave.
 */
export function blocksOf(open: readonly Finding[]): Block[] {
  const ordered = byUrgency(open);
  const ofCredential = groupBy(
    ordered.filter((finding) => finding.identity === undefined && finding.credential !== undefined),
    (finding) => finding.credential ?? '',
  );
  const keyOf = ({ identity, credential, severity, rule }: Finding): string => {
    if (identity !== undefined) return `identity ${identity}`;
    if (credential !== undefined && (ofCredential.get(credential)?.length ?? 0) > 1) return `credential ${credential}`;
    return `rule ${severity} ${rule}`;
  };
  const blocks = [...groupBy(ordered, keyOf)].map(([key, findings]) => ({
    kind: key.slice(0, key.indexOf(' ')) as Block['kind'],
    key,
    findings: findings as [Finding, ...Finding[]],
    weight: weigh(findings),
  }));
  blocks.sort(
    (a, b) =>
      worst(b) - worst(a) ||
      Number(a.kind === 'rule') - Number(b.kind === 'rule') ||
      (a.kind === 'rule' ? urgency(a.findings[0]) - urgency(b.findings[0]) : b.weight - a.weight) ||
      compare(a.key, b.key),
  );
  const met = new Map<string, number>();
  const ranked = blocks.map((block) => {
    const shape = shapeOf(block);
    const before = met.get(shape) ?? 0;
    met.set(shape, before + 1);
    return { block, turn: Math.floor(before / OF_ONE_SHAPE) };
  });
  // The sort is stable: within a turn the order above holds.
  ranked.sort((a, b) => worst(b.block) - worst(a.block) || a.turn - b.turn);
  return ranked.map(({ block: { kind, key, findings } }) => ({ kind, key, findings }));
}

/** Severity and rules: two blocks of one shape read alike but for the name. */
export function shapeOf({ kind, findings }: Pick<Block, 'kind' | 'findings'>): string {
  return `${kind} ${findings[0].severity} ${[...new Set(findings.map(({ rule }) => rule))].sort(compare).join(' ')}`;
}

function worst({ findings }: Pick<Block, 'findings'>): number {
  return SEVERITIES.indexOf(findings[0].severity);
}
