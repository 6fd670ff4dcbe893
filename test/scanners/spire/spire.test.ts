import assert from 'node:assert/strict';
import fc from 'fast-check';
import { spire } from '../../../scanners/spire/index.ts';
import { kinds } from '../../helpers/scan-context.ts';
import { agent, entry, FEDERATION, headOf, page, scanJson, scanText } from './exports.ts';

const API = 'spiffe:harbour.example:ns/shop/sa/api';
const coverageOf = (observations: Parameters<typeof kinds>[0]) => kinds(observations, 'coverage').at(-1);

describe('spire scanner: entries', () => {
  it('tells the identity of an entry, by the name that its tokens have', async () => {
    const [identity] = kinds(await scanJson(page(entry())), 'identity');

    assert.equal(identity?.id, API);
    assert.equal(identity?.name, 'spiffe://harbour.example/ns/shop/sa/api');
    assert.equal(identity?.createdAt, '2025-01-01T00:00:00.000Z');
  });

  it('links the service account that its selectors name, in the cluster of its agent', async () => {
    const trust = kinds(await scanJson(page(entry())), 'trust').find((one) => one.detail?.fact === 'entry');

    assert.equal(trust?.principal, 'k8s:prod-eu:shop/api');
    assert.equal(trust?.principalType, 'identity');
    assert.deepEqual(trust?.detail?.selectors, ['k8s:ns:shop', 'k8s:sa:api']);
  });

  it('links its agent, which is handed all that lies below it', async () => {
    const trust = kinds(await scanJson(page(entry())), 'trust').find((one) => one.detail?.fact === 'issued-by');

    assert.equal(trust?.identity, API);
    assert.equal(trust?.principal, 'spiffe:harbour.example:spire/agent/k8s_psat/prod-eu/5f1c');
  });

  const named: [string, string[], string, string][] = [
    ['a namespace alone', ['k8s:ns:shop'], 'k8s:ns:shop', 'group'],
    ['a user of a machine', ['unix:uid:1000'], 'unix:uid:1000', 'group'],
    ['a role of AWS', ['aws_iid:iamrole:arn:aws:iam::123456789012:role/web'], 'aws:123456789012:role/web', 'identity'],
    [
      'an account of Google',
      ['gcp_iit:sa:web@hc-prod.iam.gserviceaccount.com'],
      'gcp:hc-prod:serviceAccount/web@hc-prod.iam.gserviceaccount.com',
      'identity',
    ],
    ['nothing', [], '-', 'group'],
    ['an account that is no name', ['k8s:ns:shop', 'k8s:sa:../x'], 'k8s:ns:shop + k8s:sa:../x', 'group'],
  ];
  for (const [what, selectors, principal, principalType] of named) {
    it(`says who it is given to: ${what}`, async () => {
      const list = selectors.map((one) => ({ type: one.slice(0, one.indexOf(':')), value: one.slice(one.indexOf(':') + 1) }));
      const observations = await scanJson(page(entry({ selectors: list })));

      const trust = kinds(observations, 'trust').find((one) => one.detail?.fact === 'entry');
      assert.equal(trust?.principal, principal);
      assert.equal(trust?.principalType, principalType);
    });
  }

  it('tells lifetimes, the end and what it opens; "0" is none', async () => {
    const odd = entry({ x509_svid_ttl: 172800, jwt_svid_ttl: '7200', expires_at: '1767225600', admin: true, downstream: true });
    const observations = await scanJson(page(odd, entry({ id: 'other' })));

    const [told, plain] = kinds(observations, 'trust').filter((one) => one.detail?.fact === 'entry');
    const capabilities = kinds(observations, 'grant').flatMap((one) => one.capability ?? []);
    assert.equal(told?.detail?.x509Seconds, 172800);
    assert.equal(told?.detail?.jwtSeconds, 7200);
    assert.equal(told?.detail?.expiresAt, '2026-01-01T00:00:00.000Z');
    assert.equal(plain?.detail?.x509Seconds, undefined);
    assert.equal(plain?.detail?.expiresAt, undefined);
    assert.deepEqual(capabilities.toSorted(), ['admin', 'impersonates', 'impersonates', 'manages-identities']);
  });

  it('reads names in camel case, the old name of the lifetime, and ids as text', async () => {
    const old = {
      spiffeId: { trustDomain: 'harbour.example', path: '/web' },
      parentId: 'spiffe://harbour.example/spire/server',
      selectors: [{ type: 'k8s_psat', value: 'cluster:prod-eu' }],
      ttl: 3600,
    };
    const observations = await scanJson([old]);

    const [identity] = kinds(observations, 'identity');
    assert.equal(identity?.id, 'spiffe:harbour.example:web');
    assert.equal(identity?.type, 'node');
    assert.equal(kinds(observations, 'trust')[0]?.detail?.x509Seconds, 3600);
    assert.equal(coverageOf(observations)?.outcome, 'complete');
  });
});

describe('spire scanner: agents and federation', () => {
  it('tells an agent, its certificate and the service account it runs as', async () => {
    const observations = await scanJson({
      agents: [agent(), agent({ id: { trust_domain: 'h.example', path: '/x' }, banned: true })],
    });

    const [one, other] = kinds(observations, 'identity');
    const [certificate, revoked] = kinds(observations, 'credential');
    assert.equal(one?.enabled, true);
    assert.equal(other?.enabled, false);
    assert.equal(certificate?.status, 'expired');
    assert.equal(certificate?.expiresAt, '2026-05-31T00:00:00.000Z');
    assert.equal(revoked?.status, 'revoked');
    assert.equal(kinds(observations, 'trust')[0]?.principal, 'k8s:prod-eu:spire/spire-agent');
  });

  it('tells whom the server believes', async () => {
    const observations = await scanJson({ federation_relationships: [FEDERATION], next_page_token: '' });

    const [trust] = kinds(observations, 'trust');
    assert.equal(trust?.principal, 'spiffe://partner.example');
    assert.equal(trust?.issuer, 'https://spire.partner.example:8443');
    assert.equal(trust?.detail?.profile, 'https_spiffe');
    assert.equal(kinds(observations, 'identity')[0]?.managed, true);
  });
});

describe('spire scanner: what is missing', () => {
  it('says that more pages follow', async () => {
    const coverage = coverageOf(await scanJson({ entries: [entry()], next_page_token: 'abc' }));

    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /next page/);
  });

  it('reads several values, each entry once', async () => {
    const text = `${JSON.stringify(page(entry()))}\n${JSON.stringify(page(entry(), entry({ id: 'two' })))}\n${JSON.stringify({ agents: [agent()] })}`;
    const observations = await scanText(text);

    assert.equal(kinds(observations, 'trust').filter((one) => one.detail?.fact === 'entry').length, 2);
    assert.deepEqual(coverageOf(observations)?.detail?.exports, ['entries', 'agents']);
  });

  it('names the field that it cannot read, and reads the rest', async () => {
    const observations = await scanJson(
      page(entry(), entry({ id: 'b', spiffe_id: { trust_domain: 'a b', path: '/' } }), entry({ id: 'c', x509_svid_ttl: 'soon' })),
    );

    const coverage = coverageOf(observations);
    assert.equal(kinds(observations, 'identity').length, 1);
    assert.match(coverage?.why ?? '', /entries\[1\]\.spiffe_id.*: not a trust domain/);
    assert.match(coverage?.why ?? '', /entries\[2\]\.x509_svid_ttl: a whole number/);
    assert.equal(coverage?.failed, 2);
  });

  it('keeps what stood whole in a file that was cut off', async () => {
    const text = JSON.stringify(page(entry(), entry({ id: 'two' }))).slice(0, -80);
    const observations = await scanText(text);

    assert.equal(kinds(observations, 'identity').length, 1);
    assert.match(coverageOf(observations)?.why ?? '', /ends in the middle/);
  });

  it('looks at agents alone without claiming to know the entries', async () => {
    const coverage = coverageOf(await scanJson({ agents: [agent()] }));

    assert.deepEqual(coverage?.covers, ['identity', 'credential']);
  });
});

describe('spire scanner recognises', () => {
  const json = (value: unknown) => JSON.stringify(value, null, 2);
  const hits: [string, string, string?][] = [
    ['entries', json(page(entry()))],
    ['entries on one line', JSON.stringify(page(entry()))],
    ['agents', json({ agents: [agent()] })],
    ['federation', json({ federation_relationships: [FEDERATION] })],
    ['no entries, by the name', json(page()), 'out/spire-entries.json'],
    ['data of entry create', json({ entries: [{ selectors: [], spiffe_id: 'spiffe://a/b', parent_id: 'spiffe://a/c' }] })],
  ];
  for (const [what, text, path] of hits) it(what, () => assert.equal(spire.recognises(headOf(text, path)), true));

  const misses: [string, string, string?][] = [
    ['another empty list', json(page()), 'entries.json'],
    ['a list of entries of something else', json({ entries: [{ id: 'a', title: 'b' }] })],
    ['code', json(page(entry())), 'entry.ts'],
    ['text about it', 'the "spiffe_id": "spiffe://a/b" and the "parent_id"'],
    ['agents of something else', json({ agents: [{ id: '1', name: 'x' }] })],
  ];
  for (const [what, text, path] of misses) it(`but not ${what}`, () => assert.equal(spire.recognises(headOf(text, path)), false));
});

describe('spire scanner on what strangers send', () => {
  it('never throws on a good export with a hole in it', async () => {
    const good = [
      page(entry({ admin: true }), entry({ id: 'b' })),
      { agents: [agent()] },
      { federation_relationships: [FEDERATION] },
    ]
      .map((one) => JSON.stringify(one))
      .join('\n');
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length), fc.nat(40), fc.string({ maxLength: 5 }), async (start, length, patch) => {
        const observations = await scanText(good.slice(0, start) + patch + good.slice(start + length));

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on fields of another kind', async () => {
    const names = [...Object.keys(entry()), ...Object.keys(agent()), ...Object.keys(FEDERATION)];
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant('9'.repeat(19)),
      fc.constant(1e300),
      fc.jsonValue({ maxDepth: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), value, async (name, odd) => {
        const observations = await scanJson([
          { entries: [entry({ [name]: odd })] },
          { agents: [agent({ [name]: odd })] },
          { federation_relationships: [{ ...FEDERATION, [name]: odd }] },
        ]);

        assert.equal(kinds(observations, 'coverage').length, 1);
      }),
      { numRuns: 500 },
    );
  });
});
