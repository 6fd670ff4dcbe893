import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** Jenkinsfiles, configuration as code, and what lies in a Jenkins home. https://www.jenkins.io/doc/book/pipeline/syntax/ */
export const jenkins = defineFileScanner({
  id: 'jenkins',
  title: 'Jenkins',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  // Ciphertext in credentials.xml is no secret as it stands.
  content: 'own',
  recognises,
  async *scan(file, context) {
    const { scanJenkins } = await import('./read.ts');
    yield* scanJenkins(file, context);
  },
});

function recognises(file: FileHead): boolean {
  const { path } = file;
  if (/(?:^|[/._-])Jenkinsfile(?:[._-][^/]*)?$/i.test(path) && !/\.(?:md|html?|txt|png|svg|js|py)$/i.test(path)) return true;
  if (/\.(?:jenkins|jenkinsfile|pipeline)$/i.test(path)) return /\b(?:pipeline|node)\s*[({]/.test(file.head());
  if (/\.groovy$/i.test(path)) return /^\s*(?:pipeline|node)\s*(?:\([^)\n]{0,200}\)\s*)?\{/m.test(file.head());
  if (/(?:^|\/)credentials\.xml$/.test(path))
    return /credentials/i.test(file.head()) && /cloudbees|jenkins|hudson/.test(file.head());
  if (/(?:^|\/)secrets\/(?:master\.key|hudson\.util\.Secret)$/.test(path)) return true;
  if (!/\.ya?ml$/i.test(path)) return false;
  // https://github.com/jenkinsci/configuration-as-code-plugin
  if (!/jenkins|casc/i.test(path)) return false;
  const head = file.head();
  return (
    /^(?:jenkins|credentials|unclassified|security)[ \t]*:/m.test(head) &&
    !/^(?:apiVersion|services|controller|image)[ \t]*:/m.test(head)
  );
}
