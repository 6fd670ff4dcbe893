// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations of HCL
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readHcl } from '../../../../src/formats/hcl/read.ts';
import type { Block, Body, Expression } from '../../../../src/formats/hcl/syntax.ts';
import { cpuTime } from '../../../helpers/cpu-time.ts';

describe('HCL reader', () => {
  it('reads blocks, labels and attributes with their places', () => {
    const text = 'resource "aws_iam_role" "deploy" {\n  name = "deploy"\n\n  tags = { owner = "sam" }\n}\n';

    const { body, problems, position } = readHcl(text);

    const [block] = body.blocks;
    assert.deepEqual(problems, []);
    assert.deepEqual([block?.type, block?.labels], ['resource', ['aws_iam_role', 'deploy']]);
    assert.deepEqual(position(block?.body.attributes[1]?.start ?? 0), { line: 4, column: 3 });
    assert.equal(block?.end, text.length - 1);
  });

  it('keeps what is interpolated apart from the text around it', () => {
    const value = expressionOf('a = "${var.prefix}-deploy-$${HOME}"');

    assert(value.kind === 'template');
    const [first, rest] = value.parts;
    assert.deepEqual(first, { kind: 'reference', root: 'var', steps: ['prefix'], start: 7, end: 17 });
    assert.equal(rest, '-deploy-${HOME}');
  });

  it('reads a text that is one interpolation as what is in it', () => {
    const value = expressionOf('a = "${aws_iam_role.x[0].arn}"');

    assert(value.kind === 'reference');
    assert.equal(value.root, 'aws_iam_role');
    assert.deepEqual(
      value.steps.filter((step) => typeof step === 'string'),
      ['x', 'arn'],
    );
  });

  it('reads quotes within interpolations within quotes', () => {
    const value = expressionOf('a = "x-${lookup(var.names, "deploy", "y")}-z"');

    assert(value.kind === 'template');
    const call = value.parts[1];
    assert(typeof call === 'object' && call.kind === 'call');
    assert.equal(call.name, 'lookup');
    assert.equal(call.arguments.length, 3);
  });

  it('unescapes', () => {
    assert.equal(literalOf(String.raw`a = "q\"\\\n\u00e9\d"`), 'q"\\\né\\d');
  });

  for (const newline of ['\n', '\r\n']) {
    it(`reads heredocs, indented or not, with ${JSON.stringify(newline)} line ends`, () => {
      const text = ['a = <<EOF', '  {"x": 1}', 'EOF', 'b = <<-END', '    one', '      two', '    END', 'c = 1'].join(newline);

      const { body, problems } = readHcl(text);

      assert.deepEqual(problems, []);
      assert.deepEqual(
        body.attributes.map(({ value }) => (value.kind === 'literal' ? value.value : value.kind)),
        ['  {"x": 1}\n', 'one\n  two\n', 1],
      );
    });
  }

  it('finds references in a heredoc', () => {
    const value = expressionOf('a = <<EOF\nrole ${aws_iam_role.x.arn}\n%{ if var.on }on%{ endif }\nEOF');

    assert(value.kind === 'template');
    assert.deepEqual(
      value.parts.filter((part) => typeof part !== 'string').map((part) => part.kind),
      ['reference', 'operation', 'operation'],
    );
  });

  it('reads calls over many lines, with comments and a comma at the end', () => {
    const value = expressionOf('a = merge( # first\n  { x = 1 }, // second\n  /* third */ var.more...,\n)');

    assert(value.kind === 'call');
    assert.deepEqual(
      value.arguments.map((one) => one.kind),
      ['object', 'reference'],
    );
  });

  it('reads objects with commas, line ends, colons and bracketed keys', () => {
    const value = expressionOf('a = {\n  x = 1, y: 2\n  "z-1" = [1, 2,]\n  (var.k) = 4\n}');

    assert(value.kind === 'object');
    assert.deepEqual(
      value.entries.map(({ key }) => (key.kind === 'literal' ? key.value : key.kind)),
      ['x', 'y', 'z-1', 'reference'],
    );
  });

  it('reads conditions and keeps operators and for as they are', () => {
    const one = expressionOf('a = var.on && !var.off ? "yes" : "no"');
    const two = expressionOf('a = { for k, v in local.all : k => v... if v != null }');

    assert(one.kind === 'conditional' && one.whenFalse.kind === 'literal');
    assert.equal(one.whenFalse.value, 'no');
    assert(two.kind === 'for');
    assert.deepEqual(
      [two.names, two.over.kind, two.key?.kind, two.value.kind, two.test?.kind, two.isGrouped],
      [['k', 'v'], 'reference', 'reference', 'reference', 'operation', true],
    );
  });

  it('reads splats, old indexes and namespaced functions', () => {
    assert.equal(expressionOf('a = aws_iam_role.x.*.arn').kind, 'reference');
    assert.equal(expressionOf('a = aws_iam_role.x.0.arn').kind, 'reference');
    assert.equal(expressionOf('a = aws_iam_role.x[*].arn').kind, 'reference');
    assert.equal(expressionOf('a = provider::aws::arn_parse("x").account').kind, 'call');
  });

  it('passes a byte order mark and tabs', () => {
    const { body, problems } = readHcl('\uFEFFlocals {\n\ta = 1\n}');

    assert.deepEqual([problems, body.blocks[0]?.body.attributes[0]?.value.kind], [[], 'literal']);
  });

  describe('on broken text', () => {
    it('goes on with the next line of the body', () => {
      const { body, problems } = readHcl(
        'resource "a" "b" {\n  x = \n  y = "ok"\n  z = [1\n}\nresource "c" "d" {\n  name = "n"\n}\n',
      );

      assert.deepEqual(
        body.blocks.map((block) => block.labels[1]),
        ['b', 'd'],
      );
      assert.deepEqual(names(body.blocks[0]), ['y']);
      assert.deepEqual(names(body.blocks[1]), ['name']);
      assert.match(problems[0] ?? '', /^line 2: /);
    });

    it('keeps an unclosed block and those behind it', () => {
      const { body, problems } = readHcl('resource "a" "b" {\n  x = 1\n  inner {\n    y = 2\n\nresource "c" "d" {\n  z = 3\n}\n');

      assert.deepEqual(
        body.blocks.map((block) => block.labels[1]),
        ['b', 'd'],
      );
      assert.deepEqual(names(body.blocks[0]), ['x']);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^line 6: .*not closed/);
    });

    it('ends an unclosed text at its line', () => {
      const { body, problems } = readHcl('a = "never\nb = 2\n');

      assert.deepEqual(
        body.attributes.map(({ name }) => name),
        ['b'],
      );
      assert.deepEqual(problems, ['line 1: a text is not closed']);
    });

    it('passes over an unclosed heredoc', () => {
      const { body, problems } = readHcl('a = <<EOF\nnever\nb = 2\n');

      assert.deepEqual(problems[0], 'line 1: the heredoc EOF is not closed');
      assert(body.attributes.some(({ name }) => name === 'b'));
    });

    it('does not tell what stands there', () => {
      const { problems } = readHcl('a = "x" hunter2hunter2\n');

      assert.deepEqual(problems, ['line 1: unexpected a word after a value']);
    });

    it('stops at a depth', () => {
      const { problems } = readHcl(`a = ${'['.repeat(50_000)}\nb = 1\n`);

      assert.match(problems[0] ?? '', /nested more than/);
    });
  });

  it('takes time in proportion to the text, whatever it is', () => {
    const hostile = ['a=[', '${ /*', '${ #', '"${', 'a=<<X\n', '{', 'a = "${[1,', '(', '!', 'x "', '<<A', '%{if ', 'a.', 'a?'];
    const size = 300_000;

    for (const piece of hostile) {
      for (const wrap of [(text: string) => text, (text: string) => `a = <<END\n${text}\nEND\n`]) {
        const text = wrap(piece.repeat(size / piece.length));
        const began = cpuTime();
        readHcl(text);
        const took = cpuTime() - began;

        assert(took < 6000, `${JSON.stringify(piece)} took ${took.toFixed(0)} ms`);
      }
    }
  }).timeout(60_000);

  it('never throws on a mutated file, and tells places within it', () => {
    const valid =
      'variable "a" {\n  default = "x"\n}\nresource "aws_iam_role" "r" {\n  count = var.on ? 1 : 0\n  name = "${var.a}-r"\n  policy = <<EOF\n{"a": "${var.a}"}\nEOF\n  inner {\n    list = [for x in y : x]\n  }\n}\n';
    const mutation = fc.record({
      at: fc.nat(valid.length),
      drop: fc.nat(6),
      put: fc.constantFrom('', '"', '{', '}', '${', '\n', '<<EOF\n', '(', ']', '=', '%{', '\\', '\r\n', '🎈', 'a'),
    });

    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 5 }), (mutations) => {
        let text = valid;
        for (const { at, drop, put } of mutations) text = text.slice(0, at) + put + text.slice(at + drop);

        const { body, position } = readHcl(text);

        for (const block of body.blocks) {
          assert(block.start <= block.end && block.end <= text.length);
          assert.equal(text.slice(block.start).startsWith(block.type) || text[block.start] === '"', true);
          assert.equal(position(block.start).line, text.slice(0, block.start).split('\n').length);
        }
        for (const attribute of body.attributes) assert(attribute.start < attribute.end && attribute.end <= text.length);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the last block of a file whatever is broken in the first', () => {
    const tail = '\nresource "last" "one" {\n  name = "kept"\n}\n';
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('{', '[', '(', 'a', ' = ', '\n', ',', '1', '}', '.', '?', ':'), { maxLength: 30 }),
        (pieces) => {
          const { body } = readHcl(`resource "first" "one" {\n  x = ${pieces.join('')}${tail}`);

          const last = body.blocks.at(-1);
          assert.deepEqual([last?.labels[0], names(last)], ['last', ['name']]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function expressionOf(text: string): Expression {
  const { body, problems } = readHcl(text);
  assert.deepEqual(problems, []);
  const value = body.attributes[0]?.value;
  assert(value !== undefined);
  return value;
}

function literalOf(text: string): string | number | boolean | null {
  const value = expressionOf(text);
  assert(value.kind === 'literal');
  return value.value;
}

function names(block: Block | undefined): string[] {
  const body: Body = block?.body ?? { attributes: [], blocks: [] };
  return body.attributes.map(({ name }) => name);
}
