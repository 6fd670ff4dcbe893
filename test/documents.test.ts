import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXIT } from '../src/util/errors.ts';

const ROOT = dirname(import.meta.dirname);
const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', '{scanners,reporters,samples}/**/*.md'], {
  cwd: ROOT,
  exclude: ['samples/estate/**'],
});

describe('documents', () => {
  for (const document of DOCUMENTS) {
    it(`${document} links to files that are there`, () => {
      const text = withoutCode(read(document));

      const broken = [...text.matchAll(/\]\((?<to>[^)\s#]+)[^)]*\)/g)]
        .map((match) => match.groups?.to ?? '')
        .filter((to) => !/^[a-z]+:/.test(to) && !existsSync(join(ROOT, dirname(document), to)));

      assert.deepEqual(broken, []);
    });
  }

  it('README and guides show only commands and options that exist', () => {
    const shown = ['README.md', 'CONTRIBUTING.md', 'AGENTS.md'].flatMap((document) => commandsIn(read(document)));

    const unknown = shown.filter(({ command, options }) => {
      const help = helpOf(command);
      return help === undefined || options.some((option) => !new RegExp(`(^|[\\s,])${option}([\\s,]|$)`, 'm').test(help));
    });

    assert(shown.length > 8);
    assert.deepEqual(unknown, []);
  });

  it('README explains every exit code', () => {
    const told = [...read('README.md').matchAll(/^\| (?<code>\d+) \|/gm)].map((match) => Number(match.groups?.code));

    assert.deepEqual(told, [...Object.values(EXIT), 130]);
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

function read(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}

/** `npx nhi-audit scan --staged   # why` → `scan`, `--staged`. */
function commandsIn(text: string): { readonly command: readonly string[]; readonly options: readonly string[] }[] {
  return [...text.matchAll(/npx nhi-audit (?<rest>[^`\n]+)/g)].flatMap(({ groups }) => {
    const rest =
      (groups?.rest ?? '')
        .replace(/\s#.*$/, '')
        .replace(/"[^"]*"/g, 'TEXT')
        .split(/[|&;]/)[0] ?? '';
    const words = rest.trim().split(/\s+/);
    if (!/^[a-z]+$/.test(words[0] ?? '')) return [];
    const command = ['rules', 'evidence'].includes(words[0] ?? '') ? words.slice(0, 2) : words.slice(0, 1);
    return [{ command, options: words.filter((word) => /^--?[a-z]/.test(word)) }];
  });
}

const helps = new Map<string, string | undefined>();

function helpOf(command: readonly string[]): string | undefined {
  const key = command.join(' ');
  if (!helps.has(key)) {
    const ran = spawnSync(process.execPath, [join(ROOT, 'bin/nhi-audit.js'), ...command, '--help'], { encoding: 'utf8' });
    const general = spawnSync(process.execPath, [join(ROOT, 'bin/nhi-audit.js'), '--help'], { encoding: 'utf8' });
    helps.set(key, ran.status === 0 ? `${ran.stdout}\n${general.stdout}` : undefined);
  }
  return helps.get(key);
}
