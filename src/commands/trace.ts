import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Io, stdoutContext } from '../io.ts';
import { type Trace, traceFacts } from '../trace/facts.ts';
import { resolveSubjects, type Subject } from '../trace/resolve.ts';
import { tell } from '../trace/tell.ts';
import { ConfigError, EXIT } from '../util/errors.ts';
import { Layout } from '../util/layout.ts';
import { jsonText } from '../util/sanitize.ts';
import { shellWord } from '../util/shell-word.ts';
import { withoutBigints } from '../util/table.ts';
import { oneOf } from './scan.ts';
import { type StoreOptions, withStore } from './with-store.ts';

interface TraceOptions extends StoreOptions {
  readonly format: string;
}

/** One key or identity, end to end. */
export async function traceCommand(io: Io, key: string, options: TraceOptions): Promise<number> {
  const text = key === '-' ? await fingerprintOfInput(io, options) : key;
  const format = oneOf('--format', options.format, ['text', 'json']);
  const told = await withStore(io, options, async (store) => {
    // A dozen questions to nested views: three times as fast over tables.
    await store.materialise();
    const subjects = await resolveSubjects(store, text, shellWord(options.store));
    const traces: { readonly subject: Subject; readonly trace: Trace }[] = [];
    for (const subject of subjects) traces.push({ subject, trace: await traceFacts(store, subject) });
    if (format === 'json') {
      const chains = traces.map(({ subject, trace }) => ({ subject, ...trace }));
      return jsonText(withoutBigints(chains.length === 1 ? chains[0] : chains), 2);
    }
    return [...tellAll(text, traces, new Layout(stdoutContext(io)))].map((line) => line.trimEnd()).join('\n');
  });
  await io.stdout(`${told}\n`);
  return EXIT.clean;
}

/** Several are all that one owner, or one secret, has: said first, then one after the other. */
function* tellAll(
  text: string,
  traces: readonly { readonly subject: Subject; readonly trace: Trace }[],
  layout: Layout,
): Iterable<string> {
  if (traces.length > 1) {
    const isSecret = traces.some(({ subject }) => subject.identity === undefined) || /^[0-9a-f]{8,64}$/i.test(text);
    yield* layout.block('', isSecret ? 'That secret is known in several ways:' : `${traces.length} identities of ${text}:`);
    for (const { subject } of traces) yield* layout.block('  ', subject.identity ?? 'a credential of no known identity');
  }
  for (const [index, { subject, trace }] of traces.entries()) {
    if (traces.length > 1) yield* ['', layout.paint('─'.repeat(layout.width), 'dim'), `${index + 1} of ${traces.length}`];
    yield* tell(subject, trace, layout);
  }
}

/** A secret comes by standard input, never by an argument that others can see; only its fingerprint is looked up. */
async function fingerprintOfInput(io: Io, options: TraceOptions): Promise<string> {
  const { fingerprint } = await import('../util/fingerprint.ts');
  const { fingerprintKey } = await import('../store/fingerprint-key.ts');
  const { Secret } = await import('../util/secret.ts');
  const secret = new Secret(readFileSync(0, 'utf8').replace(/\r?\n$/, ''));
  if (secret.length < 4) {
    throw new ConfigError('Standard input holds no secret', {
      code: 'USAGE',
      hint: `For example: pbpaste | nhi-audit trace - --store ${shellWord(options.store)}`,
    });
  }
  return fingerprint(secret, fingerprintKey(io.env, resolve(io.directory, options.store)).key);
}
