import type { CoverageObservation, Location } from '../../src/contracts/index.ts';
import type { GrantTally } from '../../src/iam/grants.ts';
import type { OidcProvider } from './schema.ts';

/** Problems quoted in one coverage row. */
const QUOTED = 3;

export function quoted(all: readonly string[]): string[] {
  return all.length <= QUOTED ? [...all] : [...all.slice(0, QUOTED), `${all.length - QUOTED} more like these`];
}

/** What keeps judged rights from being sure. */
export function tallyReasons(tally: GrantTally): string[] {
  const why = quoted([...tally.malformed]);
  if (tally.missing.size > 0) {
    why.push(
      `documents are missing for ${quoted([...tally.missing]).join(', ')}: export authorization details without --filter, all pages in one file`,
    );
  }
  return why;
}

/** Plain grant rows beyond the caps are judged but not listed; that hides nothing from a check of capabilities. */
export function tallyDetail(tally: GrantTally): { readonly grantRowsNotListed?: number } {
  return tally.cut === 0 ? {} : { grantRowsNotListed: tally.cut };
}

/** An OIDC provider is nobody's identity; that it exists, and for which audiences, is said as coverage of trust. */
export function oidcCoverage(provider: OidcProvider, at: Location): CoverageObservation {
  return {
    kind: 'coverage',
    surface: 'aws',
    subject: `OIDC provider ${provider.issuer}`,
    outcome: 'complete',
    covers: ['trust'],
    at,
    detail: {
      issuer: provider.issuer,
      audiences: provider.audiences,
      thumbprints: provider.thumbprints,
      ...(provider.createdAt === undefined ? {} : { createdAt: provider.createdAt }),
    },
  };
}
