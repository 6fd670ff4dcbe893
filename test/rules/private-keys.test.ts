import assert from 'node:assert/strict';
import { createEngine, type Engine } from '../../src/detect/engine.ts';
import { expandExample } from '../../src/detect/examples.ts';
import { loadPack } from '../../src/detect/load.ts';

const pack = await loadPack();

const KINDS: readonly (readonly [label: string, detector: string])[] = [
  ['RSA PRIVATE KEY', 'private-key'],
  ['EC PRIVATE KEY', 'private-key'],
  ['DSA PRIVATE KEY', 'private-key'],
  ['PRIVATE KEY', 'private-key'],
  ['OPENSSH PRIVATE KEY', 'private-key'],
  ['PGP PRIVATE KEY BLOCK', 'private-key'],
  ['ENCRYPTED PRIVATE KEY', 'private-key-encrypted'],
  ['OPENSSH PRIVATE KEY:aes256-ctr', 'private-key-encrypted'],
];

/** Forms that a key takes in files. */
const FORMS: Readonly<Record<string, (pem: string) => string>> = {
  'as it is': (pem) => pem,
  'with CRLF': (pem) => pem.replaceAll('\n', '\r\n'),
  'indented in YAML': (pem) => `tls:\n  key: |\n${pem.replace(/^/gm, '    ')}`,
  'indented with tabs': (pem) => pem.replace(/^/gm, '\t'),
  'in JSON': (pem) => JSON.stringify({ key: pem }, null, 2),
  'in JSON in JSON': (pem) => JSON.stringify({ body: JSON.stringify({ key: pem }) }),
  'in JSON with CRLF': (pem) => JSON.stringify({ key: pem.replaceAll('\n', '\r\n') }),
  'in an environment file': (pem) => `TLS_KEY="${pem.replaceAll('\n', '\\n')}"\n`,
  'over lines in an environment file': (pem) => `TLS_KEY='${pem}'\n`,
  'in a Go raw string': (pem) => `const key = \`${pem}\``,
  'put together line by line': (pem) =>
    pem
      .trim()
      .split('\n')
      .map((line) => `  "${line}\\n" +`)
      .join('\n'),
  'cut off at its end': (pem) => pem.slice(0, Math.floor(pem.length * 0.6)),
  'in XML': (pem) => `<key>${pem}</key>`,
  'in a shell here-document': (pem) => `cat > key.pem <<EOF\n${pem}EOF\n`,
};

describe('private keys', () => {
  let engine: Engine;
  before(() => {
    engine = createEngine({ pack, fingerprintKey: 'keys', secretlint: false });
  });

  for (const [form, write] of Object.entries(FORMS)) {
    for (const [label, detector] of KINDS) {
      it(`of the kind ${label.replace(':', ', ')} are found ${form}, as one`, () => {
        const { text: pem } = expandExample(`{{pem:${label}}}`, label);

        const found = engine.detect(write(pem)).filter((match) => match.type === 'private-key');

        assert.deepEqual(
          found.map((match) => match.detector),
          [detector],
        );
      });
    }
  }

  it('of any form have one fingerprint', () => {
    const { text: pem } = expandExample('{{pem:RSA PRIVATE KEY}}', 'one');
    const whole = Object.entries(FORMS).filter(([form]) => !form.startsWith('cut'));

    const prints = new Set(whole.flatMap(([, write]) => engine.detect(write(pem)).map((match) => match.fingerprint)));

    assert.equal(prints.size, 1);
  });
});
