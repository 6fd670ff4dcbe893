import { ciJob } from '../../src/ci/build.ts';
import type { CiFact, CiVariable, Declared, Pipeline } from '../../src/ci/model.ts';
import { entriesOf, get, itemsOf, type Scalar, scalarsOf, type Tree, textOf } from '../../src/formats/tree.ts';
import { jenkinsCredentialId } from './credentials.ts';

/** Fields of a credential that hold a secret. https://github.com/jenkinsci/credentials-plugin */
const SECRET_FIELD =
  /^(?:password|secret|secretKey|privateKey|passphrase|apiToken|token|secretBytes|clientSecret|keyStore|sharedSecret|jsonKey)$/;

/** Configuration as code: which credentials a server has, and whether they stand in the file. */
export function readConfiguration(documents: readonly Tree[]): Pipeline | string {
  const root = documents[0];
  if (root?.type !== 'mapping') return 'it holds nothing: not a configuration of Jenkins';
  const declared: Declared[] = [];
  const facts: CiFact[] = [];
  const values: CiVariable[] = [];
  for (const domain of itemsOf(get(get(get(root, 'credentials'), 'system'), 'domainCredentials'))) {
    for (const item of itemsOf(get(domain, 'credentials'))) {
      const [entry] = entriesOf(item);
      if (entry === undefined) continue;
      const { key: kind, value } = entry;
      const id = textOf(get(value, 'id')) ?? `${kind}@${item.pointer}`;
      const scope = textOf(get(value, 'scope')) ?? 'GLOBAL';
      const identity = jenkinsCredentialId(id);
      declared.push({ identity, type: 'server-credential', name: id, place: get(value, 'id') ?? item, detail: { kind, scope } });
      for (const { key, scalar } of secretFields(value)) {
        values.push({
          name: /key/i.test(key) ? 'private_key' : key === 'secretBytes' ? 'secret' : key,
          value: scalar,
          position: 'other',
        });
        if (!isLiteral(scalar.value)) continue;
        facts.push({
          fact: 'credential-in-configuration',
          place: scalar,
          secretName: id,
          identity,
          how: 'static-key',
          detail: { kind, field: key },
        });
      }
      if (scope === 'GLOBAL' && /ssh|privateKey/i.test(kind))
        facts.push({ fact: 'global-credential', place: get(value, 'scope') ?? item, secretName: id, identity, detail: { kind } });
    }
  }
  for (const user of itemsOf(get(get(get(get(root, 'jenkins'), 'securityRealm'), 'local'), 'users'))) {
    const password = get(user, 'password');
    const id = textOf(get(user, 'id')) ?? 'user';
    if (password?.type !== 'scalar' || !isLiteral(password.value)) continue;
    values.push({ name: 'password', value: password, position: 'other' });
    facts.push({
      fact: 'local-user-password',
      place: password,
      secretName: id,
      identity: jenkinsUserId(id),
      detail: { user: id },
    });
  }
  const part = { start: root.start, end: root.end, pointer: '' };
  return {
    platform: 'jenkins',
    provider: 'jenkins',
    jobs: [ciJob({ id: 'configuration', part })],
    facts,
    declared,
    values,
    problems: [],
    unread: 0,
    namesOnly: true,
  };
}

function jenkinsUserId(id: string) {
  return jenkinsCredentialId(`user/${id}`);
}

function* secretFields(value: Tree): Generator<{ readonly key: string; readonly scalar: Scalar }> {
  for (const { key, scalar } of scalarsOf(value)) if (SECRET_FIELD.test(key)) yield { key, scalar };
}

/** Not `${VARIABLE}`, not encrypted, not empty; what a detector found is covered with `x` here. https://github.com/jenkinsci/configuration-as-code-plugin/blob/master/docs/features/secrets.adoc */
function isLiteral(value: string): boolean {
  const text = value.trim();
  return text !== '' && !/\$\{[^}]+\}/.test(text) && !/^\{AQAA/.test(text) && !/^<.*>$|^\*+$/.test(text);
}
