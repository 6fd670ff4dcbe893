import assert from 'node:assert/strict';
import { junit } from '../../reporters/junit/index.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { JUNIT_10 } from '../helpers/junit-10.ts';
import { settledReport } from '../helpers/made-parts.ts';
import {
  emptyReport,
  HOSTILE_NAMES,
  hostileReport,
  leakReport,
  partialReport,
  renderText,
  sampleReport,
} from '../helpers/report.ts';

/** Elements in order with their attributes and texts; throws on what is not well-formed. The reporter writes no comments or CDATA. */
function parse(xml: string): Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  let at = xml.indexOf('?>') + 2;
  const token = /<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  token.lastIndex = at;
  for (let match = token.exec(xml); match !== null; match = token.exec(xml)) {
    at = token.lastIndex;
    const [, end, name = '', attributes = '', isEmpty, text] = match;
    if (text !== undefined) {
      assert.doesNotMatch(text, /&(?!(?:#\d+|amp|lt|gt|quot|apos);)/);
      const last = open.at(-1);
      if (last !== undefined) last.text += text;
    } else if (end === '/') assert.equal(open.pop()?.name, name);
    else {
      const element: Element = { name, parent: open.at(-1)?.name, attributes: {}, text: '' };
      for (const [, key = '', value = ''] of attributes.matchAll(/ ([a-z]+)="([^"]*)"/g)) element.attributes[key] = value;
      elements.push(element);
      if (isEmpty !== '/') open.push(element);
    }
  }
  assert.equal(at, xml.length, `not well-formed from ${at}: ${xml.slice(at, at + 60)}`);
  assert.equal(open.length, 0);
  return elements;
}

interface Element {
  readonly name: string;
  readonly parent: string | undefined;
  readonly attributes: { [name: string]: string };
  text: string;
}

/** What `junit-10.xsd` has against a document. */
function problemsOf(elements: readonly Element[]): string[] {
  return elements.flatMap(({ name, parent, attributes, text }) => {
    const rule = JUNIT_10[name];
    if (rule === undefined) return [`<${name}> is no element`];
    const told = Object.keys(attributes);
    return [
      ...((parent === undefined ? rule.isRoot : JUNIT_10[parent]?.children.includes(name)) === true
        ? []
        : [`<${name}> in <${parent}>`]),
      ...told.filter((key) => !rule.required.includes(key) && !rule.optional.includes(key)).map((key) => `<${name} ${key}>`),
      ...rule.required.filter((key) => !told.includes(key)).map((key) => `<${name}> without ${key}`),
      ...(rule.hasText || text.trim() === '' ? [] : [`text in <${name}>`]),
      ...(attributes.time === undefined || rule.time.test(attributes.time) ? [] : [`time="${attributes.time}"`]),
    ];
  });
}

async function elementsOf(report: Report, options = {}): Promise<Element[]> {
  return parse(await renderText(junit, report, options));
}

function named(elements: readonly Element[], name: string): Element[] {
  return elements.filter((element) => element.name === name);
}

describe('junit reporter', () => {
  const reports: { readonly [name: string]: Report } = {
    'an empty run': emptyReport(),
    'a full run': sampleReport(),
    'a partial run': partialReport(),
    'accepted and fixed findings': settledReport(),
    'hostile names': hostileReport(),
    leaks: leakReport(150),
  };

  for (const [name, report] of Object.entries(reports)) {
    for (const by of ['checks', 'controls']) {
      it(`is well-formed, and its counts add up, for ${name} by ${by}`, async () => {
        const elements = await elementsOf(report, { by });
        const [root] = elements;
        const suites = named(elements, 'testsuite');

        assert.deepEqual(problemsOf(elements), []);
        for (const [count, of] of [
          ['tests', 'testcase'],
          ['failures', 'failure'],
          ['skipped', 'skipped'],
        ] as const) {
          const there = named(elements, of).length;
          const sum = suites.reduce((total, { attributes }) => total + Number(attributes[count]), 0);
          assert.equal(sum, there);
          if (count !== 'skipped') assert.equal(Number(root?.attributes[count]), there);
        }
      });
    }
  }

  it('is held against rules that can fail', () => {
    const cases = {
      '<testsuites skipped="1"></testsuites>': '<testsuites skipped>',
      '<testsuite name="a" tests="0" failures="0"></testsuite>': '<testsuite> without errors',
      '<testsuites time="1s"></testsuites>': 'time="1s"',
      '<testsuites>x</testsuites>': 'text in <testsuites>',
      '<testsuites><testcase name="a"/></testsuites>': '<testcase> in <testsuites>',
      '<testcase name="a"/>': '<testcase> in <undefined>',
      '<suite/>': '<suite> is no element',
    };

    for (const [xml, problem] of Object.entries(cases)) assert.deepEqual(problemsOf(parse(`<?xml?>${xml}`)), [problem]);
  });

  it('names the file of a failure where GitLab asks for it, which the schema of Jenkins does not know', async () => {
    const [plain, linked] = [await elementsOf(leakReport(3)), await elementsOf(leakReport(3), { files: true })];

    assert.deepEqual([...new Set(problemsOf(linked))], ['<testcase file>']);
    assert.deepEqual(problemsOf(plain), []);
  });

  it('has a test case for every check, and one that fails for every check with open findings', async () => {
    const report = sampleReport();
    const elements = await elementsOf(report);

    assert.equal(named(elements, 'testcase').length, report.checks.length);
    assert.ok(named(elements, 'failure').every(({ text }) => text.includes('Fix: ')));
  });

  it('never passes what was not assessed', async () => {
    const report = partialReport();
    const xml = await renderText(junit, report, {});

    for (const { rule, outcome, reason } of report.checks) {
      if (outcome !== 'not-assessed') continue;
      const [, after = ''] = xml.split(`name="${rule}:`);
      assert.match(after, /^[^<]*"[^<]*>\s*<skipped message="not assessed/, `${rule} ${reason}`);
    }
    assert.ok(report.checks.some(({ outcome }) => outcome === 'not-assessed'));
  });

  it('lists a hundred findings of a check and counts the rest', async () => {
    const [failure] = named(await elementsOf(leakReport(150)), 'failure');

    assert.equal(failure?.attributes.message, '150 open findings');
    assert.equal(failure?.text.split('\n').length, 101);
    assert.match(failure?.text ?? '', /\nand 50 more$/);
  });

  it('makes a control that fails a case that fails, with its checks', async () => {
    const report = sampleReport();
    const failing = report.controls.filter(({ outcome }) => outcome === 'fail');
    const failures = named(await elementsOf(report, { by: 'controls' }), 'failure');

    assert.ok(failing.length > 0 && failures.length >= failing.length);
    assert.match(failures[0]?.text ?? '', /^[a-z0-9-]+: \d+ open findings?/);
  });

  it('shows what XML may not hold as its code point', async () => {
    const xml = await renderText(junit, hostileReport(), {});

    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    assert.doesNotMatch(xml, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202e\ufffe\uffff]|<script>/);
    assert.ok(xml.includes('\\u{1b}[31mred'));
    assert.ok(HOSTILE_NAMES.length > 20);
  });
});
