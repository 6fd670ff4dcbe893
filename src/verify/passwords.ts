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
  readonly server: string | undefined;
  readonly stored: StoredPassword;
  /** Keyed fingerprint of the verifier: what the answer rests on. */
  readonly fingerprint: string;
  readonly at: Location;
  /** When its dump was begun, where that says so. */
  readonly takenAt: string | undefined;
}

interface Answer {
  readonly fits: Verifier[];
  /** Those of the server and role that the password is said to be of. */
  readonly differs: Verifier[];
}

interface Candidate {
  readonly match: BulkMatch;
  readonly secret: Secret;
  readonly role: string | undefined;
  readonly server: string | undefined;
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

  #addVerifier({ identity, secret, fingerprint, line, takenAt }: BulkMatch, at: Location): void {
    const parts = identity === undefined ? undefined : parseIdentityId(identity);
    const stored = secret === undefined ? undefined : parseStored(secret.reveal());
    if (identity === undefined || parts === undefined || stored === undefined) return;
    const key = `${identity}\0${fingerprint}`;
    const known = this.#verifiers.get(key);
    // Of several dumps with the same, the newest says until when it was kept.
    if (known !== undefined && (known.takenAt ?? '') >= (takenAt ?? '')) return;
    this.#verifiers.set(key, {
      identity,
      role: parts.name,
      server: serverOf(parts.scope),
      stored,
      fingerprint,
      at: { ...at, line },
      takenAt,
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
    this.#candidates.set(credential, { match, secret, role: parts?.name, server: serverOf(parts?.scope) });
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
    let unsure = 0;
    let current = 0;
    let changed = 0;
    const answers = new Map<Candidate, Answer>();
    const isLeft = new Set<Candidate>();
    context.progress.phase('Holding passwords against verifiers', pairs.all.length);
    for (const [candidate, verifier] of pairs.all) {
      context.signal.throwIfAborted();
      const { stored } = verifier;
      const cost = stored.method === 'md5' ? 1 : stored.iterations;
      const answer = answers.get(candidate) ?? { fits: [], differs: [] };
      answers.set(candidate, answer);
      context.progress.advance(1);
      if (cost > MOST_ITERATIONS || spent + cost > this.#budget) {
        left += 1;
        isLeft.add(candidate);
        continue;
      }
      spent += cost;
      tried += 1;
      if (await isPasswordOf(stored, candidate.secret.reveal(), verifier.role)) answer.fits.push(verifier);
      else if (isOf(candidate, verifier)) answer.differs.push(verifier);
    }
    context.progress.end();
    const standings = standingsOf(this.#verifiers.values());
    for (const [candidate, { fits, differs }] of answers) {
      const now = fits.filter((verifier) => standings.get(verifier) === 'newest');
      for (const verifier of now) yield proof(candidate.match, verifier, 'active');
      if (now.length > 0) {
        current += 1;
        continue;
      }
      const newest = isLeft.has(candidate) ? undefined : differs.find((verifier) => standings.get(verifier) === 'newest');
      const isGone = newest !== undefined && fits.length > 0 && fits.every((older) => isOf(candidate, older));
      if (isGone) changed += 1;
      else if (fits.length > 0) unsure += 1;
      const [verifier] = newest === undefined ? [...fits, ...differs] : [newest];
      if (verifier === undefined) continue;
      // A dump tells of its own day alone. The store knows the days of the commits that brought the password, and judges.
      const day = newest !== undefined && fits.length === 0 ? newest.takenAt : undefined;
      yield proof(candidate.match, verifier, isGone ? 'revoked' : undefined, day);
    }
    if (unsure > 0)
      why.push(
        `whether ${unsure} passwords are current is not known: they fit one of several verifiers of a role, and it is not known which is the newest; make dumps with --verbose, which have their day, write the host in the first line, or give the newest alone`,
      );
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

/** `db.harbour.internal:5433` of `db.harbour.internal:5433/orders`; a name of this machine is none. */
function serverOf(scope: string | undefined): string | undefined {
  const server = scope?.split('/')[0]?.toLowerCase();
  if (server === undefined || server === '' || /^(?:localhost|127\.|0\.0\.0\.0(?:$|:)|\[?::1)/.test(server)) return undefined;
  return /:\d+$/.test(server) ? server : `${server}:5432`;
}

/** Is the verifier of the role and server that stand beside the password? */
function isOf({ role, server }: Candidate, verifier: Verifier): boolean {
  return role === verifier.role && server !== undefined && server === verifier.server;
}

type Standing = 'newest' | 'older' | 'unsure';

/**
 * Of several verifiers of one role the server has one. The newest is it, where all dumps tell their day. Dumps that do not tell
 * their server may be of several: then an older one may be that of another.
 */
function standingsOf(verifiers: Iterable<Verifier>): ReadonlyMap<Verifier, Standing> {
  const groups = new Map<string, Verifier[]>();
  for (const verifier of verifiers) {
    const key = `${verifier.server ?? ''}\0${verifier.role}`;
    groups.set(key, [...(groups.get(key) ?? []), verifier]);
  }
  const standings = new Map<Verifier, Standing>();
  for (const group of groups.values()) {
    const days = group.map(({ takenAt }) => takenAt ?? '').sort();
    const last = days.at(-1);
    const isOne = new Set(group.map(({ fingerprint }) => fingerprint)).size === 1;
    const newest = new Set(group.filter(({ takenAt }) => takenAt === last).map(({ fingerprint }) => fingerprint));
    const isKnown = isOne || (days[0] !== '' && newest.size === 1);
    for (const verifier of group) {
      const isNewest = isOne || newest.has(verifier.fingerprint);
      standings.set(verifier, !isKnown ? 'unsure' : isNewest ? 'newest' : verifier.server === undefined ? 'unsure' : 'older');
    }
  }
  return standings;
}

function rank({ confidence, strength }: BulkMatch): number {
  return ['high', 'medium', 'low'].indexOf(confidence) + (strength === 'strong' ? -0.5 : 0);
}

/**
 * What was learnt, as an inventory would tell it. It holds as long as both the password and the verifier are there, or until a
 * later run learns otherwise: without a status, that it is not known.
 */
function proof(
  match: BulkMatch,
  verifier: Verifier,
  status: 'active' | 'revoked' | undefined,
  day?: string,
): CredentialObservation {
  const answer = status !== undefined ? 'not the current password' : day === undefined ? 'not known' : 'not the password then';
  return {
    kind: 'credential',
    id: match.credential,
    identity: verifier.identity,
    provider: 'postgres',
    type: 'password',
    ...(status === undefined ? {} : { fingerprint: match.fingerprint, status }),
    at: verifier.at,
    detail: {
      basis: 'verifier',
      method: verifier.stored.method,
      verifier: verifier.fingerprint,
      ...(status === 'active' ? {} : { answer }),
      ...(day === undefined ? {} : { takenAt: day }),
    },
  };
}
