import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { displayWidth } from '../../../src/util/layout.ts';
import { printable } from '../../../src/util/sanitize.ts';
import { cellText, renderTable, type TableFormat, type TableRow } from '../../../src/util/table.ts';
import { HOSTILE_NAMES } from '../../helpers/report.ts';

const ROWS: readonly TableRow[] = [
  { id: 'aws:1:user/ci', sightings: 3, capabilities: ['admin', 'escalates'], owner: null },
  { id: 'gcp:shop:serviceAccount/etl', sightings: 12, capabilities: [], owner: 'ada@harbour.example' },
];
const COLUMNS = ['id', 'sightings', 'capabilities', 'owner'];

describe('table', () => {
  it('aligns columns as text', () => {
    assert.equal(
      render(ROWS, COLUMNS, 'text'),
      [
        'id                           sightings  capabilities      owner',
        'aws:1:user/ci                3          admin, escalates',
        'gcp:shop:serviceAccount/etl  12                           ada@harbour.example',
        '',
      ].join('\n'),
    );
  });

  it('wraps the last column when the others leave it room', () => {
    const rows = [{ id: 'a', says: 'one two three four five six seven eight nine ten' }];

    assert.equal(
      renderTable(rows, ['id', 'says'], 'text', 40),
      ['id  says', 'a   one two three four five six seven', '    eight nine ten', ''].join('\n'),
    );
  });

  it('lays rows out as blocks when columns do not fit, without what is empty', () => {
    assert.equal(
      renderTable(ROWS, COLUMNS, 'text', 44),
      [
        'aws:1:user/ci',
        '  sightings: 3',
        '  capabilities: admin, escalates',
        'gcp:shop:serviceAccount/etl',
        '  sightings: 12  owner: ada@harbour.example',
        '',
      ].join('\n'),
    );
  });

  it('heads a block by the columns it is told', () => {
    const text = renderTable(ROWS, COLUMNS, 'text', 50, ['sightings', 'owner']);

    assert.deepEqual(text.split('\n').slice(-3), ['12 ada@harbour.example', '  id: gcp:shop:serviceAccount/etl', '']);
  });

  for (const width of [20, 50, 80, 100]) {
    it(`keeps every line within ${width} columns, whatever stands in it, and loses nothing`, () => {
      const cells = fc.array(fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { minLength: 4, maxLength: 4 }), {
        maxLength: 4,
      });
      fc.assert(
        fc.property(cells, (all) => {
          const rows = all.map(([id = '', sightings = '', capabilities = '', owner = '']) => ({
            id,
            sightings,
            capabilities,
            owner,
          }));

          const text = renderTable(rows, COLUMNS, 'text', width);

          const squeezed = text.replace(/\s/g, '');
          for (const line of text.split('\n')) assert(displayWidth(line) <= width, line);
          for (const row of rows) {
            for (const cell of Object.values(row)) assert(squeezed.includes(printable(cell).replace(/\s/g, '')), cell);
          }
        }),
        { numRuns: 100 },
      );
    });
  }

  it('shows only the header when there are no rows', () => {
    assert.equal(render([], ['a', 'b'], 'text'), 'a  b\n');
    assert.equal(render([], ['a', 'b'], 'csv'), 'a,b\r\n');
    assert.equal(render([], ['a', 'b'], 'json'), '[]\n');
  });

  it('gives the rows as JSON', () => {
    assert.deepEqual(JSON.parse(render(ROWS, COLUMNS, 'json')), ROWS);
  });

  it('gives a number that is too large for JSON as its digits', () => {
    const rows = [{ n: 2n ** 60n, deep: { list: [2n ** 61n] } }];

    assert.deepEqual(JSON.parse(render(rows, ['n', 'deep'], 'json')), [
      { n: '1152921504606846976', deep: { list: ['2305843009213693952'] } },
    ]);
    assert.match(render(rows, ['n', 'deep'], 'csv'), /1152921504606846976,.*2305843009213693952/);
    assert.match(render(rows, ['n', 'deep'], 'text'), /1152921504606846976 .*2305843009213693952/);
  });

  for (const format of ['text', 'csv', 'json'] as const) {
    it(`lets no control or invisible character through as ${format}, in cells or column names`, () => {
      const columns = HOSTILE_NAMES.map((name, index) => `${index}${name}`);
      const row = Object.fromEntries(columns.map((column, index) => [column, HOSTILE_NAMES[index]]));

      const text = render([row], columns, format);

      assert.doesNotMatch(text.replace(/\r?\n/g, ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      if (format === 'text') assert.equal(text.split('\n').length, 3);
      if (format === 'json') assert.deepEqual(JSON.parse(text), [JSON.parse(JSON.stringify(row))]);
    });
  }

  it('writes CSV that reads back, one line a row', () => {
    const rows = [
      { a: 'x,y', b: 'say "hi"' },
      { a: 'line\nbreak', b: '' },
    ];

    const read = parse(render(rows, ['a', 'b'], 'csv'), { columns: true });

    assert.deepEqual(read, [
      { a: 'x,y', b: 'say "hi"' },
      { a: 'line break', b: '' },
    ]);
  });

  it('writes no CSV cell that a spreadsheet would run, and leaves numbers alone', () => {
    const rows = [...HOSTILE_NAMES, "=HYPERLINK('http://x')"].map((name) => ({ name, delta: -3, big: -(2n ** 60n) }));

    const read: readonly { readonly [column: string]: string }[] = parse(render(rows, ['name', 'delta', 'big'], 'csv'), {
      columns: true,
    });

    for (const { name, delta, big } of read) {
      assert.doesNotMatch(name ?? '', /^\s*[=+\-@]/);
      assert.deepEqual([delta, big], ['-3', '-1152921504606846976']);
    }
  });

  it('takes more rows than a function takes arguments', () => {
    const rows = Array.from({ length: 200_000 }, (_, n) => ({ n }));

    assert.equal(render(rows, ['n'], 'text').split('\n').length, 200_002);
  });

  it('writes a cell of any kind', () => {
    assert.deepEqual([null, undefined, true, 0, ['a', ['b', null]], { a: 1n }].map(cellText), [
      '',
      '',
      'true',
      '0',
      'a, b, ',
      '{"a":"1"}',
    ]);
  });
});

function render(rows: readonly TableRow[], columns: readonly string[], format: TableFormat): string {
  return renderTable(rows, columns, format, undefined);
}
