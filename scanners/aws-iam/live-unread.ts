import type { Observation, ObservationKind } from '../../src/contracts/index.ts';
import type { Details } from './authorization-details.ts';
import type { RoleDetail } from './schema.ts';
import { coverage, type Session } from './session.ts';

/** What files tell and the live scan does not ask for. */
const UNREAD: readonly {
  readonly what: string;
  readonly covers: readonly ObservationKind[];
  readonly exports: string;
  /** Where an account has no such role there is nothing to be asked. */
  readonly isMet: (role: RoleDetail) => boolean;
}[] = [
  {
    what: 'Roles Anywhere',
    covers: ['trust'],
    exports: 'aws rolesanywhere list-trust-anchors, list-profiles, list-subjects',
    isMet: ({ trust }) => JSON.stringify(trust ?? '').includes('rolesanywhere.amazonaws.com'),
  },
  {
    what: 'Identity Center',
    covers: ['trust'],
    exports: 'aws sso-admin list-account-assignments and the rest of its script',
    isMet: ({ name }) => name.startsWith('AWSReservedSSO_'),
  },
];

/** Said, so that nobody takes it for looked at. After credentials that nothing accepts the first row has said it all. */
export function* tellUnread(session: Session, { roles }: Details): Generator<Observation> {
  if (session.fatal !== undefined) return;
  for (const { what, covers, exports, isMet } of UNREAD) {
    if (![...roles.values()].some(isMet)) continue;
    const why = `a live scan does not ask for it: export it (${exports}; see scanners/aws-iam/README.md) and scan the files, too`;
    yield coverage(session, what, covers, { outcome: 'unsupported', why: [why], seen: 0 });
  }
}
