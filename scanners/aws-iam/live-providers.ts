import type { Observation, ObservationKind } from '../../src/contracts/index.ts';
import { oidcCoverage, samlCoverage } from './coverage.ts';
import { OidcProvider, SamlProvider } from './schema.ts';
import { attempt, blocked, coverage, type Session } from './session.ts';

const COVERS: readonly ObservationKind[] = ['trust'];

/** Whose tokens the account believes. */
export async function* scanProviders(session: Session): AsyncGenerator<Observation> {
  yield* scanOidc(session);
  yield* scanSaml(session);
}

async function* scanOidc(session: Session): AsyncGenerator<Observation> {
  if (session.fatal !== undefined) {
    yield blocked(session, 'OIDC providers', COVERS);
    return;
  }
  const listed = await attempt(session, 'iam:ListOpenIDConnectProviders', () => session.api.oidcProviderArns());
  if (!listed.ok) {
    yield coverage(session, 'OIDC providers', COVERS, { outcome: listed.failure.outcome, why: [listed.failure.why] });
    return;
  }
  let read = 0;
  for (const arn of listed.value) {
    const got = await attempt(session, 'iam:GetOpenIDConnectProvider', () => session.api.oidcProvider(arn));
    if (!got.ok) {
      const outcome = read > 0 ? 'partial' : got.failure.outcome;
      yield coverage(session, 'OIDC providers', COVERS, {
        outcome,
        why: [got.failure.why],
        seen: listed.value.length,
        failed: listed.value.length - read,
      });
      return;
    }
    const provider = OidcProvider.safeParse(got.value);
    if (provider.success) yield oidcCoverage(provider.data, { pointer: arn });
    read++;
  }
  yield coverage(session, 'OIDC providers', COVERS, { outcome: 'complete', why: [], seen: listed.value.length });
}

async function* scanSaml(session: Session): AsyncGenerator<Observation> {
  if (session.fatal !== undefined) {
    yield blocked(session, 'SAML providers', COVERS);
    return;
  }
  const listed = await attempt(session, 'iam:ListSAMLProviders', () => session.api.samlProviders());
  if (!listed.ok) {
    yield coverage(session, 'SAML providers', COVERS, { outcome: listed.failure.outcome, why: [listed.failure.why] });
    return;
  }
  for (const raw of listed.value) {
    const provider = SamlProvider.safeParse(raw);
    if (provider.success) yield samlCoverage(provider.data, { pointer: provider.data.arn });
  }
  yield coverage(session, 'SAML providers', COVERS, { outcome: 'complete', why: [], seen: listed.value.length });
}
