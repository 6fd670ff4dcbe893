import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parse } from 'yaml';
import { parseConfig } from '../src/config/parse.ts';
import { Config } from '../src/config/schema.ts';
import { ExceptionsFile } from '../src/suppress/exceptions.ts';
import { EXIT, messageOf } from '../src/util/errors.ts';
import { loadWords, type Words, wrongIn } from './helpers/parse-command.ts';
import { commandsInMarkdown, commandsInScript, commandsInYaml, type ShownCommand } from './helpers/shown-commands.ts';

const ROOT = dirname(import.meta.dirname);
const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', '{scanners,reporters,samples}/**/*.md', 'rules/**/*.md', 'bench/*.md'], {
  cwd: ROOT,
  exclude: ['samples/estate/**'],
}).sort();
/** Pages that `npm run generate` writes: hundreds, and all alike. */
const GENERATED = /^docs\/(rules|platforms|data-model|detectors)\.md$|^docs\/checks\//;
const WRITTEN = DOCUMENTS.filter((document) => !GENERATED.test(document));
const CI_FILES = ['action.yml', '.pre-commit-hooks.yaml', 'templates/nhi-audit/template.yml'];

describe('documents', () => {
  let words: Words;

  before(async () => {
    words = await loadWords();
  });

  for (const document of WRITTEN) {
    it(`${document} links to files, headings and pictures that are there`, () => {
      assert.deepEqual(brokenLinks(document, read(document)), []);
    });
  }

  it('generated pages do, too', () => {
    const broken = DOCUMENTS.filter((document) => GENERATED.test(document)).flatMap((document) =>
      brokenLinks(document, read(document)).map((to) => `${document}: ${to}`),
    );

    assert.deepEqual(broken, []);
  });

  it('every page below docs/ is reached from the README', () => {
    const reached = new Set<string>();
    const next = ['README.md'];
    for (let page = next.pop(); page !== undefined; page = next.pop()) {
      if (reached.has(page)) continue;
      reached.add(page);
      for (const { file } of linksOf(page, read(page))) {
        if (existsSync(join(ROOT, file)) && statSync(join(ROOT, file)).isDirectory()) {
          next.push(...DOCUMENTS.filter((each) => dirname(each) === normalize(file).replace(/\/$/, '')));
        } else if (DOCUMENTS.includes(file)) next.push(file);
      }
    }

    assert.deepEqual(
      DOCUMENTS.filter((document) => document.startsWith('docs/') && !reached.has(document)),
      [],
    );
  });

  it('show command lines that the commands take: names, options, values, arguments', async () => {
    const shown = [
      ...WRITTEN.flatMap((file) => told(file, commandsInMarkdown(read(file)))),
      ...CI_FILES.flatMap((file) => told(file, commandsInYaml(read(file)))),
    ];

    assert(shown.length > 150, `${shown.length}`);
    for (const file of ['README.md', ...CI_FILES])
      assert(
        shown.some((each) => each.file === file),
        file,
      );
    const wrong: string[] = [];
    for (const { file, command } of shown) {
      const why = await wrongIn(command, words);
      if (why !== undefined) wrong.push(`${file}: ${command.line}: ${why}`);
    }
    assert.deepEqual(wrong, []);
  });

  it('would say so if they did not', async () => {
    const careless = [
      '```sh',
      'npx nhi-audit scan --stagedd                   # no such option',
      'nhi-audit scna .',
      'nhi-audit export a b --store audit.duckdb',
      'nhi-audit trace --store audit.duckdb',
      'nhi-audit report -o html=report.html',
      'nhi-audit scan . -o pdf=report.pdf && true',
      'nhi-audit scan . -o html:vew=audit=report.html',
      'echo | nhi-audit scan . --fail-on terrible',
      'nhi-audit findings --store audit.duckdb -f yaml',
      'nhi-audit scan asw:',
      'nhi-audit scan aws: . --store audit.duckdb     # nothing is wrong with this one',
      '```',
      'In a sentence: `nhi-audit identities --orphaned`, but not `nhi-audit identities --lost`.',
    ].join('\n');
    const hook = "- entry: sh -c 'exec nhi-audit scan --everything'\n  name: nhi-audit does not run\n";

    const wrong: string[] = [];
    for (const command of [...commandsInMarkdown(careless), ...commandsInYaml(hook)]) {
      const why = await wrongIn(command, words);
      if (why !== undefined) wrong.push(command.argv.join(' '));
    }

    assert.deepEqual(wrong, [
      'scan --stagedd',
      'scna .',
      'export a b --store audit.duckdb',
      'trace --store audit.duckdb',
      'report -o html=report.html',
      'scan . -o pdf=report.pdf',
      'scan . -o html:vew=audit=report.html',
      'scan . --fail-on terrible',
      'findings --store audit.duckdb -f yaml',
      'scan asw:',
      'identities --lost',
      'scan --everything',
    ]);
  });

  it('read a script as a shell does', () => {
    const script = [
      'arguments=(--fail-on "$FAIL_ON")',
      'if [ "$SARIF" = true ]; then arguments+=(--sarif); fi',
      'node "$home/bin/nhi-audit.js" pr "${' + 'arguments[@]}" 2>&1 > out.txt',
      'flock audit.lock nhi-audit query "SELECT \'a\' # b" \\',
      '  --store a.duckdb | head # nhi-audit scan',
      'GITHUB_TOKEN=$(gh auth token) nhi-audit pr; source <(nhi-audit completion bash)',
      'npm install nhi-audit && cd nhi-audit',
    ].join('\n');

    assert.deepEqual(
      commandsInScript(script).map(({ argv }) => argv),
      [
        ['pr', '--fail-on', '$FAIL_ON', '--sarif'],
        ['query', "SELECT 'a' # b", '--store', 'a.duckdb'],
        ['pr'],
        ['completion', 'bash'],
      ],
    );
  });

  it('would tell a broken link, heading and picture', () => {
    const text =
      '# One `two`\n[a](#one-two) [b](#three) [c](no-such.md) ![d](docs/images/none.png) `[e](f)` [g](CHANGELOG.md#no)\n';

    assert.deepEqual(brokenLinks('README.md', text), ['#three', 'no-such.md', 'docs/images/none.png', 'CHANGELOG.md#no']);
  });

  it('show configurations and exceptions that are valid', () => {
    const shown = WRITTEN.flatMap((document) => settingsIn(read(document)).map((text) => ({ document, text })));

    assert(shown.length > 4, `${shown.length}`);
    assert.deepEqual(
      shown.flatMap(({ document, text }) => whyNot(document, text)),
      [],
    );
    assert.notDeepEqual(whyNot('wrong', 'failOn: terrible'), []);
    assert.notDeepEqual(whyNot('wrong', 'failOn: high\nexcludes: []'), []);
    assert.notDeepEqual(whyNot('wrong', 'checks: { no-such-check: { enabled: false } }'), []);
    assert.notDeepEqual(whyNot('wrong', 'exceptions: [{ rule: in-history, reason: none, expires: soon }]'), []);
  });

  it('give the action and the component only inputs that they have', () => {
    const [head] = read('templates/nhi-audit/template.yml').split(/^---$/m);
    const action = Object.keys((parse(read('action.yml')) as { inputs: object }).inputs);
    const component = Object.keys((parse(head ?? '') as { spec: { inputs: object } }).spec.inputs);
    const given = WRITTEN.flatMap((document) => yamlIn(read(document))).flatMap((text) => [
      ...[...text.matchAll(/uses: \S+\/nhi-audit@.*\n +with:\n(?<inputs>(?: +[\w-]+:.*\n)+)/g)].map((match) => ({
        match,
        known: action,
      })),
      ...[...text.matchAll(/component: \S+\/nhi-audit@.*\n +inputs:\n(?<inputs>(?: +[\w-]+:.*\n)+)/g)].map((match) => ({
        match,
        known: component,
      })),
    ]);

    assert(given.length > 1);
    for (const { match, known } of given) {
      for (const input of Object.keys(parse(match.groups?.inputs ?? '') as object)) assert(known.includes(input), input);
    }
  });

  it('README explains every exit code', () => {
    const codes = [...read('README.md').matchAll(/^\| (?<code>\d+) \|/gm)].map((match) => Number(match.groups?.code));

    assert.deepEqual(codes, [...Object.values(EXIT), 130]);
  });

  it('README stays within two screens', () => {
    assert(read('README.md').split('\n').length <= 140);
  });

  it('CONTRIBUTING tells each way to add something in under ten steps', () => {
    const sections = read('CONTRIBUTING.md').split(/^## /m);

    for (const kind of ['detector', 'check', 'scanner', 'reporter']) {
      const section = sections.find((text) => text.startsWith(`Add a ${kind}`)) ?? '';
      const steps = section.match(/^\d+\. /gm)?.length ?? 0;
      assert(steps > 3 && steps < 10, `${kind}: ${steps} steps`);
    }
  });
});

const texts = new Map<string, string>();
const headings = new Map<string, ReadonlySet<string>>();

function read(document: string): string {
  const text = texts.get(document) ?? readFileSync(join(ROOT, document), 'utf8');
  texts.set(document, text);
  return text;
}

function told(
  file: string,
  commands: readonly ShownCommand[],
): readonly { readonly file: string; readonly command: ShownCommand }[] {
  return commands.map((command) => ({ file, command }));
}

function withoutCode(text: string): string {
  return text.replace(/^( *)```[\s\S]*?^\1```/gm, '').replace(/`[^`\n]*`/g, '');
}

/** What is linked within the repository: the file from its root, and the heading. */
function linksOf(
  document: string,
  text: string,
): readonly { readonly to: string; readonly file: string; readonly heading: string }[] {
  return [...withoutCode(text).matchAll(/\]\((?<to>[^)\s]+)[^)]*\)/g)]
    .map((match) => match.groups?.to ?? '')
    .filter((to) => !/^[a-z]+:/.test(to))
    .map((to) => {
      const [path = '', heading = ''] = to.split('#', 2);
      return { to, file: path === '' ? document : normalize(join(dirname(document), path)), heading };
    });
}

function brokenLinks(document: string, text: string): readonly string[] {
  return linksOf(document, text)
    .filter(({ file, heading }) => {
      if (file === document) return heading !== '' && !headingsOf(text).has(heading);
      if (!existsSync(join(ROOT, file))) return true;
      return heading !== '' && file.endsWith('.md') && !headingsIn(file).has(heading);
    })
    .map(({ to }) => to);
}

function headingsIn(file: string): ReadonlySet<string> {
  const known = headings.get(file) ?? headingsOf(read(file));
  headings.set(file, known);
  return known;
}

/** Headings as GitHub names them in addresses. */
function headingsOf(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [, heading = ''] of text.replace(/^( *)```[\s\S]*?^\1```/gm, '').matchAll(/^#{1,6} +(.+)$/gm)) {
    const name = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replace(/ /g, '-');
    let [unique, count] = [name, 0];
    while (names.has(unique)) unique = `${name}-${++count}`;
    names.add(unique);
  }
  return names;
}

function yamlIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```ya?ml\n(?<text>[\s\S]*?)^```$/gm)].map(({ groups }) => groups?.text ?? '');
}

/** Examples in YAML that configure us: one of their keys is one of ours, and they are nobody else's. */
function settingsIn(markdown: string): readonly string[] {
  return yamlIn(markdown).filter((text) => {
    const keys = Object.keys((parse(text) as object | null) ?? {});
    return keys.some((key) => key === 'exceptions' || key in Config.shape) && !keys.includes('apiVersion');
  });
}

function whyNot(document: string, text: string): readonly string[] {
  try {
    const settings = parse(text) as object;
    if ('exceptions' in settings) ExceptionsFile.parse(settings);
    else return unknownIn(parseConfig(text, document)).map((id) => `${document}: there is no ${id}`);
    return [];
  } catch (error) {
    return [`${document}: ${messageOf(error)}`];
  }
}

/** Checks and frameworks that a configuration names, and that are not ours; a run would say so. */
function unknownIn({ checks, frameworks }: Config): readonly string[] {
  return [
    ...Object.keys(checks).filter((id) => globSync(`rules/checks/**/${id}.sql`, { cwd: ROOT }).length === 0),
    ...frameworks.filter((id) => !existsSync(join(ROOT, 'rules', 'frameworks', `${id}.yml`))),
  ];
}
