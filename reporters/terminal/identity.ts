import type { IdentityView } from '../../src/contracts/reporter.ts';
import { count } from '../../src/util/report-text.ts';
import { clip } from '../../src/util/sanitize.ts';

const NAME_MAX = 160;

/** `owner jo@harbour.example has left; can: admin; 2 credentials, seen at 4 places; 7 gateway sessions; last used 2026-03-11` */
export function describe(identity: IdentityView): string {
  const parts = [ownership(identity)];
  if (identity.environment !== undefined) parts.push(clip(identity.environment, 40));
  if (identity.capabilities.length > 0) parts.push(`can: ${clip(identity.capabilities.join(', '), NAME_MAX)}`);
  if (identity.credentials > 0 || identity.sightings > 0) {
    const seen = identity.sightings > 0 ? `, seen at ${count(identity.sightings, 'place')}` : '';
    parts.push(`${count(identity.credentials, 'credential')}${seen}`);
  }
  if (identity.consumers > 0) parts.push(`used by ${count(identity.consumers, 'consumer')}`);
  if (identity.sessions > 0) parts.push(count(identity.sessions, 'session'));
  if (identity.lastUsedAt !== undefined) parts.push(`last used ${identity.lastUsedAt.slice(0, 10)}`);
  if (identity.enabled === false) parts.push('disabled');
  return parts.join('; ');
}

function ownership(identity: IdentityView): string {
  const owner = identity.owner === undefined ? 'owner' : `owner ${clip(identity.owner, 80)}`;
  switch (identity.ownership) {
    case 'owned':
      return owner;
    case 'owner-left':
      return `${owner} has left`;
    case 'unowned':
      return 'no owner known';
    default:
      return `${owner} (${identity.ownership})`;
  }
}
