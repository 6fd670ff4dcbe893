// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the expressions of GitHub Actions look like it
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fakeToken, kinds } from '../../helpers/scan-context.ts';
import { factsOf, scan, textAt } from './harness.ts';

const PATH = '.github/dependabot.yml';
const TOKEN = fakeToken('harbour1');
const FILE = [
  'version: 2',
  'registries:',
  '  npm:',
  '    type: npm-registry',
  '    url: https://npm.harbour.example',
  '    token: ${{ secrets.NPM_READ }}',
  '  maven:',
  '    type: maven-repository',
  '    username: bot',
  '    password: Tide4Anchor',
  'updates:',
  '  - package-ecosystem: npm',
  '    directory: /',
  '    registries: [npm]',
  '  - package-ecosystem: bundler',
  '    directory: /',
  "    registries: '*'",
  '    insecure-external-code-execution: allow',
].join('\n');

describe('github-actions scanner, Dependabot', () => {
  it('yields the secrets of registries, which Dependabot keeps apart', async () => {
    const observations = await scan(FILE, PATH);

    assert.deepEqual(
      kinds(observations, 'identity').map(({ id, type, name }) => [id, type, name]),
      [['github:harbour/shop:dependabot/secret/NPM_READ', 'ci-secret', 'NPM_READ']],
    );
    const [registry] = await factsOf(FILE, 'dependabot-registry', PATH);
    assert.equal(registry?.consumer, 'harbour/shop:.github/dependabot.yml#registries.npm');
    assert.equal(registry?.type, 'pipeline');
    assert.equal(registry?.at?.line, 6);
  });

  it('yields updates that may run what they fetch, with what they hold', async () => {
    const rows = await factsOf(FILE, 'dependabot-execution', PATH);

    assert.deepEqual(
      rows.map(({ consumer, at, detail }) => [consumer, at?.line, detail.ecosystem, detail.secrets]),
      [['harbour/shop:.github/dependabot.yml#updates[1]', 18, 'bundler', ['NPM_READ']]],
    );
  });

  it('sees a password in plain text, and shows nothing of it', async () => {
    const [sighting, ...others] = kinds(await scan(FILE, PATH), 'sighting');

    assert.equal(textAt(FILE, sighting?.at), 'Tide4Anchor');
    assert.equal(sighting?.confidence, 'medium');
    assert.equal(others.length, 0);
    assert.ok(!JSON.stringify(sighting).includes('Tide4Anchor'));
  });

  it('sees a known key once', async () => {
    const text = FILE.replace('Tide4Anchor', TOKEN);

    const sightings = kinds(await scan(text, PATH), 'sighting');

    assert.deepEqual(
      sightings.map(({ detector }) => detector),
      ['fake-token'],
    );
    assert.equal(textAt(text, sightings[0]?.at), TOKEN);
  });

  it('says that a file without updates, or of broken YAML, was not read whole', async () => {
    const outcome = async (text: string) => kinds(await scan(text, PATH), 'coverage').map((row) => [row.outcome, row.why]);

    assert.deepEqual(await outcome('version: 2\n'), [['partial', 'it has no updates']]);
    assert.match(String(await outcome('updates: [a\nb: :\n')), /^partial,not valid YAML at line \d/);
    assert.deepEqual(await outcome(FILE), [['complete', undefined]]);
  });

  it('never throws', async () => {
    const word = fc.constantFrom(
      'registries',
      'updates',
      ':',
      '\n',
      '  ',
      '- ',
      'token',
      '${{ secrets.A }}',
      '${{',
      '*',
      '&a',
      '*a',
      TOKEN,
      '{',
      ']',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 40 }), async (words) => {
        const observations = await scan(`version: 2\n${words.join('')}`, PATH);

        assert.equal(kinds(observations, 'coverage').length, 1);
        assert.ok(!JSON.stringify(observations).toLowerCase().includes(TOKEN.toLowerCase()));
      }),
      { numRuns: 200 },
    );
  });
});
