// `npm run generate` writes what is made from other files of the repository; `npm run generate -- --check` only compares.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { awsActions } from './generate/aws-actions.ts';
import { dataModel } from './generate/data-model.ts';
import { platformsPage } from './generate/platforms.ts';
import { checkPages, detectorsPage, rulesPage } from './generate/rules.ts';
import { configSchema, reportSchema } from './generate/schemas.ts';

const ROOT = dirname(import.meta.dirname);

const FILES: { readonly [path: string]: () => string | Promise<string> } = {
  'docs/data-model.md': dataModel,
  'docs/detectors.md': detectorsPage,
  'docs/platforms.md': platformsPage,
  'docs/rules.md': rulesPage,
  'rules/catalogs/aws-actions.json': awsActions,
  'schema/nhi-audit.config.schema.json': configSchema,
  'schema/report.v1.schema.json': reportSchema,
};

const isCheck = process.argv.includes('--check');
const changed: string[] = [];
const made: [path: string, text: string][] = Object.entries(await checkPages());
for (const [path, make] of Object.entries(FILES)) made.push([path, await make()]);
for (const path of globSync('docs/checks/*.md', { cwd: ROOT })) {
  // Of an area that has no check any more.
  if (made.some(([each]) => each === path)) continue;
  changed.push(path);
  if (!isCheck) rmSync(join(ROOT, path));
}
for (const [path, text] of made) {
  const file = join(ROOT, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  changed.push(path);
  if (isCheck) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
if (changed.length === 0) console.log('generated files are up to date');
else if (isCheck) {
  console.error(`not up to date: ${changed.join(', ')}\nRun \`npm run generate\` and commit the result.`);
  process.exitCode = 1;
} else console.log(`written: ${changed.join(', ')}`);
