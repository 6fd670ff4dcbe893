import type { CoverageObservation, Location } from '../../src/contracts/index.ts';
import { quoted } from '../../src/files/coverage.ts';
import type { GrantTally } from '../../src/iam/grants.ts';
import type { OrganisationFacts } from './organisation.ts';
import type { OidcProvider, SamlProvider } from './schema.ts';

/** What each kind of answer tells of what it covers (`detail.types`): a check of passwords is not met by a list of keys. */
const TYPES: { readonly [what: string]: readonly string[] } = {
  'authorization details': ['user', 'role', 'policy'],
  'access-key list': ['access-key'],
  'access keys': ['access-key'],
  'last use of access keys': ['access-key-use'],
  'service-specific credentials': ['service-credential'],
  'SSH public keys': ['ssh-key'],
  'signing certificates': ['certificate'],
  'OIDC providers': ['provider'],
  'SAML providers': ['provider'],
  'resource policies': ['resource-policy'],
  'Roles Anywhere': ['roles-anywhere'],
  'Roles Anywhere subjects': ['certificate-subject'],
  'Identity Center': ['identity-center'],
  'credential report': ['user', 'root', 'access-key', 'access-key-use', 'console-password', 'certificate'],
  'service last accessed': ['last-accessed'],
  'Access Analyzer findings': ['access-key-use'],
  'CloudTrail events': ['access-key-use'],
};

/** `types` for the detail of a coverage row; nothing for answers that cover none. */
export function typesOf(answers: readonly string[]): { readonly types?: readonly string[] } {
  const types = [...new Set(answers.flatMap((what) => TYPES[what] ?? []))];
  return types.length === 0 ? {} : { types };
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

/** A SAML provider is nobody's identity either; its metadata ends on a day. */
export function samlCoverage(provider: SamlProvider, at: Location): CoverageObservation {
  const { arn, validUntil, createdAt } = provider;
  return {
    kind: 'coverage',
    surface: 'aws',
    subject: `SAML provider ${arn}`,
    outcome: 'complete',
    covers: ['trust'],
    at,
    detail: {
      arn,
      ...(validUntil === undefined ? {} : { validUntil }),
      ...(createdAt === undefined ? {} : { createdAt }),
    },
  };
}

/** Accounts of the organisation: what a check holds the accounts in trust policies against. */
export function organisationCoverage(facts: OrganisationFacts, subject: string, at: Location): CoverageObservation {
  return {
    kind: 'coverage',
    surface: 'aws',
    subject,
    outcome: 'complete',
    covers: [],
    at,
    detail: {
      ...(facts.id === undefined ? {} : { organisation: facts.id }),
      ...(facts.managementAccount === undefined ? {} : { managementAccount: facts.managementAccount }),
      accounts: [
        ...new Set([...facts.accounts.keys(), ...(facts.managementAccount === undefined ? [] : [facts.managementAccount])]),
      ].sort(),
      controlPolicies: facts.policies.size,
    },
  };
}
