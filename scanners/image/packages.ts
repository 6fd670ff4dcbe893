/**
 * The files that packages of the distribution brought: their self-tests and documentation hold keys that are nobody's.
 * Debian's lists, its `status.d` in images without a shell, and Alpine's database.
 */
export function packagedFiles(path: string, bytes: Buffer): string[] {
  if (/^var\/lib\/dpkg\/info\/[^/]+\.list$/.test(path)) return bytes.toString('utf8').split('\n').map(packagePath);
  if (/^var\/lib\/dpkg\/status\.d\/[^/]+\.md5sums$/.test(path)) {
    return bytes
      .toString('utf8')
      .split('\n')
      .map((line) => packagePath(line.slice(line.indexOf(' ') + 1).trim()));
  }
  if (/^(?:lib|usr\/lib)\/apk\/db\/installed$/.test(path)) return alpineFiles(bytes.toString('utf8'));
  return [];
}

function alpineFiles(text: string): string[] {
  const files: string[] = [];
  let directory = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('F:')) directory = line.slice(2);
    else if (line.startsWith('R:')) files.push(packagePath(directory === '' ? line.slice(2) : `${directory}/${line.slice(2)}`));
  }
  return files;
}

/** `/lib` is a link to `/usr/lib` in most images, and packages name either. */
export function packagePath(path: string): string {
  return path.replace(/^\/+/, '').replace(/^usr\/(?=(?:bin|sbin|lib\w*)\/)/, '');
}
