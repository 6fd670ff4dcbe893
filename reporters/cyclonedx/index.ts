import { z } from 'zod';
import type { Report } from '../../src/contracts/reporter.ts';
import { defineReporter } from '../../src/contracts/reporter.ts';
import { listMember, openObject } from '../../src/util/json-pieces.ts';
import { judgedWithout } from '../../src/util/judged-without.ts';
import { compare, sortFindings, summariseCoverage } from '../../src/util/report-text.ts';
import { uuidOf } from '../../src/util/uuid.ts';
import { credentialComponent, credentialRef } from './credential.ts';
import { identityRef, identityService, strangerService } from './identity.ts';
import { dateTime, properties, text } from './values.ts';
import { vulnerability } from './vulnerability.ts';

const Options = z.strictObject({});
type Options = z.infer<typeof Options>;
const SPEC = '1.7';
const GAPS_MAX = 1000;

/** For whoever keeps bills of materials: the inventory of credentials and of the identities they belong to. Never a secret. */
export const cyclonedx = defineReporter<Options>({
  id: 'cyclonedx',
  title: `CycloneDX ${SPEC} inventory of credentials`,
  extension: 'cdx.json',
  mediaType: `application/vnd.cyclonedx+json; version=${SPEC}`,
  options: Options as z.ZodType<Options>,
  parts: ['credentials'],
  *render(report) {
    const credentials = (report.parts?.credentials ?? []).toSorted((a, b) => compare(a.id, b.id));
    const identities = report.identities.toSorted((a, b) => compare(a.id, b.id));
    const leaked = leakedCredentials(report);
    const known = new Set(identities.map(({ id }) => id));
    const strangers = [...new Set(credentials.flatMap(({ identity }) => identity ?? []))].filter((id) => !known.has(id));
    yield openObject(
      {
        $schema: `http://cyclonedx.org/schema/bom-${SPEC}.schema.json`,
        bomFormat: 'CycloneDX',
        specVersion: SPEC,
        serialNumber: `urn:uuid:${uuidOf('cyclonedx', report.run.id)}`,
        version: 1,
        metadata: metadataOf(report),
      },
      '',
    );
    yield* listMember(
      'components',
      mapped(credentials, (credential) => credentialComponent(credential, leaked.has(credential.id))),
      '  ',
      { keepEmpty: true },
    );
    yield* listMember('services', mapped(identities, identityService, mapped(strangers, strangerService)), '  ');
    yield* listMember(
      'dependencies',
      mapped(credentials, ({ id, identity }) => ({
        ref: credentialRef(id),
        ...(identity === undefined ? {} : { dependsOn: [identityRef(identity)] }),
      })),
      '  ',
    );
    yield* listMember('compositions', [{ aggregate: aggregateOf(report) }], '  ');
    const inside = { credentials: new Set(credentials.map(({ id }) => id)), identities: new Set([...known, ...strangers]) };
    const findings = sortFindings([...report.findings, ...report.accepted]);
    yield* listMember(
      'vulnerabilities',
      mapped(findings, (finding) => vulnerability(finding, inside)),
      '  ',
    );
    yield '\n}\n';
  },
});

function* mapped<Item>(items: Iterable<Item>, make: (item: Item) => object, more: Iterable<object> = []): Generator<object> {
  for (const item of items) yield make(item);
  yield* more;
}

/** Credentials with an open finding that says that they lie where others read them. */
function leakedCredentials({ findings }: Report): ReadonlySet<string> {
  const leaked = new Set<string>();
  for (const { credential, status, controls } of findings) {
    if (credential === undefined || (status !== 'new' && status !== 'open')) continue;
    if (controls.includes('owasp-nhi-2025:NHI2:2025')) leaked.add(credential);
  }
  return leaked;
}

function metadataOf({ coverage, hidden, persona, run }: Report): object {
  const gaps = coverage.filter(({ outcome }) => outcome !== 'complete');
  const timestamp = dateTime(run.finishedAt);
  return {
    ...(timestamp === undefined ? {} : { timestamp }),
    tools: { components: [{ type: 'application', name: 'nhi-audit', version: text(run.toolVersion) }] },
    component: {
      type: 'application',
      'bom-ref': `estate:${uuidOf('cyclonedx/estate', run.id)}`,
      name: text(run.targets.join(', '), 1000),
    },
    properties: [
      ...properties({ run: run.id, 'rules-digest': run.rulesDigest, 'fingerprint-key-id': run.fingerprintKeyId }),
      ...gaps
        .slice(0, GAPS_MAX)
        .flatMap(({ surface, subject, outcome, why }) =>
          properties({ 'coverage-gap': `${surface}: ${outcome}: ${subject}: ${why ?? 'no reason given'}` }),
        ),
      ...judgedWithout(coverage).flatMap((what) => properties({ 'judged-without': what })),
      ...properties({
        'coverage-gaps': gaps.length,
        persona,
        'hidden-for-persona': hidden.persona,
        'hidden-by-baseline': hidden.baseline,
      }),
    ],
  };
}

/** Nobody can say that an inventory holds everything; that it does not is known wherever a look failed. */
function aggregateOf({ coverage }: Report): 'incomplete' | 'unknown' {
  return summariseCoverage(coverage).looked.some(({ outcome }) => outcome !== 'complete') ? 'incomplete' : 'unknown';
}
