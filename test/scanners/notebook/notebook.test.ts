import assert from 'node:assert/strict';
import fc from 'fast-check';
import { notebook } from '../../../scanners/notebook/index.ts';
import type { Observation, SightingObservation, SourceFile } from '../../../src/contracts/index.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';

const TOKEN = fakeToken('harbour1');
const OTHER = fakeToken('harbour2');

function source(text: string | Uint8Array, path = 'notebooks/churn.ipynb'): SourceFile {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return {
    path,
    bytes,
    text: () => new TextDecoder().decode(bytes),
    at: { repository: 'harbour/shop', path },
    place: 'notebook',
  };
}

async function scan(text: string | Uint8Array, path?: string): Promise<Observation[]> {
  return collect(notebook.scan(source(text, path), testContext()));
}

/** As Jupyter writes it: indented by one, one line of the cell a line of the file. */
function pretty(cells: readonly object[], metadata: object = {}): string {
  return `${JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}

function code(lines: string | readonly string[], outputs: readonly object[] = [], metadata: object = {}): object {
  return { cell_type: 'code', execution_count: 1, metadata, outputs, source: lines };
}

/** What stands in the file where a sighting points: proves its position. */
function textAt(text: string, { at }: SightingObservation): string {
  const line = text.split('\n')[(at?.line ?? 0) - 1] ?? '';
  return line.slice((at?.column ?? 0) - 1, (at?.endColumn ?? 0) - 1);
}

describe('notebook scanner', () => {
  it('recognises notebooks by their name', () => {
    const head = (path: string) => ({ path, size: 2, head: () => '{}' });

    assert.equal(notebook.recognises(head('a/b.ipynb')), true);
    assert.equal(notebook.recognises(head('B.IPYNB')), true);
    assert.equal(notebook.recognises(head('a/b.ipynb.txt')), false);
    assert.equal(notebook.recognises(head('ipynb')), false);
  });

  it('finds a key in an array source and points to its line in the file', async () => {
    const text = pretty([
      { cell_type: 'markdown', metadata: {}, source: ['# Churn'] },
      code(['import os\n', `key = "${TOKEN}"\n`]),
    ]);

    const observations = await scan(text);

    const [sighting, ...others] = kinds(observations, 'sighting');
    assert.ok(sighting);
    assert.equal(others.length, 0);
    assert.equal(textAt(text, sighting), TOKEN);
    assert.equal(sighting.at?.cell, 2);
    assert.equal(sighting.at?.part, 'source');
    assert.equal(sighting.at?.repository, 'harbour/shop');
    assert.equal(sighting.place, 'notebook');
    assert.deepEqual(sighting.detail, { cellLine: 2, cellType: 'code' });
  });

  it('finds a key in a string source behind escapes, in a file of one line', async () => {
    const text = JSON.stringify({ cells: [code(`print(\\"ü\\")\n\tkey\t= "${TOKEN}"`)], nbformat: 4 });

    const [sighting] = kinds(await scan(text), 'sighting');

    assert.ok(sighting);
    assert.equal(sighting.at?.line, 1);
    assert.equal(textAt(text, sighting), TOKEN);
    assert.equal(sighting.detail?.cellLine, 2);
  });

  it('undoes unicode escapes inside the key itself', async () => {
    const hidden = TOKEN.replace('_', '\\u005f').replace('E', '\\u0045');
    const text = `{"cells": [\n {"cell_type": "code", "source": "k = '${hidden}'"}]}`;

    const [sighting] = kinds(await scan(text), 'sighting');

    assert.ok(sighting);
    assert.equal(sighting.at?.line, 2);
    assert.equal(textAt(text, sighting), hidden);
  });

  it('counts columns in characters, on one long line as well', async () => {
    const text = JSON.stringify({ cells: [code(`a = "🍵" + "${TOKEN}"`), code(`b = "🍵🍵" + "${OTHER}"`)] });

    const sightings = kinds(await scan(text), 'sighting');

    assert.deepEqual(
      sightings.map(({ at }) => [...text].slice((at?.column ?? 0) - 1, (at?.endColumn ?? 0) - 1).join('')),
      [TOKEN, OTHER],
    );
  });

  it('finds a key that is cut over two elements of the source', async () => {
    const text = pretty([code([`k = "${TOKEN.slice(0, 7)}`, `${TOKEN.slice(7)}"`])]);

    const [sighting] = kinds(await scan(text), 'sighting');

    assert.ok(sighting);
    assert.equal(sighting.at?.endLine, (sighting.at?.line ?? 0) + 1);
  });

  const outputs: readonly (readonly [string, object])[] = [
    ['a stream', { output_type: 'stream', name: 'stdout', text: ['HOME=/root\n', `KEY=${TOKEN}\n`] }],
    ['a stream as one string', { output_type: 'stream', name: 'stdout', text: `KEY=${TOKEN}` }],
    ['plain text', { output_type: 'execute_result', data: { 'text/plain': [`'${TOKEN}'`] }, metadata: {} }],
    ['HTML', { output_type: 'display_data', data: { 'text/html': `<b title="x">${TOKEN}</b>` }, metadata: {} }],
    ['JSON', { output_type: 'display_data', data: { 'application/json': { env: [{ api_key: TOKEN }] } }, metadata: {} }],
    ['a traceback', { output_type: 'error', ename: 'E', evalue: 'e', traceback: ['---', `key = ${TOKEN}`] }],
    ['an error value', { output_type: 'error', ename: 'E', evalue: `bad key ${TOKEN}`, traceback: [] }],
    ['an SVG', { output_type: 'display_data', data: { 'image/svg+xml': `<svg><text>${TOKEN}</text></svg>` } }],
  ];
  for (const [name, output] of outputs) {
    it(`finds a key in ${name}`, async () => {
      const text = pretty([code('run()', [output])]);

      const [sighting, ...others] = kinds(await scan(text), 'sighting');

      assert.ok(sighting);
      assert.equal(others.length, 0);
      assert.equal(textAt(text, sighting), TOKEN);
      assert.equal(sighting.at?.part, 'output');
      assert.equal(sighting.at?.cell, 1);
      assert.equal(sighting.detail?.outputType, (output as { output_type: string }).output_type);
    });
  }

  it('strips terminal colours that cut through a key', async () => {
    const coloured = `\u001b[0;31mkey\u001b[0m = ${TOKEN.slice(0, 5)}\u001b[38;5;124m${TOKEN.slice(5)}\u001b[39m`;
    const text = pretty([code('x', [{ output_type: 'error', ename: 'E', evalue: '', traceback: [coloured] }])]);

    const [sighting] = kinds(await scan(text), 'sighting');

    assert.ok(sighting);
    assert.ok(textAt(text, sighting).startsWith(TOKEN.slice(0, 5)));
    assert.ok(textAt(text, sighting).endsWith(TOKEN.slice(5)));
  });

  it('leaves images out and counts them', async () => {
    const picture = { output_type: 'display_data', data: { 'image/png': TOKEN, 'text/plain': '<Figure>' } };
    const attached = {
      cell_type: 'markdown',
      attachments: { 'a.png': { 'image/png': TOKEN }, 'b.txt': { 'text/plain': OTHER } },
      source: '# A picture',
    };
    const text = pretty([code('plot()', [picture]), attached]);

    const observations = await scan(text);

    const sightings = kinds(observations, 'sighting');
    assert.deepEqual(
      sightings.map((each) => [each.at?.cell, each.at?.part, textAt(text, each)]),
      [[2, 'attachment', OTHER]],
    );
    assert.equal(kinds(observations, 'coverage')[0]?.detail?.mediaSkipped, 2);
  });

  it('blanks pictures that are written into Markdown and HTML', async () => {
    const cell = { cell_type: 'markdown', source: `![](data:image/png;base64,iVBORw0KGgo=) then "${TOKEN}"` };
    const text = pretty([cell]);
    const searched: string[] = [];
    const context = testContext();

    const observations = await collect(
      notebook.scan(source(text), {
        ...context,
        detect: (given) => {
          searched.push(String(given));
          return context.detect(given);
        },
      }),
    );

    assert.ok(!searched.join('').includes('iVBOR'));
    assert.deepEqual(
      kinds(observations, 'sighting').map((each) => textAt(text, each)),
      [TOKEN],
    );
  });

  it('reads metadata of cells and of the notebook', async () => {
    const text = pretty([code('x', [], { papermill: { parameters: { token: TOKEN } } })], {
      kernelspec: { env: { KEY: OTHER } },
    });

    const sightings = kinds(await scan(text), 'sighting');

    assert.deepEqual(
      sightings.map((each) => [each.at?.cell, each.at?.part, textAt(text, each)]),
      [
        [1, 'metadata', TOKEN],
        [undefined, 'metadata', OTHER],
      ],
    );
  });

  it('gives the value of a password widget the name that says what it is', async () => {
    const widget = {
      model_module: '@jupyter-widgets/controls',
      model_name: 'PasswordModel',
      state: { value: 'tide-and-anchor' },
    };
    const state = { widgets: { 'application/vnd.jupyter.widget-state+json': { state: { abc: widget } } } };
    const texts: string[] = [];
    const context = testContext();

    await collect(
      notebook.scan(source(pretty([], state)), {
        ...context,
        detect: (text) => {
          texts.push(String(text));
          return [];
        },
      }),
    );

    assert.ok(texts.join('').includes('"password": "tide-and-anchor"'));
  });

  it('reads format 3', async () => {
    const text = JSON.stringify({
      nbformat: 3,
      worksheets: [
        {
          cells: [
            {
              cell_type: 'code',
              input: [`k = "${TOKEN}"`],
              outputs: [{ output_type: 'pyout', text: [OTHER], png: TOKEN, html: 'x' }],
            },
          ],
        },
      ],
    });

    const observations = await scan(text);

    assert.deepEqual(
      kinds(observations, 'sighting').map((each) => [each.at?.cell, each.at?.part, textAt(text, each)]),
      [
        [1, 'source', TOKEN],
        [1, 'output', OTHER],
      ],
    );
    assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
  });

  it('reads a repeated key twice', async () => {
    const text = `{"cells": [{"cell_type": "code", "source": "a = '${TOKEN}'", "source": "b = '${OTHER}'"}]}`;

    const sightings = kinds(await scan(text), 'sighting');

    assert.deepEqual(
      sightings.map((each) => textAt(text, each)),
      [TOKEN, OTHER],
    );
  });

  it('says what was looked at', async () => {
    const [coverage] = kinds(await scan(pretty([code('a'), code('b')])), 'coverage');

    assert.equal(coverage?.surface, 'notebook');
    assert.equal(coverage?.subject, 'notebooks/churn.ipynb');
    assert.equal(coverage?.outcome, 'complete');
    assert.deepEqual(coverage?.covers, ['sighting', 'consumer']);
    assert.deepEqual([coverage?.seen, coverage?.read, coverage?.failed], [2, 2, 0]);
  });

  describe('consumers', () => {
    async function uses(lines: string | readonly string[], path?: string) {
      const consumers = kinds(await scan(pretty([code(lines)]), path), 'consumer');
      return consumers.map(({ how, secretName, identity, detail }) => [detail?.basis, how, secretName ?? identity]);
    }

    const hits: readonly (readonly [string, readonly unknown[]])[] = [
      ['os.environ["OPENAI_API_KEY"]', ['environment', 'secret', 'OPENAI_API_KEY']],
      ["os.environ.get('DB_PASSWORD', '')", ['environment', 'secret', 'DB_PASSWORD']],
      ['os.getenv("DATABASE_URL")', ['environment', 'secret', 'DATABASE_URL']],
      ['%env HF_TOKEN=abc', ['environment', 'secret', 'HF_TOKEN']],
      ['!export AWS_SECRET_ACCESS_KEY=x', ['environment', 'secret', 'AWS_SECRET_ACCESS_KEY']],
      ["userdata.get('openai')", ['colab-secret', 'secret', 'openai']],
      ['dbutils.secrets.get(scope="etl", key="warehouse")', ['databricks-secret', 'secret', 'etl/warehouse']],
      ['boto3.Session(profile_name="prod-admin")', ['aws-profile', 'profile', 'prod-admin']],
      ["Credentials.from_service_account_file('etl.json')", ['key-file', 'static-key', 'etl.json']],
      [
        'sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/ml/trainer")',
        ['role-arn', 'impersonation', 'aws:123456789012:role/trainer'],
      ],
      [
        'target_principal="etl@hc-prod.iam.gserviceaccount.com"',
        ['service-account-email', 'impersonation', 'gcp:hc-prod:serviceAccount/etl@hc-prod.iam.gserviceaccount.com'],
      ],
      [
        '{"client_email": "etl@hc-prod.iam.gserviceaccount.com"}',
        ['service-account-email', 'static-key', 'gcp:hc-prod:serviceAccount/etl@hc-prod.iam.gserviceaccount.com'],
      ],
    ];
    for (const [line, expected] of hits) {
      it(`reads ${line}`, async () => {
        assert.deepEqual(await uses(line), [expected]);
      });
    }

    const misses = [
      'os.environ["HOME"]',
      'os.getenv("LANG")',
      '%env MONKEY=1',
      '# os.environ["API_KEY"]',
      'getpass("API key: ")',
      'environment["API_KEY_NAME_HELP"',
      'arn = "arn:aws:s3:::harbour-data"',
      'mail = "ada@harbour.example"',
    ];
    for (const line of misses) {
      it(`takes nothing from ${line}`, async () => {
        assert.deepEqual(await uses(line), []);
      });
    }

    it('takes nothing from Markdown', async () => {
      const text = pretty([{ cell_type: 'markdown', source: 'Set os.environ["API_KEY"] first' }]);

      assert.deepEqual(kinds(await scan(text), 'consumer'), []);
    });

    it('links a literal key to the notebook, once for all its cells', async () => {
      const text = pretty([code(`a = "${TOKEN}"`), code('pass'), code(['\n', `b = "${TOKEN}"`])]);

      const observations = await scan(text, 'prod/train.ipynb');

      const [consumer, ...others] = kinds(observations, 'consumer');
      assert.equal(others.length, 0);
      assert.equal(consumer?.consumer, 'harbour/shop:prod/train.ipynb');
      assert.equal(consumer?.type, 'notebook');
      assert.equal(consumer?.how, 'static-key');
      assert.equal(consumer?.credential, kinds(observations, 'sighting')[0]?.credential);
      assert.equal(consumer?.environment, 'prod');
      assert.deepEqual(consumer?.detail, { basis: 'literal', cells: [1, 3] });
      assert.equal(kinds(observations, 'sighting')[0]?.environment, 'prod');
    });

    it('does not take a printed key for a used one', async () => {
      const text = pretty([code('show()', [{ output_type: 'stream', name: 'stdout', text: TOKEN }])]);

      assert.deepEqual(kinds(await scan(text), 'consumer'), []);
    });

    it('points to the line of the use', async () => {
      const text = pretty([code(['import os\n', 'k = os.environ["API_KEY"]\n'])]);

      const [consumer] = kinds(await scan(text), 'consumer');

      const line = text.split('\n')[(consumer?.at?.line ?? 0) - 1] ?? '';
      assert.ok(line.slice((consumer?.at?.column ?? 0) - 1).startsWith('environ[\\"API_KEY'));
    });
  });

  describe('given broken input', () => {
    it('reads the cells before the break and searches the rest as text', async () => {
      const whole = pretty([code(`a = "${TOKEN}"`), code(`b = \\"${OTHER}\\"`)]);
      const text = whole.slice(0, whole.indexOf(OTHER) + OTHER.length);

      const observations = await scan(text);

      assert.deepEqual(
        kinds(observations, 'sighting').map((each) => textAt(text, each)),
        [TOKEN, OTHER],
      );
      assert.equal(kinds(observations, 'sighting')[0]?.at?.cell, 1);
      const [coverage] = kinds(observations, 'coverage');
      assert.equal(coverage?.outcome, 'partial');
      assert.match(coverage?.why ?? '', /ends in the middle at line \d+/);
      assert.equal(coverage?.failed, 1);
    });

    it('names the line of a syntax error and reports each key once', async () => {
      const text = `{\n "cells": [\n  oops,\n  {"cell_type": "code", "source": "k = \\"${TOKEN}\\""}\n ]\n}`;

      const observations = await scan(text);

      const sightings = kinds(observations, 'sighting');
      assert.deepEqual(
        sightings.map((each) => textAt(text, each)),
        [TOKEN],
      );
      assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /line 3/);
    });

    it('searches a merge conflict', async () => {
      const text = `<<<<<<< HEAD\n${pretty([code(`a = "${TOKEN}"`)])}=======\n${pretty([code(`a = "${OTHER}"`)])}>>>>>>> topic\n`;

      const observations = await scan(text);

      assert.deepEqual(new Set(kinds(observations, 'sighting').map((each) => textAt(text, each))), new Set([TOKEN, OTHER]));
      assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'partial');
    });

    for (const [name, text] of [
      ['an empty file', ''],
      ['white space', ' \n\t'],
      ['an object without cells', '{"a": 1}'],
      ['an array', '[1, 2]'],
      ['null', 'null'],
      ['cells that are no list', '{"cells": {"source": "x"}}'],
    ] as const) {
      it(`says that ${name} is not a whole notebook`, async () => {
        const observations = await scan(text);

        assert.equal(observations.length, 1);
        assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'partial');
        assert.ok(kinds(observations, 'coverage')[0]?.why);
      });
    }

    it('still finds a key where there are no cells', async () => {
      const [sighting] = kinds(await scan(`{"cells": {"source": "${TOKEN}"}}`), 'sighting');

      assert.equal(sighting?.at?.part, 'metadata');
    });

    it('survives nesting that no reader can follow', async () => {
      const text = `{"cells": [${'['.repeat(20_000)}"${TOKEN}"${']'.repeat(20_000)}]}`;

      const observations = await scan(text);

      assert.equal(kinds(observations, 'sighting').length, 1);
      assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /nested too deeply/);
    });

    it('takes names of the prototype for plain names', async () => {
      const text = `{"cells": [{"__proto__": {"polluted": "${TOKEN}"}, "constructor": 1, "outputs": [{"toString": "${OTHER}"}]}]}`;

      const observations = await scan(text);

      assert.equal(kinds(observations, 'sighting').length, 2);
      assert.equal(({} as { polluted?: string }).polluted, undefined);
    });

    it('searches a notebook that is too large to be parsed as bytes', async () => {
      const filler = Buffer.alloc(64 * 1024 * 1024 + 1, 0x20);
      const bytes = Buffer.concat([Buffer.from(`{"cells": ["${TOKEN}"`), filler]);
      const file = { ...source(bytes), text: () => assert.fail('the text of a huge file must not be made') };

      const observations = await collect(notebook.scan(file, testContext()));

      assert.equal(kinds(observations, 'sighting')[0]?.at?.column, 13);
      assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /larger than 64 MiB/);
    });

    for (const unit of [' ', 'export\t', 'data:image', '\u001b]', 'os.environ["A_KEY"] ', `"${TOKEN}" `]) {
      it(`reads a cell of nothing but ${JSON.stringify(unit)} in time that grows with its length`, async () => {
        const text = JSON.stringify({ cells: [code(unit.repeat(600_000 / unit.length))] });

        const observations = await scan(text);

        assert.equal(kinds(observations, 'coverage')[0]?.outcome, 'complete');
      }).timeout(5000);
    }

    it('never throws, whatever the bytes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
          const observations = await scan(bytes);

          assert.equal(kinds(observations, 'coverage').length, 1);
        }),
      );
    });

    it('never throws, whatever the JSON, and finds the planted key wherever it stands', async () => {
      const key = fc.constantFrom(
        'cells',
        'source',
        'outputs',
        'data',
        'text',
        'metadata',
        'traceback',
        'attachments',
        '__proto__',
        'x',
      );
      const { tree } = fc.letrec((tie) => ({
        tree: fc.oneof(
          { maxDepth: 5 },
          fc.constant(TOKEN),
          fc.integer(),
          fc.constant(null),
          fc.array(tie('tree'), { maxLength: 4 }),
          fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
        ),
      }));

      await fc.assert(
        fc.asyncProperty(tree, async (value) => {
          const text = toJson(value);

          const observations = await scan(text);

          const planted = text.split(TOKEN).length - 1;
          const sightings = kinds(observations, 'sighting');
          assert.equal(sightings.length, planted);
          for (const sighting of sightings) assert.equal(textAt(text, sighting), TOKEN);
        }),
        { numRuns: 300 },
      );
    });
  });
});

/** JSON of Maps, with keys that an object literal would take for its prototype. */
function toJson(value: unknown): string {
  if (value instanceof Map) return `{${[...value].map(([key, each]) => `${JSON.stringify(key)}:\n${toJson(each)}`).join(',')}}`;
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  return JSON.stringify(value);
}
