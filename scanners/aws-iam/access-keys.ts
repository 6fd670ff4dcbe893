import {
  awsUserId,
  type CredentialObservation,
  credentialId,
  type IdentityId,
  type Location,
} from '../../src/contracts/index.ts';
import { awsAccountOf } from '../../src/iam/index.ts';
import type { AccessKeyLastUsed, AccessKeyMetadata } from './schema.ts';

/** An access key as lists and last-used answers tell it, merged by id. */
export interface AccessKey {
  readonly id: string;
  readonly user?: string;
  readonly status?: string;
  readonly createdAt?: string;
  readonly lastUsed?: AccessKeyLastUsed;
}

/** Keys by id; the same key listed twice is one. */
export class KeyRing {
  readonly #keys = new Map<string, AccessKey>();

  list(key: AccessKeyMetadata): void {
    const known = this.#keys.get(key.id);
    this.#keys.set(key.id, {
      ...known,
      id: key.id,
      ...(key.user === undefined ? {} : { user: key.user }),
      ...(key.status === undefined ? {} : { status: key.status }),
      ...(key.createdAt === undefined ? {} : { createdAt: key.createdAt }),
    });
  }

  used(id: string, lastUsed: AccessKeyLastUsed): void {
    const known = this.#keys.get(id);
    const user = known?.user ?? lastUsed.user;
    this.#keys.set(id, { ...known, id, lastUsed, ...(user === undefined ? {} : { user }) });
  }

  /** The only key of a user, where a last-used answer does not say which key it is about. */
  onlyKeyOf(user: string): string | undefined {
    const mine = [...this.#keys.values()].filter((key) => key.user === user);
    return mine.length === 1 ? mine[0]?.id : undefined;
  }

  [Symbol.iterator](): Iterator<AccessKey> {
    return this.#keys.values();
  }

  get size(): number {
    return this.#keys.size;
  }
}

/**
 * Lists name the user but not its account: the account comes from `accountOf` (the same input knows the user), from the
 * key id itself, or stays unknown.
 */
export function accessKeyRow(
  key: AccessKey,
  at: Location,
  accountOf: (user: string) => string | undefined,
): CredentialObservation {
  const { lastUsed, user } = key;
  const account = user === undefined ? undefined : accountOf(user);
  const decoded = awsAccountOf(key.id);
  const identity: IdentityId | undefined = user === undefined ? undefined : awsUserId(account ?? decoded, user);
  const detail = {
    ...(account === undefined && decoded !== undefined ? { accountFrom: 'key id' } : {}),
    // Without a date AWS says that it was never used; without an answer nobody says anything.
    ...(lastUsed === undefined ? {} : { useIsTold: true }),
  };
  const usedFor = [lastUsed?.service, lastUsed?.region].filter((part) => part !== undefined).join(' ');
  return {
    kind: 'credential',
    id: credentialId('aws', 'access-key', key.id),
    provider: 'aws',
    type: 'access-key',
    publicId: key.id,
    ...(identity === undefined ? {} : { identity }),
    ...(key.createdAt === undefined ? {} : { createdAt: key.createdAt }),
    ...(lastUsed?.usedAt === undefined ? {} : { lastUsedAt: lastUsed.usedAt }),
    ...(usedFor === '' ? {} : { lastUsedFor: usedFor }),
    ...(key.status === undefined ? {} : { status: key.status.toLowerCase() === 'active' ? 'active' : 'inactive' }),
    ...(key.id.startsWith('AKIA') ? { neverExpires: true } : {}),
    at: { ...at, pointer: key.id },
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
}
