import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';

/** A certificate of these tests, signed by itself: none is checked in, and no program is needed to make one. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

export function testCertificate(subject: {
  readonly commonName: string;
  readonly organisations?: readonly string[];
}): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(
    ...(subject.organisations ?? []).map((one) => attribute([0x55, 0x04, 0x0a], one)),
    attribute([0x55, 0x04, 0x03], subject.commonName),
  );
  const ecdsaWithSha256 = sequence(der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));
  const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, [127, 0, 0, 1]));
  const tbs = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, [1]),
    ecdsaWithSha256,
    name,
    sequence(time('250101000000Z'), time('491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(der(0x06, [0x55, 0x1d, 0x11]), der(0x04, names)))),
  );
  const signature = sign('sha256', tbs, privateKey);
  const whole = sequence(tbs, ecdsaWithSha256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const body = whole.toString('base64').match(/.{1,64}/g) ?? [];
  const kind = 'CERTIFICATE';
  return {
    certificate: [`-----BEGIN ${kind}-----`, ...body, `-----END ${kind}-----`, ''].join('\n'),
    key: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))
      .export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  };
}

function attribute(id: number[], text: string): Buffer {
  return der(0x31, sequence(der(0x06, id), der(0x0c, Buffer.from(text))));
}

function time(text: string): Buffer {
  return der(0x17, Buffer.from(text));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer | number[]): Buffer {
  const body = Buffer.from(content);
  const length =
    body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
