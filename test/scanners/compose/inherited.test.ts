// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolations of Compose
import assert from 'node:assert/strict';
import { compose } from '../../../scanners/compose/index.ts';
import { fakeToken, kinds } from '../../helpers/scan-context.ts';
import { scan } from '../ci-harness.ts';

const COMMON = `services:
  base:
    image: a
    extends: root
    environment:
      DB_PASSWORD: \${DB_PASSWORD}
      LOG_LEVEL: debug
    secrets: [deploy_key]
  root:
    image: a
    environment: {API_TOKEN: "\${ROOT_API_TOKEN}", DB_PASSWORD: "\${OLD}", NPM_TOKEN: ""}
`;

async function inheritedIn(text: string, files: { readonly [path: string]: string } = {}) {
  const rows = kinds(await scan(compose, 'deploy/compose.yml', text, files), 'consumer');
  return rows
    .filter(({ detail }) => detail?.fact === 'inherited-secret')
    .map(({ consumer, secretName, at, detail }) => [consumer, secretName, at?.line, detail?.from]);
}

describe('compose scanner: services that extend others', () => {
  it('have their secrets, from other files and through several, but for those they set themselves', async () => {
    const text =
      'services:\n  web:\n    image: b\n    extends:\n      file: ../shared/common.yml\n      service: base\n    environment:\n      - API_TOKEN=\n';

    assert.deepEqual(await inheritedIn(text, { 'shared/common.yml': COMMON }), [
      ['harbour/shop:deploy/compose.yml#web', 'DB_PASSWORD', 5, 'shared/common.yml#base'],
      ['harbour/shop:deploy/compose.yml#web', 'deploy_key', 5, 'shared/common.yml#base'],
    ]);
  });

  it('have those of the same file', async () => {
    const all = await inheritedIn(COMMON);

    assert.deepEqual(all, [['harbour/shop:deploy/compose.yml#base', 'ROOT_API_TOKEN', 4, 'deploy/compose.yml#root']]);
  });

  it('have nothing of services that are not there, nor of themselves', async () => {
    const extending = (what: string) => `services:\n  web:\n    image: b\n    extends: ${what}\n    environment: [A_TOKEN]\n`;

    assert.deepEqual(await inheritedIn(extending('{file: missing.yml, service: base}')), []);
    assert.deepEqual(await inheritedIn(extending('nobody')), []);
    assert.deepEqual(await inheritedIn(extending('web')), []);
    assert.deepEqual(await inheritedIn(extending('{file: compose.yml, service: web}')), []);
  });

  it('carry no credential of another file on in a name', async () => {
    const token = fakeToken('harbour1');
    const common = `services:\n  base:\n    image: a\n    secrets: [${token}]\n`;
    const text = 'services:\n  web:\n    extends: {file: common.yml, service: base}\n';

    const rows = await scan(compose, 'compose.yml', text, { 'common.yml': common });

    assert.equal(kinds(rows, 'consumer').length, 1);
    assert.ok(!JSON.stringify(rows).includes(token));
  });
});
