import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CHECKSUMS } from '../../../src/detect/checksum.ts';
import { annotatedChecksums } from '../../../src/detect/checksums/azure.ts';
import { crc32Base36, crc32Hex } from '../../../src/detect/checksums/crc.ts';
import { publicHalfOfOpenSsh, sshFingerprint } from '../../../src/detect/checksums/ssh.ts';
import type { Verdict } from '../../../src/detect/checksums/types.ts';
import { createEngine, type Engine } from '../../../src/detect/engine.ts';
import { expandExample } from '../../../src/detect/examples.ts';
import { loadPack } from '../../../src/detect/load.ts';

function judge(name: string, secret: string, groups: Record<string, string> = {}): Verdict | undefined {
  return CHECKSUMS[name]?.judge({
    secret,
    groups,
    isPaired: false,
    isPlaceholder: () => false,
    around: () => secret,
  });
}

function make(text: string): string {
  return expandExample(text, 'checksums').text;
}

/** Another last character of the same kind. */
function spoil(token: string): string {
  const last = token.at(-1) ?? '';
  return token.slice(0, -1) + (last === '1' ? '2' : '1');
}

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('checksums of vendors', () => {
  for (const [name, text] of [
    ['github-crc32', '{{ghcrc:ghp_}}'],
    ['github-crc32', '{{ghcrc:ghr_:70}}'],
    ['npm-crc32', '{{ghcrc:npm_}}'],
    ['grafana-crc32', '{{glsa}}'],
    ['cloudflare-crc32', '{{crchex:cfut_:40}}'],
    ['atlassian-crc32', '{{crchexupper:ATATT3:177:=}}'],
    ['atlassian-crc32', '{{crchexupper:ATBB:24}}'],
    ['gitlab-routable', '{{glroute:glpat-}}'],
    ['gitlab-routable', '{{glroute:glrt-t1_}}'],
  ] as const) {
    it(`of ${name} take ${text}, and refuse it with one character changed`, () => {
      const token = make(text);

      assert.equal(judge(name, token)?.valid, true);
      assert.equal(judge(name, spoil(token))?.valid, false);
    });
  }

  it('in hex may leave out the prefix', () => {
    const body = make('{{alnum:40}}');

    assert.equal(judge('cloudflare-crc32', `cfat_${body}${crc32Hex(body)}`)?.valid, true);
    assert.equal(judge('cloudflare-crc32', `cfat_${body}${crc32Hex(`${body}x`)}`)?.valid, false);
  });

  it('are those that Microsoft publishes', () => {
    const head = `${'A'.repeat(52)}${['JQ', 'QJ99'].join('')}AG${'A'.repeat(16)}ABCD`;

    assert.equal(annotatedChecksums(head)[0], 'TZJ9JA==');
  });

  it('make an Azure key certain, and their lack makes it doubtful', () => {
    for (const [name, text] of [
      ['azure-annotated', '{{cask:ACOG}}'],
      ['azure-identifiable', '{{azkey:+ASt}}'],
      ['azure-identifiable', '{{azkey:AzSe}}'],
      ['azure-identifiable', '{{azkey:AIoT}}'],
    ] as const) {
      const key = make(text);

      assert.deepEqual(judge(name, key), { valid: true }, text);
      assert.deepEqual(judge(name, `B${key.slice(1)}`), { valid: true, confidence: 'medium' }, text);
    }
  });

  it('cover what a routable token names, in either order', () => {
    const fields = Buffer.from('o:1\np:1f');
    const noise = Buffer.alloc(16, 7);
    const token = (payload: Buffer): string => {
      const text = payload.toString('base64url');
      const head = `glrt-t1_${text}.01.${text.length.toString(36).padStart(2, '0')}`;
      return head + crc32Base36(head);
    };

    const expected = { valid: true, groups: { org: '1', local: 'project/51' } };
    assert.deepEqual(judge('gitlab-routable', token(Buffer.concat([fields, noise, Buffer.from([16])]))), expected);
    assert.deepEqual(judge('gitlab-routable', token(Buffer.concat([noise, Buffer.from([16]), fields]))), expected);
    assert.deepEqual(judge('gitlab-routable', token(Buffer.alloc(40, 200))), { valid: true, groups: {} });
  });
});

describe('public half of a private key', () => {
  function wire(value: string | Buffer): Buffer {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(value.length);
    return Buffer.concat([size, typeof value === 'string' ? Buffer.from(value, 'latin1') : value]);
  }

  function ed25519Blob(key: KeyObject): Buffer {
    return Buffer.concat([wire('ssh-ed25519'), wire(Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url'))]);
  }

  function openSsh(cipher: string, comment: string): { readonly bytes: Buffer; readonly blob: Buffer } {
    const { publicKey } = generateKeyPairSync('ed25519');
    const blob = ed25519Blob(publicKey);
    const section = Buffer.concat([Buffer.alloc(8), blob, wire(Buffer.alloc(64, 5)), wire(comment), Buffer.from([1, 2, 3])]);
    const count = Buffer.from([0, 0, 0, 1]);
    const head = [Buffer.from('openssh-key-v1\0'), wire(cipher), wire('none'), wire(''), count];
    return { bytes: Buffer.concat([...head, wire(blob), wire(section)]), blob };
  }

  it('is the same in every wrapping', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

    const id = (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1'): string | undefined =>
      judge('pem', String(key.export({ type, format: 'pem' } as never)))?.publicId;

    assert.match(id(rsa, 'pkcs1') ?? '', /^SHA256:[A-Za-z0-9+/]{43}$/);
    assert.equal(id(rsa, 'pkcs1'), id(rsa, 'pkcs8'));
    assert.equal(id(ec, 'sec1'), id(ec, 'pkcs8'));
    assert.notEqual(id(ec, 'sec1'), id(rsa, 'pkcs1'));
  });

  it('has the fingerprint that OpenSSH shows', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');

    const verdict = judge('pem', String(privateKey.export({ type: 'pkcs8', format: 'pem' })));

    assert.equal(verdict?.publicId, sshFingerprint(ed25519Blob(publicKey)));
  });

  it("is read from OpenSSH's form with its comment, and without one where it is locked", () => {
    const open = openSsh('none', 'deploy@ci.harbour');
    const locked = openSsh('aes256-ctr', 'deploy@ci.harbour');

    assert.deepEqual(publicHalfOfOpenSsh(open.bytes), { fingerprint: sshFingerprint(open.blob), comment: 'deploy@ci.harbour' });
    assert.deepEqual(publicHalfOfOpenSsh(locked.bytes), { fingerprint: sshFingerprint(locked.blob) });
  });

  it('is nothing where the key is cut, at whatever place', () => {
    const { bytes } = openSsh('none', 'deploy@ci.harbour');

    for (let end = 0; end < bytes.length; end++) {
      const half = publicHalfOfOpenSsh(bytes.subarray(0, end));

      assert.ok(half === undefined || half.comment === undefined || end > bytes.length - 4, String(end));
    }
  });
});

describe('whom a credential names', () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: 'names', secretlint: false });
  });

  function named(text: string): (string | undefined)[] {
    return engine.detect(text).map((match) => match.identity);
  }

  const tenant = '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9';
  for (const [claims, identity] of [
    [{ iss: 'https://kubernetes.default.svc', sub: 'system:serviceaccount:shop:checkout' }, 'k8s:-:shop/checkout'],
    [
      { iss: 'https://accounts.google.com', sub: 'etl@harbour.iam.gserviceaccount.com' },
      'gcp:harbour:serviceAccount/etl@harbour.iam.gserviceaccount.com',
    ],
    [{ iss: 'https://spire.harbour', sub: 'spiffe://harbour.internal/ns/shop/sa/web' }, 'spiffe:harbour.internal:ns/shop/sa/web'],
    [
      { iss: 'https://token.actions.githubusercontent.com', sub: 'repo:Harbour/shop:ref:refs/heads/main' },
      'github:harbour/shop:oidc/repo:Harbour/shop:ref:refs/heads/main',
    ],
    [{ iss: `https://sts.windows.net/${tenant}/`, appid: tenant, sub: 'x' }, `entra:${tenant}:app/${tenant}`],
    [{ iss: 'https://harbour.okta.com/oauth2/default', cid: '0oa1', sub: 'a@b' }, 'okta:harbour.okta.com:app/0oa1'],
    [{ iss: 'https://login.harbour.coffee/realms/x', sub: 'svc-7' }, 'oidc:login.harbour.coffee:subject/svc-7'],
    [{ iss: 'harbour', sub: 'svc-7' }, undefined],
  ] as const) {
    it(`is told by the claims of ${claims.iss}: ${identity ?? 'nobody'}`, () => {
      const token = `${segment({ alg: 'RS256', kid: 'k1' })}.${segment({ ...claims, iat: 1_760_000_000 })}.${make('{{base64url:86}}')}`;

      assert.deepEqual(named(`token: ${token}`), [identity]);
    });
  }

  it('is told by keys of clouds and code hosts', () => {
    assert.match(named(make('{{bedrock}}'))[0] ?? '', /^aws:8\d{11}:user\/BedrockAPIKey-[a-z0-9]{4}$/);
    assert.deepEqual(named(make('{{glroute:glpat-}}')), ['gitlab:100:user/1840']);
    assert.match(named(make('TUNNEL_TOKEN={{cftunnel}}'))[0] ?? '', /^cloudflare:[0-9a-f]{32}:tunnel\/[0-9a-f-]{36}$/);
  });

  const base64 = (value: object | string): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
  for (const [name, text, identity] of [
    ['Slack bot', () => '{{join:xo:xb-}}218462913377-7384619273645-{{alnum:24}}', 'slack:218462913377:bot/7384619273645'],
    [
      'Slack user',
      () => '{{join:xo:xp-}}218462913377-7384619273645-8264919273645-{{hex:32}}',
      'slack:218462913377:user/7384619273645',
    ],
    [
      'Slack webhook',
      () => 'https://hooks.slack.com/services/T0{{uppernum:8}}/B0{{uppernum:8}}/{{alnum:24}}',
      /^slack:T0\w{8}:webhook\/B0\w{8}$/,
    ],
    ['Telegram bot', () => 'TELEGRAM_TOKEN=8264917365{{colon}}AA{{base64url:33}}', 'telegram:-:bot/8264917365'],
    [
      'Discord bot',
      () => `DISCORD_TOKEN=${base64('826491736528374651')}.{{alnum:6}}.{{alnum:38}}`,
      'discord:-:bot/826491736528374651',
    ],
    [
      'Sentry organisation',
      () =>
        `{{join:sn:trys_}}${base64({ iat: 1_760_000_000.1, url: 'https://sentry.io', region_url: 'https://de.sentry.io', org: 'harbour' })}_{{alnum:43}}`,
      'sentry:-:organization/harbour',
    ],
    [
      'Grafana Cloud',
      () =>
        `{{join:gl:c_}}${base64({ o: '826491', n: 'stack-logs', k: 'x8Kq2mVb7Rt4Wz1Px8Kq2mVb', m: { r: 'eu' } }).replace(/=+$/, '')}`,
      'grafana:826491:token/stack-logs',
    ],
    [
      '1Password service account',
      () =>
        `{{join:op:s_}}${base64({ email: 'q7x@1passwordserviceaccounts.com', signInAddress: 'harbour.1password.com', secretKey: 'x8Kq2mVb7Rt4Wz1Px8Kq2mVb', muk: 'Zx8Kq2mVb7Rt4Wz1Px8Kq2mVbLp3Nf6' })}`,
      'onepassword:harbour.1password.com:service-account/q7x@1passwordserviceaccounts.com',
    ],
    [
      'Docker login',
      () => `{"auths":{"registry.harbour.coffee":{"auth":"${base64('ci-bot:x8Kq2mVb7Rt4Wz1P')}"}}}`,
      'docker:-:user/ci-bot',
    ],
  ] as const) {
    it(`is told by the token of a ${name}`, () => {
      const identities = named(make(text()));

      assert.equal(identities.length, 1);
      if (typeof identity === 'string') assert.equal(identities[0], identity);
      else assert.match(identities[0] ?? '', identity);
    });
  }

  it('has its account in the id of an AWS key, since 2019', () => {
    const match = engine.detect(make('AWS_ACCESS_KEY_ID={{awskey:AKIA}}'))[0];

    assert.match(match?.identity ?? '', /^aws:8\d{11}:access-key\/AKIA/);
    assert.equal(judge('aws-key-id', '', { publicId: `${['AK', 'IA'].join('')}IAAAAAAAAAAAAAAA` })?.groups, undefined);
  });

  it('is the client nearest to the secret', () => {
    const [first, second] = [make('{{uuid}}'), expandExample('{{uuid}}', 'second').text];
    const secret = (seed: string): string => expandExample('{{alnum:3}}8Q~{{base64url:34}}', seed).text;
    const text = [first, second]
      .map((id, at) => `{"tenantId": "${tenant}", "clientId": "${id}", "clientSecret": "${secret(`s${at}`)}"}`)
      .join(',\n');

    assert.deepEqual(named(text), [`entra:${tenant}:app/${first}`, `entra:${tenant}:app/${second}`]);
  });
});
