import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

// ARCHITECTURE.md, "Who may import whom", stated in words and tested on the real files. biome.json says the same in the
// editor, by the text of the specifier; here specifiers are resolved.

const ROOT = dirname(import.meta.dirname);

interface SourceText {
  /** `/`-separated, from the root. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  /** `src/store/open.ts` for a relative one, else as written: `node:fs`, `duckdb`. */
  readonly to: string;
  readonly how: 'static' | 'type' | 'dynamic';
}

interface Rule {
  readonly says: string;
  /** One line for each breach, or nothing. */
  breaches(file: SourceText): readonly string[];
}

const RULES: readonly Rule[] = [
  {
    says: 'contracts import zod, each other and the Secret type, nothing else',
    breaches: inFolder('src/contracts', ({ to }) => {
      return to === 'zod' || to === 'src/util/secret.ts' || isIn(to, 'src/contracts');
    }),
  },
  {
    says: 'a scanner imports contracts, ci, files, formats, iac, iam, live, util and its own folder, never another scanner, the store or a reporter',
    breaches(file) {
      const own = ownFolder(file.path, 'scanners');
      if (own === undefined) return [];
      const allowed = ['src/contracts', 'src/ci', 'src/files', 'src/formats', 'src/iac', 'src/iam', 'src/live', 'src/util', own];
      return bad(file, ({ to }) => to !== 'duckdb' && (!isOurs(to) || allowed.some((folder) => isIn(to, folder))));
    },
  },
  {
    says: 'what scanners share (ci, files, formats, iac, iam, live, util) knows nothing of the rest of the core',
    breaches(file) {
      const shared = ['src/ci', 'src/files', 'src/formats', 'src/iac', 'src/iam', 'src/live', 'src/util'];
      if (!shared.some((folder) => isIn(file.path, folder))) return [];
      return bad(file, ({ to }) => !isOurs(to) || ['src/contracts', ...shared].some((folder) => isIn(to, folder)));
    },
  },
  {
    says: 'a reporter imports contracts, util and its own folder',
    breaches(file) {
      const own = ownFolder(file.path, 'reporters');
      if (own === undefined) return [];
      const allowed = ['src/contracts', 'src/util', own];
      return bad(file, ({ to }) => !isOurs(to) || allowed.some((folder) => isIn(to, folder)));
    },
  },
  {
    says: 'a reporter gives text: it touches no file, no socket and no process',
    breaches(file) {
      if (!isIn(file.path, 'reporters')) return [];
      const outside = /^(duckdb|(node:)?(fs|net|http|https|http2|dgram|child_process|process|worker_threads)(\/.*)?)$/;
      const used = /\bprocess\.\w+/.exec(withoutComments(file.text));
      return [...bad(file, ({ to }) => !outside.test(to)), ...(used === null ? [] : [`${file.path} uses ${used[0]}`])];
    },
  },
  {
    says: 'the core knows no concrete scanner or reporter; only src/registry.ts does',
    breaches: (file) =>
      file.path === 'src/registry.ts' ? [] : inFolder('src', ({ to }) => !isIn(to, 'scanners') && !isIn(to, 'reporters'))(file),
  },
  {
    says: 'DuckDB is imported in src/store alone',
    breaches: (file) =>
      isIn(file.path, 'src/store') || !isProduct(file.path)
        ? []
        : bad(file, ({ to }) => to !== 'duckdb' && !to.startsWith('@duckdb/')),
  },
  {
    says: 'cloud SDKs load only when their target is named: by import(), never by a static import',
    breaches: (file) =>
      isProduct(file.path)
        ? bad(
            file,
            ({ to, how }) =>
              how !== 'static' || !/^(?:(?:@aws-sdk|@google-cloud|@azure|@octokit)\/.*|google-auth-library|pg)$/.test(to),
          )
        : [],
  },
  {
    says: 'product code imports no test, script or benchmark',
    breaches: (file) =>
      isProduct(file.path) ? bad(file, ({ to }) => !['test', 'scripts', 'bench'].some((folder) => isIn(to, folder))) : [],
  },
  {
    says: 'only src/cli.ts ends the process',
    breaches(file) {
      const isFree = file.path === 'src/cli.ts' || !isProduct(file.path);
      return !isFree && /\bprocess\.exit\(/.test(withoutComments(file.text)) ? [`${file.path} calls process.exit`] : [];
    },
  },
  {
    says: 'rules are data: no code below rules/',
    breaches: ({ path }) => (isIn(path, 'rules') && /\.[cm]?[jt]s$/.test(path) ? [`${path} is code`] : []),
  },
];

describe('architecture', () => {
  const files = sources();

  for (const rule of RULES) {
    it(rule.says, () => {
      assert.deepEqual(files.flatMap(rule.breaches), []);
    });
  }

  it('looks at the whole product', () => {
    const folders = new Set(files.map(({ path }) => path.split('/').slice(0, 2).join('/')));

    for (const folder of ['src/contracts', 'src/store', 'src/detect', 'scanners/notebook']) assert(folders.has(folder), folder);
  });

  it('lets every scanner and reporter be reached: src/registry.ts imports each folder', () => {
    const registry = importsOf({ path: 'src/registry.ts', text: readFileSync(join(ROOT, 'src/registry.ts'), 'utf8') });

    for (const kind of ['scanners', 'reporters']) {
      const folders = readdirSync(join(ROOT, kind)).filter((name) => existsSync(join(ROOT, kind, name, 'index.ts')));
      const missing = folders.filter((name) => !name.startsWith('_') && !registry.some(({ to }) => isIn(to, `${kind}/${name}`)));
      assert.deepEqual(missing, [], `${kind} that are not registered`);
    }
  });
});

describe('architecture test', () => {
  const planted: readonly (readonly [path: string, text: string, says: RegExp])[] = [
    ['src/contracts/target.ts', "import { openStore } from '../store/open.ts';", /contracts import/],
    ['src/contracts/target.ts', "import { parse } from 'yaml';", /contracts import/],
    ['scanners/notebook/index.ts', "import { steps } from '../github-actions/steps.ts';", /never another scanner/],
    ['scanners/notebook/index.ts', "import type { StoreReader } from '../../src/store/reader.ts';", /never another scanner/],
    ['scanners/notebook/parts/cell.ts', "export { run } from '../../../src/run.ts';", /never another scanner/],
    ['scanners/aws-iam/index.ts', "import { IAMClient } from '@aws-sdk/client-iam';", /cloud SDKs/],
    ['scanners/people/index.ts', "const { DuckDBInstance } = await import('duckdb');", /DuckDB/],
    ['reporters/csv/index.ts', "import { sarif } from '../sarif/index.ts';", /a reporter imports/],
    ['reporters/csv/index.ts', "import { writeFileSync } from 'node:fs';", /gives text/],
    ['reporters/csv/index.ts', "process.stdout.write('id\\n');", /gives text/],
    ['src/files/walk.ts', "import { openStore } from '../store/index.ts';", /what scanners share/],
    ['src/run.ts', "import { notebook } from '../scanners/notebook/index.ts';", /the core knows no concrete/],
    ['src/commands/report.ts', "const { csv } = await import('../../reporters/csv/index.ts');", /the core knows no concrete/],
    ['src/correlate/run.ts', "import { DuckDBConnection } from 'duckdb';", /DuckDB/],
    ['src/files/walk.ts', "import { tempDir } from '../../test/helpers/temp-repo.ts';", /imports no test/],
    ['src/run.ts', 'if (failed) process.exit(1);', /ends the process/],
    ['rules/checks/helper.ts', 'export {};', /no code below rules/],
  ];
  for (const [path, text, says] of planted) {
    it(`catches ${path} with: ${text}`, () => {
      const broken = RULES.filter((rule) => rule.breaches({ path, text }).length > 0).map((rule) => rule.says);

      assert(
        broken.some((said) => says.test(said)),
        `broke: ${broken.join('; ') || 'nothing'}`,
      );
    });
  }

  const clean: readonly (readonly [path: string, text: string])[] = [
    ['src/contracts/target.ts', "import { z } from 'zod';\nimport type { Secret } from '../util/secret.ts';"],
    [
      'scanners/aws-iam/live.ts',
      "import type { User } from '@aws-sdk/client-iam';\nconst sdk = await import('@aws-sdk/client-iam');",
    ],
    [
      'scanners/notebook/parts/cell.ts',
      "import { schema } from '../schema.ts';\nimport { decode } from '../../../src/files/decode.ts';",
    ],
    ['src/registry.ts', "import { notebook } from '../scanners/notebook/index.ts';"],
    ['src/store/open.ts', "import { DuckDBInstance } from 'duckdb';"],
    ['reporters/csv/index.ts', "// never process.stdout\nimport { stringify } from 'csv-stringify/sync';"],
    ['src/cli.ts', 'process.exit(1);'],
  ];
  for (const [path, text] of clean) {
    it(`leaves ${path} alone with: ${text.replaceAll('\n', ' ')}`, () => {
      assert.deepEqual(
        RULES.flatMap((rule) => rule.breaches({ path, text })),
        [],
      );
    });
  }
});

function sources(): readonly SourceText[] {
  const found: SourceText[] = [];
  for (const folder of ['src', 'scanners', 'reporters', 'samples', 'rules']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      const path = posix.join(folder, name.replaceAll('\\', '/'));
      if (path.startsWith('samples/estate/') || !/\.[cm]?[jt]s$/.test(path)) continue;
      found.push({ path, text: readFileSync(join(ROOT, path), 'utf8') });
    }
  }
  return found;
}

function importsOf({ path, text }: SourceText): readonly Import[] {
  const found: Import[] = [];
  const code = withoutComments(text);
  for (const match of code.matchAll(/\b(?:import|export)\s+(?<type>type\b)?[^;'"()]*?\bfrom\s*['"](?<to>[^'"\n]+)['"]/g)) {
    found.push({ to: resolve(path, match.groups?.to ?? ''), how: match.groups?.type === undefined ? 'static' : 'type' });
  }
  for (const match of code.matchAll(/\bimport\s*['"](?<to>[^'"\n]+)['"]/g)) {
    found.push({ to: resolve(path, match.groups?.to ?? ''), how: 'static' });
  }
  for (const match of code.matchAll(/\bimport\(\s*['"](?<to>[^'"\n]+)['"]/g)) {
    found.push({ to: resolve(path, match.groups?.to ?? ''), how: 'dynamic' });
  }
  return found;
}

function resolve(from: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** The imports of a file that `isAllowed` does not allow, one line each. */
function bad(file: SourceText, isAllowed: (found: Import) => boolean): readonly string[] {
  return importsOf(file)
    .filter((found) => !isAllowed(found))
    .map(({ to }) => `${file.path} imports ${to}`);
}

function inFolder(folder: string, isAllowed: (found: Import) => boolean): Rule['breaches'] {
  return (file) => (isIn(file.path, folder) ? bad(file, isAllowed) : []);
}

function ownFolder(path: string, kind: string): string | undefined {
  const [first, second] = path.split('/');
  return first === kind && second !== undefined ? `${kind}/${second}` : undefined;
}

function isIn(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

function isOurs(path: string): boolean {
  return ['src', 'scanners', 'reporters', 'samples', 'test', 'scripts', 'bench', 'rules'].some((folder) => isIn(path, folder));
}

function isProduct(path: string): boolean {
  return ['src', 'scanners', 'reporters', 'samples'].some((folder) => isIn(path, folder));
}
