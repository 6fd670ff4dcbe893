import { type Io, stdoutContext } from '../io.ts';
import { resolveSubject } from '../trace/resolve.ts';
import { trimIdentity } from '../trace/trim.ts';
import type { Trimmed } from '../trace/trimmed.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { Layout } from '../util/layout.ts';
import { jsonText, printable } from '../util/sanitize.ts';
import { shellWord } from '../util/shell-word.ts';
import { oneOf } from './scan.ts';
import { type StoreOptions, withStore } from './with-store.ts';

/** What an identity used of its rights, as a policy to review. */
export async function trimCommand(io: Io, name: string, options: StoreOptions & { readonly format: string }): Promise<number> {
  const format = oneOf('--format', options.format, ['text', 'json']);
  const trimmed = await withStore(io, options, async (store) => {
    await store.materialise();
    const { identity } = await resolveSubject(store, name, shellWord(options.store));
    if (identity === undefined) {
      throw new ConfigError('That is a credential of no known identity', {
        code: 'TRIM',
        hint: 'Name an identity: nhi-audit identities lists them.',
      });
    }
    return await trimIdentity(store, identity);
  });
  await io.stdout(format === 'json' ? `${jsonText(trimmed, 2)}\n` : tell(trimmed, new Layout(stdoutContext(io))));
  return EXIT.clean;
}

function tell({ identity, what, text, removed, window, inconclusive, notes }: Trimmed, layout: Layout): string {
  const lines = [
    ...layout.block('', `${identity}: ${what} cut down to what was used`, 'bold'),
    ...layout.block('', `Rests on: ${window}.`),
    ...(inconclusive === undefined ? [] : layout.block('', `Inconclusive: ${inconclusive}.`, 'yellow')),
    ...notes.flatMap((note) => layout.block('', `Note: ${note}`)),
  ];
  if (removed.length > 0) {
    lines.push(...layout.heading('REMOVED'));
    for (const one of removed) lines.push(...layout.block('  ', one));
  }
  if (text !== undefined) {
    lines.push(...layout.heading('TO REVIEW, AND TO APPLY BY HAND'));
    // As it is to be pasted: no line of it is broken.
    lines.push(...text.replace(/\n$/, '').split('\n').map(indented));
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function indented(line: string): string {
  const lead = /^ */.exec(line)?.[0] ?? '';
  return lead + printable(line.slice(lead.length));
}
