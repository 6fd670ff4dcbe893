import { type IdentityId, parseIdentityId } from '../contracts/identity-id.ts';
import type { BulkMatch, CoverageObservation, CredentialObservation, Location, ScanContext } from '../contracts/index.ts';
import { isVerifier, mayBeDatabasePassword } from '../detect/keep.ts';
import type { Secret } from '../util/secret.ts';
import { isPasswordOf, MOST_ITERATIONS, parseStored, type StoredPassword } from './postgres-verifier.ts';

/** Found passwords, held against the verifiers that dumps of roles have: offline, whichever was read first. */
export interface PasswordsOptions {
  /** Rounds of key derivation in one run: some three seconds on one core. */
  readonly budget?: number;
}

/** What an earlier run of the store did of it. */
export interface Earlier {
  /** Passwords whose secret is not at hand were held against these verifiers then. */
  readonly isAnswered?: boolean;
  /** What was left out then. */
  readonly before?: readonly string[];
}

interface Verifier {
  readonly identity: IdentityId;
  readonly role: string;
  readonly host: string | undefined;
  readonly stored: StoredPassword;
  /** Keyed fingerprint of the verifier: what the answer rests on. */
  readonly fingerprint: string;
  readonly at: Location;
}

interface Candidate {
  readonly match: BulkMatch;
  readonly secret: Secret;
  readonly role: string | undefined;
  readonly host: string | undefined;
}

const BUDGET = 12_000_000;
/** A password without a user's name beside it is tried for every role, if there are few of both. */
const MOST_UNNAMED = 100;
const MOST_ROLES = 50;
const MOST_KEPT = 5000;

export class Passwords {
  readonly #budget: number;
  readonly #verifiers = new Map<string, Verifier>();
  readonly #candidates = new Map<string, Candidate>();
  /** Passwords that an earlier run found: their files are as they were, and were not read. */
  readonly #unread = new Map<string, BulkMatch>();
  #isCut = false;

  constructor({ budget = BUDGET }: PasswordsOptions = {}) {
    this.#budget = budget;
  }

  /** Is there anything to hold a password against? */
  get hasVerifiers(): boolean {
    return this.#verifiers.size > 0;
  }

  /** All that there are, by whose they are and their keyed fingerprint. */
  get verifiers(): readonly string[] {
    return [...this.#verifiers.values()].map(({ identity, fingerprint }) => `${identity} ${fingerprint}`).sort();
  }

  /** Notes a match, if it is a password or a verifier; nothing is computed yet. */
  offer(match: BulkMatch, at: Location): void {
    if (isVerifier(match)) this.#addVerifier(match, at);
    else if (mayBeDatabasePassword(match)) this.#addCandidate(match);
  }

  #addVerifier({ identity, secret, fingerprint, line }: BulkMatch, at: Location): void {
    const parts = identity === undefined ? undefined : parseIdentityId(identity);
    const stored = secret === undefined ? undefined : parseStored(secret.reveal());
    if (identity === undefined || parts === undefined || stored === undefined) return;
    const host = hostOf(parts.scope);
    this.#verifiers.set(`${identity}\0${fingerprint}`, {
      identity,
      role: parts.name,
      host,
      stored,
      fingerprint,
      at: { ...at, line },
    });
  }

  #addCandidate(match: BulkMatch): void {
    const { credential, identity, secret } = match;
    if (this.#candidates.has(credential)) return;
    if (secret === undefined) {
      this.#unread.set(credential, match);
      return;
    }
    if (this.#candidates.size >= MOST_KEPT) {
      this.#isCut = true;
      return;
    }
    const parts = identity === undefined ? undefined : parseIdentityId(identity);
    this.#candidates.set(credential, { match, secret, role: parts?.name, host: hostOf(parts?.scope) });
  }

  async *run(
    context: ScanContext,
    { isAnswered = false, before = [] }: Earlier = {},
  ): AsyncGenerator<CredentialObservation | CoverageObservation> {
    if (this.#verifiers.size === 0) return;
    const pairs = this.#pairs();
    const why: string[] = [...pairs.why];
    let spent = 0;
    let tried = 0;
    let left = 0;
    let current = 0;
    let changed = 0;
    const answers = new Map<Candidate, { match: Verifier | undefined; same: Verifier[] }>();
    context.progress.phase('Holding passwords against verifiers', pairs.all.length);
    for (const [candidate, verifier] of pairs.all) {
      context.signal.throwIfAborted();
      const { stored } = verifier;
      const cost = stored.method === 'md5' ? 1 : stored.iterations;
      const answer = answers.get(candidate) ?? { match: undefined, same: [] };
      answers.set(candidate, answer);
      context.progress.advance(1);
      if (cost > MOST_ITERATIONS || spent + cost > this.#budget) {
        left += 1;
        continue;
      }
      spent += cost;
      tried += 1;
      if (await isPasswordOf(stored, candidate.secret.reveal(), verifier.role)) {
        current += 1;
        yield proof(candidate.match, verifier, 'active');
        answer.match = verifier;
      } else if (candidate.role === verifier.role && candidate.host !== undefined && candidate.host === verifier.host)
        answer.same.push(verifier);
    }
    context.progress.end();
    // Only a dump that says of which host it is can tell that a password is no more.
    for (const [candidate, { match, same }] of answers) {
      const [verifier] = same;
      if (match !== undefined || verifier === undefined) continue;
      changed += 1;
      yield proof(candidate.match, verifier, 'revoked');
    }
    if (left > 0) why.push(`${left} of ${pairs.all.length} comparisons were left out: they would have taken too long`);
    if (this.#isCut) why.push(`only the first ${MOST_KEPT} passwords were kept for it`);
    const unread = isAnswered ? 0 : this.#countUnread();
    if (unread > 0)
      why.push(
        `${unread} passwords lie in files that are as an earlier run read them, and were not held against these verifiers: scan with --full`,
      );
    why.push(...before.filter((reason) => !why.includes(reason)));
    yield {
      kind: 'coverage',
      surface: 'postgres',
      subject: 'found passwords held against verifiers',
      outcome: why.length === 0 ? 'complete' : 'partial',
      ...(why.length === 0 ? {} : { why: why.join('; ') }),
      covers: ['credential'],
      seen: pairs.all.length,
      read: tried,
      skipped: left,
      failed: 0,
      detail: { verifiers: this.#verifiers.size, current, changed },
    };
  }

  /** Those first whose user is called like the role. */
  #pairs(): { readonly all: readonly (readonly [Candidate, Verifier])[]; readonly why: readonly string[] } {
    const byRole = new Map<string, Verifier[]>();
    for (const verifier of this.#verifiers.values()) byRole.set(verifier.role, [...(byRole.get(verifier.role) ?? []), verifier]);
    const named: (readonly [Candidate, Verifier])[] = [];
    const unnamed: Candidate[] = [];
    for (const candidate of this.#candidates.values()) {
      if (candidate.role === undefined) unnamed.push(candidate);
      else for (const verifier of byRole.get(candidate.role) ?? []) named.push([candidate, verifier]);
    }
    if (unnamed.length === 0) return { all: named, why: [] };
    if (this.#verifiers.size > MOST_ROLES) {
      return {
        all: named,
        why: [
          `${unnamed.length} passwords without a user's name beside them were not tried: there are more than ${MOST_ROLES} roles`,
        ],
      };
    }
    const sure = unnamed.toSorted((a, b) => rank(a.match) - rank(b.match)).slice(0, MOST_UNNAMED);
    const why =
      unnamed.length > sure.length
        ? [`${unnamed.length - sure.length} passwords without a user's name beside them were not tried`]
        : [];
    const verifiers = [...this.#verifiers.values()];
    return { all: [...named, ...sure.flatMap((candidate) => verifiers.map((verifier) => [candidate, verifier] as const))], why };
  }

  #countUnread(): number {
    const roles = new Set([...this.#verifiers.values()].map(({ role }) => role));
    let unread = 0;
    for (const [credential, { identity }] of this.#unread) {
      const role = identity === undefined ? undefined : parseIdentityId(identity)?.name;
      if (!this.#candidates.has(credential) && (role === undefined || roles.has(role))) unread += 1;
    }
    return unread;
  }
}

/** `db.harbour.internal` of `db.harbour.internal:5433/orders`; a name of this machine is none. */
function hostOf(scope: string | undefined): string | undefined {
  const host = scope?.split('/')[0]?.replace(/:\d+$/, '').toLowerCase();
  return host === undefined || host === '' || /^(?:localhost|127\.|0\.0\.0\.0$|\[?::1)/.test(host) ? undefined : host;
}

function rank({ confidence, strength }: BulkMatch): number {
  return ['high', 'medium', 'low'].indexOf(confidence) + (strength === 'strong' ? -0.5 : 0);
}

/** What was learnt, as an inventory would tell it. It holds as long as both the password and the verifier are there. */
function proof(match: BulkMatch, verifier: Verifier, status: 'active' | 'revoked'): CredentialObservation {
  return {
    kind: 'credential',
    id: match.credential,
    identity: verifier.identity,
    provider: 'postgres',
    type: 'password',
    fingerprint: match.fingerprint,
    status,
    at: verifier.at,
    detail: {
      basis: 'verifier',
      method: verifier.stored.method,
      verifier: verifier.fingerprint,
      ...(status === 'revoked' ? { answer: 'not the current password' } : {}),
    },
  };
}
