import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';
import { credentialFile } from '../../src/files/credential-file.ts';

/** Dockerfiles and Containerfiles. https://docs.docker.com/reference/dockerfile/ */
export const dockerfile = defineFileScanner({
  id: 'dockerfile',
  title: 'Dockerfiles',
  emits: ['consumer', 'sighting', 'coverage'],
  surfaces: ['iac'],
  version: 1,
  content: 'shared',
  recognises,
  looksAt: (path) => path.endsWith('.dockerignore') || credentialFile(path) !== undefined,
  async *scan(file, context) {
    const { scanDockerfile } = await import('./read.ts');
    yield* scanDockerfile(file, context);
  },
});

const NAMED =
  /(?:^|\/)(?:Dockerfile|Containerfile)(?<suffix>[._-][^/]*)?$|\.(?:Dockerfile|Containerfile)(?<template>\.(?:j2|jinja2?|tmpl|tpl|template|erb|in))?$/i;
/** `Dockerfile.md` tells of one; `Dockerfile.dockerignore` is none. */
const OTHER =
  /\.(?:dockerignore|containerignore|md|rst|txt|html?|ya?ml|json|toml|sh|bat|ps1|py|go|rs|js|mjs|cjs|ts|tsx|jsx|rb|java|kt|php|lock|sum|patch|diff|snap|svg|png|vim|lua|el)$/i;

function recognises(file: FileHead): boolean {
  if (!NAMED.test(file.path)) return false;
  return !OTHER.test(file.path);
}
