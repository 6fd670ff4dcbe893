import type { FileHead } from '../contracts/index.ts';

const VERSION = /^[ \t-]*["']?apiVersion["']?[ \t]*:[ \t]*["']?(?<version>[\w./-]+)/gm;

/**
 * Do all documents of a manifest that its head shows belong to these API groups? In a mixed file the scanner of Kubernetes
 * has the rest, and leaves these documents out.
 */
export function isAllOf(file: FileHead, group: RegExp): boolean {
  if (!/\.(?:ya?ml|json)$/i.test(file.path)) return false;
  const head = file.head();
  if (!group.test(head)) return false;
  const versions = [...head.matchAll(VERSION)].map((match) => match.groups?.version ?? '');
  return versions.length > 0 && versions.every((version) => group.test(version));
}
