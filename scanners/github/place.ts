import type { Location } from '../../src/contracts/index.ts';
import type { Endpoint } from './endpoints.ts';

/** Whose answer it is, and what the rows of it need beside themselves. */
export interface Place {
  /** Login of the organisation or owner. */
  readonly org?: string;
  /** `owner/repo` */
  readonly repository?: string;
  readonly environment?: string;
  readonly endpoint: Endpoint;
  /** Of the repository, where a list told: `public`, `private`, `internal`. */
  readonly visibility?: string;
  readonly archived?: boolean;
  /** The repositories that were chosen: for a token by the id of the grant, for a secret by its name. */
  readonly reach?: ReadonlyMap<string, readonly string[]>;
  /** Who made an app, by its slug. */
  readonly makers?: ReadonlyMap<string, string>;
  readonly at: Location;
}

/** What ids are scoped by: the repository, else the organisation, else nothing is known. */
export function scopeOf(place: Pick<Place, 'org' | 'repository'>): string | undefined {
  return (place.repository ?? place.org)?.toLowerCase();
}

/** `https://api.github.com/repos/harbour/shop/keys/1` or a server's `…/api/v3/orgs/harbour/…`: whose it is. */
export function placeInUrl(url: string | undefined): Pick<Place, 'org' | 'repository'> {
  const { org, owner, repo } =
    /^https?:\/\/[^/]+\/(?:api\/v3\/)?(?:orgs\/(?<org>[^/?#]+)|repos\/(?<owner>[^/?#]+)\/(?<repo>[^/?#]+))/.exec(url ?? '')
      ?.groups ?? {};
  if (org !== undefined) return { org };
  return owner === undefined || repo === undefined ? {} : { org: owner, repository: `${owner}/${repo}` };
}

/** Where an entry stands: in a file by its call's own words, live behind the target's. */
export function atOf(place: Place, pointer: string): Location {
  const { pointer: within } = place.at;
  return { ...place.at, pointer: within === undefined ? pointer : `${within} ${pointer}` };
}
