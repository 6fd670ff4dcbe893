import { isDeepStrictEqual } from 'node:util';
import type { CoverageObservation, CredentialObservation, PathTarget, ScanContext } from '../contracts/index.ts';
import type { Passwords } from '../verify/passwords.ts';
import type { Sink } from './sink.ts';
import { readTarget, type TargetWork } from './targets.ts';

/** Of a target, what decides whether its passwords are at hand. */
export interface Reading {
  readonly target: PathTarget;
  readonly work: TargetWork;
  /** Some of it was as an earlier run of the store read it, and so not read. */
  isKept: boolean;
}

/** What the passwords of a target were held against, the last time. */
interface Held {
  readonly look: string;
  readonly verifiers: readonly string[];
  readonly why: readonly string[];
}

/** Not `held`: what earlier versions kept there were answers that heard no days. */
const HELD = 'held by day';

export interface HoldOptions {
  readonly readings: readonly Reading[];
  readonly sink: Sink;
  /** Tells the run of passwords and verifiers, and nobody of anything else. */
  readonly base: ScanContext;
  /** What was looked at, as the user chose it: passwords of what was left out were held against nothing. */
  readonly look: string;
  readonly log: ScanContext['log'];
}

/**
 * Holds passwords against verifiers. A password lives no longer than its run, so what an earlier run read is read again when
 * there is a verifier that its passwords were not held against; else the answers of that run stand.
 */
export async function* holdPasswords(
  passwords: Passwords,
  context: ScanContext,
  { readings, sink, base, look, log }: HoldOptions,
): AsyncGenerator<CredentialObservation | CoverageObservation> {
  const { verifiers } = passwords;
  const kept = readings.filter(({ isKept }) => isKept);
  const earlier = new Map<Reading, Held | undefined>();
  for (const reading of kept) earlier.set(reading, await heldBefore(reading, sink));
  const isAnswered = [...earlier.values()].every(
    // One that is gone may have been the newest.
    (held) => held?.look === look && isDeepStrictEqual(held.verifiers, verifiers),
  );
  if (!isAnswered) {
    const names = kept.map(({ target }) => target.name).join(', ');
    log.info(`Read again, for its passwords were not yet tried on the password hashes that this run knows: ${names}`);
    for (const { target, work } of kept) await readTarget(target, unkept(work, base));
  }
  const before = isAnswered ? [...earlier.values()].flatMap((held) => held?.why ?? []) : [];
  let why: readonly string[] = [];
  for await (const observation of passwords.run(context, { isAnswered, before })) {
    if (observation.kind === 'coverage') why = observation.why?.split('; ') ?? [];
    yield observation;
  }
  for (const { target } of readings) {
    const held: Held = { look, verifiers, why };
    await (await sink.memory(target.name, 'passwords'))?.set(HELD, Buffer.from(JSON.stringify(held)));
  }
}

async function heldBefore({ target }: Reading, sink: Sink): Promise<Held | undefined> {
  const bytes = await (await sink.memory(target.name, 'passwords'))?.get(HELD);
  return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString('utf8')) as Held);
}

/** The whole of it, kept by nobody: its observations are in the run already. */
function unkept({ detectors: _, onKept: __, ...work }: TargetWork, base: ScanContext): TargetWork {
  const nowhere = {
    part: async () => ({ known: false, add: async () => undefined }),
    memory: async () => undefined,
  };
  return { ...work, sink: nowhere, base, options: { ...work.options, full: true } };
}
