import { ciJob } from '../../src/ci/build.ts';
import type { CiFact, Declared, Pipeline } from '../../src/ci/model.ts';
import type { PipelineText } from '../../src/ci/scan.ts';
import { jenkinsCredentialId } from './credentials.ts';

const MAX_CREDENTIALS = 5000;

/** `credentials.xml`: ids of all credentials of a server, their secrets encrypted with `secrets/master.key`. */
export function readStore({ text, file }: PipelineText): Pipeline | string {
  const declared: Declared[] = [];
  for (const match of text.matchAll(
    /<(?<kind>[\w.]*(?:[Cc]redential|PrivateKey|CertificateCredentials)\w*)\b[^>]{0,500}>\s*(?:<scope>(?<scope>\w+)<\/scope>\s*)?<id>(?<id>[^<]{1,200})<\/id>/g,
  )) {
    const { kind = '', id = '', scope } = match.groups ?? {};
    if (declared.length >= MAX_CREDENTIALS) break;
    const start = match.index + match[0].lastIndexOf('<id>') + 4;
    declared.push({
      identity: jenkinsCredentialId(id),
      type: 'server-credential',
      name: id,
      place: { start, end: start + id.length, pointer: 'id' },
      detail: { kind: kind.split('.').at(-1) ?? kind, ...(scope === undefined ? {} : { scope }) },
    });
  }
  const place = { start: 0, end: text.length, pointer: '' };
  const directory = file.path.slice(0, file.path.lastIndexOf('/') + 1);
  const store: CiFact = { fact: 'credential-store', place, secretName: '*', detail: { directory, credentials: declared.length } };
  return {
    platform: 'jenkins',
    provider: 'jenkins',
    jobs: [ciJob({ id: 'store', part: place })],
    facts: [store],
    declared,
    values: [],
    problems: [],
    unread: 0,
    namesOnly: true,
  };
}

/** The key of that store. Its content is never read. */
export function readStoreKey({ text, file }: PipelineText): Pipeline {
  const place = { start: 0, end: text.length, pointer: '' };
  const directory = file.path.replace(/secrets\/[^/]+$/, '');
  const key: CiFact = {
    fact: 'credential-store-key',
    place,
    secretName: '*',
    detail: { directory, key: file.path.split('/').at(-1) ?? '' },
  };
  return {
    platform: 'jenkins',
    provider: 'jenkins',
    jobs: [],
    facts: [key],
    values: [],
    problems: [],
    unread: 0,
    namesOnly: true,
  };
}
