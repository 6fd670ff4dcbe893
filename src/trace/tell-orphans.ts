import type { Layout } from '../util/layout.ts';
import { printable } from '../util/sanitize.ts';
import type { Step } from './decommission.ts';
import type { Evidence, Orphan, Orphans } from './orphans.ts';

/** Each orphan: what speaks for and against it, what breaks, and the steps, as text to review. */
export function* tellOrphans({ orphans, judged, notJudged }: Orphans, layout: Layout): Iterable<string> {
  for (const [index, orphan] of orphans.entries()) {
    if (index > 0) yield layout.paint('─'.repeat(layout.width), 'dim');
    yield* tellOne(orphan, layout);
    yield '';
  }
  const many = orphans.length === 1 ? '1 identity is' : `${orphans.length} identities are`;
  yield* layout.block('', `${many} orphaned, of ${judged} whose use some source tells.`);
  if (notJudged > 0) {
    yield* layout.block(
      '',
      `${notJudged} more cannot be judged: nothing that was read uses them, and no source tells of their use.`,
    );
  }
  if (orphans.length > 0) yield* layout.block('', 'The plans are text to review. None of it was done, and nothing here does it.');
}

function* tellOne(orphan: Orphan, layout: Layout): Iterable<string> {
  yield* layout.block('', `${orphan.identity}  (${orphan.type})`, 'bold');
  yield* section('Why it seems that nobody needs it', orphan.evidenceFor, layout);
  yield* section('What speaks against that', orphan.evidenceAgainst, layout);
  yield* section('What breaks if it goes', orphan.breaks, layout);
  if (orphan.credentials.length > 0) {
    yield* layout.heading('CREDENTIALS');
    for (const { id, type, status, lastUsed } of orphan.credentials) {
      yield* layout.block(
        '  ',
        `${type} ${id}  (${[status, lastUsed === undefined ? 'no use on record' : `last used ${lastUsed}`].join('; ')})`,
      );
    }
  }
  if (orphan.reaches.length > 0) {
    yield* layout.heading('WHAT IT COULD DO');
    yield* layout.block('  ', orphan.reaches.join(', '));
  }
  yield* layout.heading('PLAN');
  for (const [index, step] of orphan.plan.entries()) yield* tellStep(index + 1, step, layout);
}

function* section(title: string, items: readonly Evidence[], layout: Layout): Iterable<string> {
  if (items.length === 0) return;
  yield* layout.heading(title.toUpperCase());
  for (const { text, place } of items)
    yield* layout.block('  ', place === undefined || place === '' ? text : `${text}  (${place})`);
}

function* tellStep(number: number, { phase, text, command, undo }: Step, layout: Layout): Iterable<string> {
  yield* layout.tagged('  ', `${String(number).padStart(2)}. ${phase.padEnd(7)} `, [], text);
  // A command that is broken over lines is no command any more.
  if (command !== undefined) yield `        ${printable(command)}`;
  if (undo !== undefined) yield `        undo: ${printable(undo)}`;
}
