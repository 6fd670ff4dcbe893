import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseTarget, shownTarget } from '../../../src/config/target.ts';
import { TargetError } from '../../../src/util/errors.ts';
import { tempDir, writeFile } from '../../helpers/temp-repo.ts';

const SCHEMES = ['aws', 'gcp', 'github', 'hoop'];

describe('target', () => {
  let root: string;

  before(() => {
    root = tempDir();
    writeFile(root, 'exports/auth.json', '{}');
    writeFile(root, 'aws:prod/x.txt', 'a directory with the name of a scheme');
    symlinkSync('loop', join(root, 'loop'));
  });

  for (const [typed, shown] of [
    [['postgres', '//etl', 'pw@127.0.0.1:5433/shop'].join(':'), 'postgres://etl@127.0.0.1:5433/shop'],
    [['postgres', '//etl', 'a@b/c#d@db/shop?sslmode=require'].join(':'), 'postgres://etl@db/shop?sslmode=require'],
    ['postgres://etl@db:5433/shop', 'postgres://etl@db:5433/shop'],
    ['postgres://db:5433/shop?x=a@b', 'postgres://db:5433/shop?x=a@b'],
    ['aws:prod@eu', 'aws:prod@eu'],
    [['hoop:https', '//ada', 'pw@gw.example/x?since=9d'].join(':'), 'hoop:https://gw.example/x?since=9d'],
    ['hoop:https://hpk_4711@gw.example', 'hoop:https://gw.example'],
    ['hoop:https://gw.example?api_key=hpk_4711&since=9d', 'hoop:https://gw.example?api_key=&since=9d'],
    ['hoop:https://gw.example#token=hpk_4711', 'hoop:https://gw.example#token='],
    ['hoop:https://gw.example:8443/a@b?since=9d', 'hoop:https://gw.example:8443/a@b?since=9d'],
    ['a/b:c@d', 'a/b:c@d'],
  ] as const) {
    it(`is shown as ${shown}`, () => {
      assert.equal(shownTarget(typed), shown);
    });
  }

  it('keeps a password out of its name, and in its address, where its scanner refuses it', () => {
    const typed = ['postgres', '//etl', 'pw@db/shop'].join(':');

    const target = parseTarget(typed, root, ['postgres']);

    assert.equal(target.name, 'postgres://etl@db/shop');
    assert.equal(target.kind === 'service' && target.address, typed.slice('postgres:'.length));
  });

  it('is a directory or a file, named as typed', () => {
    assert.deepEqual(parseTarget('exports', root, SCHEMES), {
      kind: 'path',
      name: 'exports',
      path: join(root, 'exports'),
      isDirectory: true,
    });
    assert.deepEqual(parseTarget('./exports/auth.json', root, SCHEMES), {
      kind: 'path',
      name: './exports/auth.json',
      path: join(root, 'exports/auth.json'),
      isDirectory: false,
    });
  });

  for (const [text, scheme, address] of [
    ['aws:', 'aws', ''],
    ['aws:audit', 'aws', 'audit'],
    ['github:harbour', 'github', 'harbour'],
    ['hoop:https://gateway.harbour.example/api?x=1', 'hoop', 'https://gateway.harbour.example/api?x=1'],
  ] as const) {
    it(`reads ${text} as a live target`, () => {
      assert.deepEqual(parseTarget(text, root, SCHEMES), { kind: 'service', name: text, scheme, address });
    });
  }

  it('takes what exists as a path, whatever it is called', () => {
    assert.equal(parseTarget('aws:prod', root, SCHEMES).kind, 'path');
  });

  for (const [text, code, message, hint] of [
    ['nowhere', 'TARGET_MISSING', /There is nothing at .*nowhere/, /Check the path/],
    ['awss:prod', 'TARGET_SCHEME', /No scanner reads "awss:" targets/, /Did you mean "aws:"\?/],
    ['githbu:harbour', 'TARGET_SCHEME', /"githbu:"/, /Did you mean "github:"\?/],
    ['salesforce:x', 'TARGET_SCHEME', /"salesforce:"/, /Known: aws: gcp: github: hoop:/],
    ['c:\\repos\\shop', 'TARGET_MISSING', /There is nothing at /, /Check the path/],
    ['D:/repos/shop', 'TARGET_MISSING', /There is nothing at /, /Check the path/],
    ['loop', 'TARGET_UNREADABLE', /loop cannot be read: ELOOP/, /permissions/],
    ['exports/auth.json/x', 'TARGET_UNREADABLE', /cannot be read: ENOTDIR/, /./],
  ] as const) {
    it(`says what is wrong with ${text}`, () => {
      assert.throws(
        () => parseTarget(text, root, SCHEMES),
        (error) => {
          assert(error instanceof TargetError, String(error));
          assert.deepEqual([error.code, error.exit], [code, 3]);
          assert.match(error.message, message);
          assert.match(error.hint ?? '', hint);
          return true;
        },
      );
    });
  }

  it('does not list live targets where there are none', () => {
    assert.throws(() => parseTarget('aws:', root, []), { code: 'TARGET_SCHEME', hint: /file or directory/i });
  });
});
