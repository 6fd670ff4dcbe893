import type { Pipeline } from '../../src/ci/model.ts';
import { type PipelineText, scanPipeline } from '../../src/ci/scan.ts';
import type { Observation, ScanContext, SourceFile } from '../../src/contracts/index.ts';
import { readConfiguration } from './configuration.ts';
import { readStore, readStoreKey } from './home.ts';
import { readJenkinsfile } from './jenkinsfile.ts';

/** What a file of Jenkins holds: a pipeline, the server's configuration, or its store of credentials. */
export async function* scanJenkins(file: SourceFile, context: ScanContext): AsyncGenerator<Observation> {
  if (/\.ya?ml$/i.test(file.path))
    yield* scanPipeline(file, context, { read: ({ documents }) => readConfiguration(documents), blank });
  else if (/\.xml$/i.test(file.path)) yield* scanPipeline(file, context, { read: readStore, blank, isText: true });
  else if (/(?:^|\/)secrets\//.test(file.path))
    yield* scanPipeline(file, context, { read: readStoreKey, blank: (text) => ' '.repeat(text.length), isText: true });
  else yield* scanPipeline(file, context, { read: pipeline, isText: true });
}

/** Encrypted with the server's key: `{AQAAABAAAA…}`. https://www.jenkins.io/doc/developer/security/secrets/ */
function blank(text: string): string {
  return text.replace(/\{AQAA[A-Za-z0-9+/=]{8,20000}\}/g, (cipher) => ' '.repeat(cipher.length));
}

function pipeline({ text, file }: PipelineText): Pipeline | string {
  return readJenkinsfile(text, file);
}
