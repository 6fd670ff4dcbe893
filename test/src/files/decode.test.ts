import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeText } from '../../../src/files/decode.ts';

describe('decodeText', () => {
  const cases: readonly { readonly name: string; readonly bytes: Buffer; readonly text: string }[] = [
    { name: 'UTF-8', bytes: Buffer.from('Kaffee für 3 €'), text: 'Kaffee für 3 €' },
    { name: 'UTF-8 with a mark', bytes: Buffer.from('\uFEFFkey=1'), text: 'key=1' },
    { name: 'UTF-16 LE with a mark', bytes: Buffer.from('\uFEFFkey=ü', 'utf16le'), text: 'key=ü' },
    { name: 'UTF-16 BE with a mark', bytes: Buffer.from('\uFEFFkey=ü', 'utf16le').swap16(), text: 'key=ü' },
    { name: 'UTF-16 LE without a mark', bytes: Buffer.from('$env:KEY = "harbour"', 'utf16le'), text: '$env:KEY = "harbour"' },
    { name: 'UTF-16 BE without a mark', bytes: Buffer.from('KEY=harbour', 'utf16le').swap16(), text: 'KEY=harbour' },
    { name: 'UTF-16 cut in the middle of a pair', bytes: Buffer.from('\uFEFFab', 'utf16le').subarray(0, 5), text: 'a' },
    { name: 'nothing', bytes: Buffer.alloc(0), text: '' },
  ];
  for (const { name, bytes, text } of cases) {
    it(`reads ${name}`, () => {
      assert.equal(decodeText(bytes), text);
    });
  }

  it('keeps what is readable around invalid UTF-8', () => {
    const text = decodeText(Buffer.concat([Buffer.from('a='), Buffer.from([0xff, 0xc3]), Buffer.from('=z')]));

    assert.equal(text, 'a=\uFFFD\uFFFD=z');
  });

  it('does not take a binary file with some NULs for UTF-16', () => {
    const bytes = Buffer.from('\u0000\u0001ELF\u0000\u0000harbour\u0000coffee\u0000', 'latin1');

    assert.ok(decodeText(bytes).includes('harbour'));
  });

  it('gives back any text it was given as UTF-8 or marked UTF-16', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.startsWith('\uFEFF') && !text.includes('\0'));
        assert.equal(decodeText(Buffer.from(text)), text);
        assert.equal(decodeText(Buffer.from(`\uFEFF${text}`, 'utf16le')), text);
        assert.equal(decodeText(Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()), text);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.equal(typeof decodeText(bytes), 'string');
      }),
    );
  });
});
