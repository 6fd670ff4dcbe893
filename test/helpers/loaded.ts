import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { tempDir } from './temp-repo.ts';

export interface Loaded {
  /** Names of packages of `node_modules`, sorted. */
  readonly packages: readonly string[];
  /** Paths of the modules that are in no package. */
  readonly own: readonly string[];
}

const HOOK = `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.LOADED_MODULES, url + '\\n');
    return next(url, context);
  },
});`;

/** Runs the command in a process of its own, and tells which modules it loaded. */
export function modulesLoadedBy(bin: string, args: readonly string[], cwd: string): Loaded {
  const list = join(tempDir(), 'modules');
  const hook = `data:text/javascript,${encodeURIComponent(HOOK)}`;
  const ran = spawnSync(process.execPath, ['--import', hook, bin, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, LOADED_MODULES: list },
  });
  assert.equal(ran.status, 0, ran.stderr || ran.stdout);
  const urls = readFileSync(list, 'utf8').split('\n');
  const packages = urls.flatMap((url) => /.*\/node_modules\/(?<name>(?:@[^/]+\/)?[^/]+)/.exec(url)?.groups?.name ?? []);
  const own = urls.filter((url) => url.startsWith(pathToFileURL('/').href) && !url.includes('/node_modules/'));
  return { packages: [...new Set(packages)].sort(), own };
}
