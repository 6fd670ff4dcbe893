import assert from 'node:assert/strict';
import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { formOf } from '../../../scanners/notebook/forms.ts';
import { notebook } from '../../../scanners/notebook/index.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { headOfBytes, sourceFile } from '../../../src/files/source-file.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';

const TOKEN = fakeToken('harbour1');
const OTHER = fakeToken('harbour2');

describe('forms of notebooks', () => {
  for (const [path, text, form] of [
    ['a.ipynb', '{}', 'jupyter'],
    ['a.zpln', '{}', 'zeppelin'],
    ['2A94M5J1Z/note.json', '{"paragraphs": []}', 'zeppelin'],
    ['conf/interpreter.json', '{\n  "interpreterSettings": {}}', 'zeppelin-settings'],
    ['conf/credentials.json', '{"credentialsMap": {}}', 'zeppelin-settings'],
    ['a.dbc', 'PK', 'databricks-archive'],
    ['a.Rmd', '', 'markdown'],
    ['a.qmd', '', 'markdown'],
    ['a.py', '# Databricks notebook source\nx = 1\n', 'databricks-source'],
    ['a.sql', '-- Databricks notebook source\nSELECT 1\n', 'databricks-source'],
    ['a.scala', '// Databricks notebook source\n', 'databricks-source'],
    ['a.py', 'import x\n\n# %%\nx.y()\n', 'percent'],
    ['a.py', '# %% [markdown]\n# Title\n', 'percent'],
    ['a.py', '# ---\n# jupyter:\n#   jupytext:\n', 'percent'],
  ] as const) {
    it(`${path} with ${JSON.stringify(text.slice(0, 30))} is ${form}`, () => {
      assert.equal(formOf(headOfBytes(path, Buffer.from(text))), form);
    });
  }

  for (const [path, text] of [
    ['a.py', 'print("# %%")\n'],
    ['a.py', 'import os\n# 100 %% sure\n'],
    ['note.json', '{"title": "paragraphs"}'],
    ['interpreter.json', '{"path": "/usr/bin/python"}'],
    ['credentials.json', '{"installed": {}}'],
    ['a.md', '# %%\n'],
    ['a.sql', 'SELECT 1 -- Databricks notebook source\n'],
  ] as const) {
    it(`${path} with ${JSON.stringify(text)} is no notebook`, () => {
      assert.equal(formOf(headOfBytes(path, Buffer.from(text))), undefined);
    });
  }
});

describe('notebooks kept as scripts', () => {
  it('have cells by their marks, and places as they stand', async () => {
    const text = `import os\n\n# %% [markdown]\n# Use ${OTHER}\n\n# %%\nkey = "${TOKEN}\\n"\nname = os.environ["DB_PASSWORD"]\n`;
    const observations = await scan('train.py', text);

    const places = kinds(observations, 'sighting').map(({ at }) => [at?.line, at?.column, at?.cell, at?.part]);
    assert.deepEqual(places, [
      [4, 7, 2, 'source'],
      [7, 8, 3, 'source'],
    ]);
    const consumers = kinds(observations, 'consumer').map(({ secretName, how, at }) => [secretName, how, at?.line, at?.cell]);
    assert.deepEqual(consumers, [
      [undefined, 'static-key', 7, 3],
      ['DB_PASSWORD', 'secret', 8, 3],
    ]);
    assert.deepEqual(kinds(observations, 'coverage')[0]?.read, 3);
  });

  it('of Databricks are read with their magics', async () => {
    const text = `# Databricks notebook source\nx = dbutils.secrets.get("etl", "pg")\n\n# COMMAND ----------\n\n# MAGIC %sql\n# MAGIC SELECT '${TOKEN}'\n`;
    const observations = await scan('load.py', text);

    assert.deepEqual(
      kinds(observations, 'sighting').map(({ at }) => [at?.line, at?.column, at?.cell]),
      [[7, 17, 2]],
    );
    assert.deepEqual(
      kinds(observations, 'consumer').map(({ secretName }) => secretName),
      ['etl/pg', undefined],
    );
  });

  it('of R Markdown have their code between fences', async () => {
    const text = `Intro ${OTHER}\n\n\`\`\`{r}\nkey <- Sys.getenv("API_TOKEN")\ntok <- "${TOKEN}"\n\`\`\`\nEnd\n`;
    const observations = await scan('report.Rmd', text);

    assert.deepEqual(
      kinds(observations, 'sighting').map(({ at }) => [at?.line, at?.cell]),
      [
        [1, 1],
        [5, 2],
      ],
    );
    assert.deepEqual(
      kinds(observations, 'consumer').map(({ secretName, at }) => [secretName, at?.line]),
      [
        [undefined, 5],
        ['API_TOKEN', 4],
      ],
    );
  });

  it('take any text: lines are true and nothing fails', async () => {
    const piece = fc.constantFrom(
      '# %%\n',
      '# MAGIC %md ',
      '# COMMAND ----------\n',
      '```{r}\n',
      '```\n',
      'x\n',
      '\r\n',
      `"${TOKEN}"`,
      'é😀',
      '\\n',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 25 }), fc.constantFrom('a.Rmd', 'a.qmd'), async (pieces, path) => {
        const text = pieces.join('');
        const lines = text.split('\n');
        for (const { at } of kinds(await scan(path, text), 'sighting')) {
          assert.ok(lines[(at?.line ?? 0) - 1]?.includes('FAKE_TOKEN'), `line ${at?.line}`);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('notebooks of Zeppelin and Databricks archives', () => {
  it('have paragraphs, and what they printed', async () => {
    const note = {
      name: 'load',
      paragraphs: [
        { text: `%python\nkey = "${TOKEN}"`, results: { code: 'SUCCESS', msg: [{ type: 'TEXT', data: `key is ${OTHER}` }] } },
      ],
    };
    const observations = await scan('load.zpln', JSON.stringify(note, undefined, 2));

    assert.deepEqual(
      kinds(observations, 'sighting').map(({ at }) => [at?.cell, at?.part]),
      [
        [1, 'source'],
        [1, 'output'],
      ],
    );
    assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
  });

  it('are read out of the archive, each by its own path', async () => {
    const inner = JSON.stringify({
      name: 'etl',
      commands: [{ command: `key = "${TOKEN}"`, results: { data: `printed ${OTHER}` } }],
    });
    const observations = await scan('export.dbc', zip('shared/etl.python', Buffer.from(inner)));

    const places = kinds(observations, 'sighting').map(({ at }) => [at?.path, at?.cell, at?.part]);
    assert.deepEqual(places, [
      ['export.dbc!shared/etl.python', 1, 'source'],
      ['export.dbc!shared/etl.python', 1, 'output'],
    ]);
    assert.deepEqual(
      kinds(observations, 'coverage').map(({ outcome, read }) => [outcome, read]),
      [['complete', 1]],
    );
  });

  it('say what of a damaged archive could not be read', async () => {
    const [coverage] = kinds(await scan('export.dbc', zip('a.python', Buffer.from('{}')).subarray(0, 40)), 'coverage');

    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /damaged/);
  });
});

describe('clients in notebooks', () => {
  for (const [code, name, basis] of [
    ['boto3.client("s3", aws_secret_access_key=secret)', 'secret', 'aws-client'],
    [
      'spark.conf.set("fs.azure.account.key.lake.dfs.core.windows.net", k)',
      'fs.azure.account.key.lake.dfs.core.windows.net',
      'azure-account-key',
    ],
    ['mssparkutils.credentials.getSecret("kv-prod", "pg-password")', 'kv-prod/pg-password', 'azure-key-vault'],
    ['UserSecretsClient().get_secret("HF_TOKEN")', 'HF_TOKEN', 'kaggle-secret'],
  ] as const) {
    it(`are a use: ${code.slice(0, 40)}`, async () => {
      const [consumer] = kinds(await scan('a.py', `# %%\n${code}\n`), 'consumer');

      assert.deepEqual([consumer?.secretName, consumer?.detail?.basis], [name, basis]);
    });
  }

  for (const code of ['aws_secret_access_key=None', 'x = getpass("Password: ")', 'os.environ["HOME"]']) {
    it(`are none: ${code}`, async () => {
      assert.deepEqual(kinds(await scan('a.py', `# %%\n${code}\n`), 'consumer'), []);
    });
  }

  it('tells passwords of settings by their names, once where their form tells them too', async () => {
    const property = (name: string, value: string) => ({ name, value, type: 'password' });
    const text = JSON.stringify({
      interpreterSettings: {
        jdbc: {
          properties: { 'default.password': property('default.password', 'Harbour-2024-quay'), old: property('old', TOKEN) },
        },
        flat: { properties: { 'db.password': 'Quay-2025-harbour', 'db.user': 'Quay-2025-name' } },
      },
    });

    const observations = await scan('conf/interpreter.json', text);

    assert.deepEqual(
      kinds(observations, 'sighting')
        .map(({ detector, at }) => [detector, text.slice((at?.column ?? 0) - 1, (at?.column ?? 0) + 3)])
        .sort(),
      [
        ['fake-token', TOKEN.slice(0, 4)],
        ['generic-plain-value', 'Harb'],
        ['generic-plain-value', 'Quay'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(observations), /2024-quay|2025-harbour/);
    assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
  });
});

async function scan(path: string, text: string | Uint8Array): Promise<Observation[]> {
  const file = sourceFile(path, Buffer.from(text as string), { repository: 'harbour/shop', path }, 'work-tree');
  return collect(notebook.scan(file, testContext()));
}

/** A zip of one deflated entry. */
function zip(name: string, content: Buffer): Buffer {
  const [path, packed] = [Buffer.from(name), deflateRawSync(content)];
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, packed]);
  const directory = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, Buffer.alloc(14), path]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}
