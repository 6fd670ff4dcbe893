import type { z } from 'zod';
import type { Observation, ObservationKind } from '../../src/contracts/index.ts';
import { problemText } from '../../src/formats/answer.ts';
import type { ReportRow } from './credential-report.ts';
import type { Failure } from './failure.ts';
import type { NamedUser } from './live-keys.ts';
import { askEach, attempt, blocked, coverage, type Session } from './session.ts';
import {
  ServiceSpecificCredential,
  SigningCertificate,
  SshPublicKey,
  type UserCredential,
  userCredentialRow,
} from './user-credentials.ts';

const COVERS: readonly ObservationKind[] = ['credential'];

/** What the credential report does not list, or not by id. */
export async function* scanCredentials(
  session: Session,
  users: readonly NamedUser[] | Failure,
  report: readonly ReportRow[],
): AsyncGenerator<Observation> {
  yield* scanServiceCredentials(session);
  if ('outcome' in users) {
    for (const what of ['SSH public keys', 'signing certificates']) {
      yield coverage(session, what, COVERS, { outcome: users.outcome, why: [`the users are not known: ${users.why}`] });
    }
    return;
  }
  yield* scanOfUsers(session, 'SSH public keys', 'iam:ListSSHPublicKeys', SshPublicKey, users, (user) =>
    session.api.sshKeys(user),
  );
  // The report tells who has a certificate: nobody else is asked about.
  const without = new Set(report.filter((row) => !hasCertificate(row)).map((row) => row.arn));
  const asked = users.filter((user) => user.arn === undefined || !without.has(user.arn));
  yield* scanOfUsers(session, 'signing certificates', 'iam:ListSigningCertificates', SigningCertificate, asked, (user) =>
    session.api.certificates(user),
  );
}

async function* scanServiceCredentials(session: Session): AsyncGenerator<Observation> {
  const what = 'service-specific credentials';
  if (session.fatal !== undefined) {
    yield blocked(session, what, COVERS);
    return;
  }
  const got = await attempt(session, 'iam:ListServiceSpecificCredentials', () => session.api.serviceCredentials());
  if (!got.ok) {
    yield coverage(session, what, COVERS, { outcome: got.failure.outcome, why: [got.failure.why] });
    return;
  }
  const problems: string[] = [];
  for (const raw of got.value) {
    const one = read(ServiceSpecificCredential, raw, what, problems);
    if (one !== undefined) yield userCredentialRow(one, session.at, () => session.account);
  }
  const outcome = problems.length === 0 ? 'complete' : 'partial';
  yield coverage(session, what, COVERS, { outcome, why: problems, seen: got.value.length, failed: problems.length });
}

async function* scanOfUsers(
  session: Session,
  what: string,
  right: string,
  schema: z.ZodType<UserCredential>,
  users: readonly NamedUser[],
  list: (user: string) => Promise<readonly object[]>,
): AsyncGenerator<Observation> {
  if (session.fatal !== undefined) {
    yield blocked(session, what, COVERS);
    return;
  }
  const found = new Map<NamedUser, readonly object[]>();
  const { read: asked, failure } = await askEach(session, {
    title: `AWS IAM: ${what}`,
    right,
    items: users,
    ask: async (user) => {
      found.set(user, await list(user.name));
    },
  });
  const problems: string[] = [];
  for (const user of users) {
    for (const raw of found.get(user) ?? []) {
      const one = read(schema, raw, `${what} of ${user.name}`, problems);
      if (one !== undefined) yield userCredentialRow(one, session.at, () => user.account ?? session.account);
    }
  }
  const failed = users.length - asked;
  const why =
    failure === undefined ? problems : [`those of ${failed} of ${users.length} users were not read: ${failure.why}`, ...problems];
  yield coverage(session, what, COVERS, {
    outcome: failure !== undefined && asked === 0 ? failure.outcome : why.length === 0 ? 'complete' : 'partial',
    why,
    seen: users.length,
    failed,
  });
}

function read(schema: z.ZodType<UserCredential>, raw: unknown, where: string, problems: string[]): UserCredential | undefined {
  const one = schema.safeParse(raw);
  if (one.success) return one.data;
  problems.push(problemText(where, one.error));
  return undefined;
}

function hasCertificate({ cell }: ReportRow): boolean {
  return [1, 2].some((slot) => cell(`cert_${slot}_active`) === 'true' || cell(`cert_${slot}_last_rotated`) !== undefined);
}
