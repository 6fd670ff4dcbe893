import assert from 'node:assert/strict';
import { createEngine, type Engine } from '../../src/detect/engine.ts';
import { loadPack } from '../../src/detect/load.ts';

const pack = await loadPack();

/** A file as its program writes it; what is found in it as detector, confidence and value. */
const FILES: readonly (readonly [path: string, content: string, found: readonly string[]])[] = [
  [
    'home/.netrc',
    'machine imap.harbour.coffee login ada password harbour\ndefault login deploy password q8Vwt2LmZ7xk\n',
    ['netrc-password low harbour', 'netrc-password medium q8Vwt2LmZ7xk'],
  ],
  ['home/.git-credentials', 'https://ada:pa#ss@word@git.harbour.coffee\n', ['git-credentials high pa#ss@word']],
  ['home/.pgpass', 'db.harbour.coffee:5432:shop:app:password\n', ['pgpass-password low password']],
  ['home/.my.cnf', '[client]\nuser=app\npassword="q8Vwt2LmZ7xk"\n', ['mysql-option-file-password high q8Vwt2LmZ7xk']],
  [
    'ftp/sitemanager.xml',
    '<Server><Host>ftp</Host><User>ada</User><Pass encoding="base64">aHVudGVyMjI=</Pass></Server>',
    ['filezilla-password high aHVudGVyMjI='],
  ],
  [
    '.vscode/sftp.json',
    '{\n  "host": "web.harbour.coffee",\n  "username": "ada",\n  "password": "swordfish!23"\n}',
    ['sftp-config-password medium swordfish!23'],
  ],
  [
    'db/data-sources.xml',
    '<connection host="db" url="jdbc:oracle:thin:@//db:1521/orcl" user="app" password="tiger4"/>',
    ['dbeaver-password low tiger4'],
  ],
  [
    'mail/.esmtprc',
    'hostname smtp.harbour.coffee:587\nusername "ada"\npassword "hunter22"\n',
    ['mail-client-password medium hunter22'],
  ],
  ['app/.env', 'DB_PASSWORD=admin123\nAPP_DEBUG=true\n', ['config-password low admin123']],
  ['srv/ventrilo.ini', 'AdminPassword=Swordfish\n', ['config-password low Swordfish']],
  ['app/config.php', "<?php\n$dbpasswd = 'pass123';\n", ['php-config-password low pass123']],
  ['site/wp-config.php', "define( 'DB_PASSWORD', 'admin' );\n", ['wordpress-db-password low admin']],
  ['app/.env.example', 'DB_PASSWORD=admin123\n', []],
  ['app/.env', `DB_PASSWORD=\${DB_PASSWORD}\nMAIL_PASSWORD=\nREDIS_PASSWORD=null\n`, []],
  ['i18n/messages_de.properties', 'login.password=Kennwort\nlogin.passwd=Passwort\n', []],
  ['src/login.ts', 'const password = form.password;\nlet pass = next;\n', []],
  ['app/config.php', "<?php\n$password = $_POST['password'];\n$pass = getenv('DB_PASS');\n", []],
  ['home/.netrc', `machine imap.harbour.coffee login ada password \${IMAP_PASSWORD}\n`, []],
  ['home/.pgpass', 'db.harbour.coffee:5432:shop:app:<password>\n', []],
  ['package.json', '{ "host": "web", "pass": "tests" }', []],
];

describe('files that hold logins', () => {
  let engine: Engine;
  before(() => {
    engine = createEngine({ pack, fingerprintKey: 'files', secretlint: false });
  });

  for (const [path, content, expected] of FILES) {
    it(`${path}: ${expected.length === 0 ? 'nothing' : expected.join(', ')}`, () => {
      const found = engine
        .detect(content, { path })
        .map((match) => `${match.detector} ${match.confidence} ${content.slice(match.start, match.end)}`);

      assert.deepEqual(found, expected);
    });
  }
});
