import assert from 'node:assert/strict';
import type { ValidateFunction } from 'ajv';
import { cyclonedx } from '../../reporters/cyclonedx/index.ts';
import type { CredentialView } from '../../src/contracts/report-parts.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { hostileWithParts, largeReport, sampleCredentials, sampleWithParts, settledReport } from '../helpers/made-parts.ts';
import { emptyReport, hostileReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';
import { cyclonedxSchema } from '../helpers/schemas.ts';

interface Material {
  type: string;
  id?: string;
  state?: string;
  creationDate?: string;
  expirationDate?: string;
}
interface Component {
  'bom-ref': string;
  name: string;
  cryptoProperties: {
    assetType: string;
    relatedCryptoMaterialProperties?: Material;
    certificateProperties?: { certificateState?: { state: string }[]; notValidAfter?: string };
  };
  properties: { name: string; value: string }[];
}
interface Bom {
  serialNumber: string;
  metadata: { properties: { name: string; value: string }[] };
  components: Component[];
  services?: { 'bom-ref': string; name: string; properties: { name: string; value: string }[] }[];
  dependencies?: { ref: string; dependsOn?: string[] }[];
  compositions: { aggregate: string }[];
}

const REPORTS: { readonly [name: string]: () => Report } = {
  'an empty run': emptyReport,
  'a full run': sampleWithParts,
  'a run without credentials': sampleReport,
  'a partial run': () => ({ ...partialReport(), parts: { credentials: sampleCredentials() } }),
  'a run with accepted and fixed findings': settledReport,
  'hostile names': hostileWithParts,
  'hostile names without parts': hostileReport,
};

async function bom(report: Report): Promise<Bom> {
  return JSON.parse(await renderText(cyclonedx, report));
}

async function materials(credentials: readonly CredentialView[], report = sampleWithParts()): Promise<(Material | undefined)[]> {
  const { components } = await bom({ ...report, parts: { credentials } });
  return components.map(({ cryptoProperties }) => cryptoProperties.relatedCryptoMaterialProperties);
}

const [deployKey] = sampleCredentials() as [CredentialView];

describe('cyclonedx reporter', () => {
  let validate: ValidateFunction;

  before(async () => {
    validate = await cyclonedxSchema();
  });

  for (const [name, make] of Object.entries(REPORTS)) {
    it(`is valid CycloneDX 1.7 for ${name}`, async () => {
      assert.ok(validate(await bom(make())), JSON.stringify(validate.errors));
    });
  }

  it('is told from what is not valid', async () => {
    const text = await renderText(cyclonedx, sampleWithParts());

    assert.ok(validate(JSON.parse(text)));
    assert.ok(!validate(JSON.parse(text.replace('"related-crypto-material"', '"related"'))));
    assert.ok(!validate(JSON.parse(text.replace('T00:00:00.000Z', ''))));
  });

  it('holds every credential and every identity once, and leads from one to the other', async () => {
    const { components, services = [], dependencies = [] } = await bom(sampleWithParts());
    const refs = [...components, ...services].map((one) => one['bom-ref']);

    assert.equal(components.length, sampleCredentials().length);
    assert.equal(new Set(refs).size, refs.length);
    assert.deepEqual(
      dependencies.map(({ ref }) => ref),
      components.map((one) => one['bom-ref']),
    );
    const owned = dependencies.flatMap(({ dependsOn }) => dependsOn ?? []);
    assert.equal(owned.length, 4);
    assert.ok(owned.every((ref) => services.some((one) => one['bom-ref'] === ref)));
  });

  it('names an identity that no inventory lists, and says so', async () => {
    const { services = [] } = await bom(sampleWithParts());
    const stranger = services.find(({ name }) => name === 'postgres:db/etl');

    assert.ok(stranger?.properties.some(({ name, value }) => name === 'nhi-audit:in-inventory' && value === 'false'));
  });

  it('never writes a value, nor a keyed fingerprint for a hash', async () => {
    const { components } = await bom(sampleWithParts());

    for (const { cryptoProperties, properties } of components) {
      assert.doesNotMatch(JSON.stringify(cryptoProperties), /"(value|fingerprint)"/);
      assert.ok(properties.length > 0);
    }
    assert.ok(components.some(({ properties }) => properties.some(({ name }) => name === 'nhi-audit:fingerprint')));
  });

  it('tells the state that the source tells, and a leak while its finding is open', async () => {
    const of = async (status: string | undefined, id = 'aws:access-key/other') => {
      const { status: _, ...rest } = { ...deployKey, id };
      const [one] = await materials([status === undefined ? rest : { ...rest, status }]);
      return one?.state;
    };

    assert.equal(await of('active'), 'active');
    assert.equal(await of('inactive'), 'suspended');
    assert.equal(await of('expired'), 'deactivated');
    assert.equal(await of('revoked'), 'deactivated');
    assert.equal(await of(undefined), undefined);
    assert.equal(await of('active', deployKey.id), 'compromised');
    assert.equal(await of('revoked', deployKey.id), 'deactivated');
    const fixed = sampleReport().findings.map((finding) => ({ ...finding, status: 'fixed' }) as const);
    const [one] = await materials([deployKey], { ...sampleWithParts(), findings: fixed });
    assert.equal(one?.state, 'active');
  });

  it('knows kinds of material', async () => {
    const kinds = {
      password: 'password',
      'app-password': 'password',
      'password-hash': 'digest',
      token: 'token',
      'service-account-key': 'private-key',
      'ssh-key': 'key',
      'client-secret': 'shared-secret',
      'access-key': 'credential',
      'made-up': 'credential',
    };
    const found = await materials(Object.keys(kinds).map((type) => ({ ...deployKey, id: type, type })));

    // In the order of the ids.
    assert.deepEqual(
      found.map((one) => one?.type),
      Object.entries(kinds)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([, kind]) => kind),
    );
  });

  it('tells a certificate as one, with its end and state', async () => {
    const { components } = await bom(sampleWithParts());
    const certificate = components.find(({ cryptoProperties }) => cryptoProperties.assetType === 'certificate');

    assert.deepEqual(certificate?.cryptoProperties.certificateProperties?.certificateState, [{ state: 'deactivated' }]);
    assert.equal(certificate?.cryptoProperties.certificateProperties?.notValidAfter, '2026-01-01T00:00:00.000Z');
  });

  it('says that it is incomplete where a look failed, and never that it is complete', async () => {
    const full = await bom(sampleWithParts());
    const partial = await bom(partialReport());

    assert.equal(full.compositions[0]?.aggregate, 'unknown');
    assert.equal(partial.compositions[0]?.aggregate, 'incomplete');
    assert.ok(
      partial.metadata.properties.some(({ name, value }) => name === 'nhi-audit:coverage-gap' && value.startsWith('aws: denied')),
    );
  });

  it('gives a run its serial number', async () => {
    const report = sampleWithParts();
    const another = await bom({ ...report, run: { ...report.run, id: 'another' } });

    assert.notEqual(another.serialNumber, (await bom(report)).serialNumber);
  });

  it('does not depend on the order of credentials', async () => {
    const report = sampleWithParts();

    assert.equal(
      await renderText(cyclonedx, { ...report, parts: { credentials: sampleCredentials().toReversed() } }),
      await renderText(cyclonedx, report),
    );
  });

  it('writes a large inventory row by row', async () => {
    const report = largeReport(1000);
    let longest = 0;
    for await (const piece of cyclonedx.render(report, {}, { width: undefined, color: false, links: false, store: undefined })) {
      longest = Math.max(longest, piece.length);
    }

    assert.ok(longest < 5000);
  });
});
