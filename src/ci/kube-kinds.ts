import type { FileHead } from '../contracts/index.ts';

/** Of a document, or of an item of a list: what stands deeper may be a text. */
const TOP_VERSION = /^(?:- )?["']?apiVersion["']?[ \t]*:[ \t]*["']?(?<version>[\w./-]+)/gm;
const VERSION = /^[ \t-]*["']?apiVersion["']?[ \t]*:[ \t]*["']?(?<version>[\w./-]+)/gm;

/**
 * Do all documents of a manifest belong to these API groups? In a mixed file the scanner of Kubernetes has the rest, and
 * says that it leaves these documents out.
 */
export function isAllOf(file: FileHead, group: RegExp): boolean {
  if (!/\.(?:ya?ml|json)$/i.test(file.path)) return false;
  const head = file.head();
  if (!group.test(head)) return false;
  const top = versionsOf(head, TOP_VERSION);
  const versions = top.length > 0 ? top : versionsOf(head, VERSION);
  if (versions.length === 0 || !versions.every((version) => group.test(version))) return false;
  return file.size <= 4096 || versionsOf(file.whole?.() ?? '', TOP_VERSION).every((version) => group.test(version));
}

function versionsOf(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match.groups?.version ?? '');
}
