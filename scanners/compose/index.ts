import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** Compose files and swarm stacks; what reads YAML loads with the first. https://docs.docker.com/reference/compose-file/ */
export const compose = defineFileScanner({
  id: 'compose',
  title: 'Docker Compose',
  emits: ['consumer', 'sighting', 'coverage'],
  surfaces: ['iac'],
  version: 1,
  content: 'shared',
  recognises,
  // Services of other files that its own extend.
  looksAt: (path) => /\.ya?ml$/i.test(path),
  async *scan(file, context) {
    const { scanCompose } = await import('./read.ts');
    yield* scanCompose(file, context);
  },
});

const NAMED = /(?:^|\/)[\w.@-]*compose[\w.@-]*\.ya?ml(?:\.(?:j2|tmpl|tpl|erb))?$/i;
const STACK = /(?:^|\/)(?:[\w.-]*[._-])?(?:stack|swarm|docker[\w.-]*)\.ya?ml$/i;

function recognises(file: FileHead): boolean {
  if (NAMED.test(file.path))
    return /^[ \t]*["']?(?:services|image|build|version|include|secrets|x-[\w-]+|volumes|networks|name)["']?[ \t]*:/m.test(
      file.head(),
    );
  return (
    STACK.test(file.path) &&
    /^services[ \t]*:[ \t]*(?:#.*)?\r?\n(?:[ \t]*#.*\r?\n|\s*\n)*[ \t]+[\w.-]+[ \t]*:/m.test(file.head()) &&
    /^[ \t]+(?:image|build)[ \t]*:/m.test(file.head())
  );
}
