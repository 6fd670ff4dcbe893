import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compose } from '../../../scanners/compose/index.ts';
import { referencesIn } from '../../../scanners/compose/model.ts';
import type { Observation } from '../../../src/contracts/index.ts';
import { headOfBytes, sourceFile } from '../../../src/files/source-file.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';

describe('compose scanner', () => {
  it('recognises files by name and head', () => {
    const services = 'services:\n  web:\n    image: a\n';
    const files: Record<string, string> = {
      'compose.yaml': services,
      'docker-compose.prod.yml': services,
      'deploy/stack.yml': services,
      'compose.yml': 'title: how to compose\n',
      'stack.yml': 'services: [a]\n',
      'config.yml': services,
      'compose.json': '{}',
    };

    const known = Object.entries(files).filter(([name, text]) => compose.recognises(headOfBytes(name, Buffer.from(text))));

    assert.deepEqual(
      known.map(([name]) => name),
      ['compose.yaml', 'docker-compose.prod.yml', 'deploy/stack.yml'],
    );
  });

  it('carries no login on that stands before the name of an image', async () => {
    const digest = `sha256:${'ab'.repeat(32)}`;
    const service = (name: string, image: string) => `  ${name}:\n    image: ${image}\n    environment: [A_TOKEN]\n`;

    const observations = await scan(
      `services:\n${service('a', 'ann:Harbour2024@registry.example.com/shop:1')}${service('b', 'https://ann:Harbour2024@r.example.com/x')}${service('c', `shop:1.4@${digest}`)}`,
    );

    assert.deepEqual(
      kinds(observations, 'consumer').map(({ detail }) => detail?.image),
      ['registry.example.com/shop:1', 'r.example.com/x', `shop:1.4@${digest}`],
    );
    assert.doesNotMatch(JSON.stringify(observations), /Harbour2024/);
  });

  it('reads variables in both forms, with lines and pointers', async () => {
    const token = fakeToken('harbour1');

    const observations = await scan(
      `services:\n  web:\n    image: a\n    environment:\n      A_TOKEN: ${token}\n  job:\n    image: b\n    environment:\n      - B_PASSWORD=\${B:-Tr0ub4dor&3x}\n      - C_SECRET\n`,
    );

    assert.deepEqual(rowsOf(observations), [
      ['harbour/shop:compose.yml#web', 'service-variable', 'A_TOKEN', 5, 'literal'],
      ['harbour/shop:compose.yml#job', 'service-variable', 'B', 9, 'literal'],
      ['harbour/shop:compose.yml#job', 'service-variable', 'C_SECRET', 10, 'passed'],
    ]);
    assert.deepEqual(
      kinds(observations, 'sighting').map(({ detector, at }) => [detector, at?.line, at?.pointer]),
      [
        ['fake-token', 5, 'services.web.environment.A_TOKEN'],
        ['generic-plain-value', 9, 'services.job.environment[0].B_PASSWORD'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(observations), /Tr0ub4dor/);
  });

  it('is surer of what stands in a file for production', async () => {
    const text = 'services:\n  web:\n    image: a\n    environment:\n      DB_PASSWORD: Tr0ub4dor&3x\n';

    const confidences = [];
    for (const path of ['compose.yml', 'docker-compose.prod.yml'])
      confidences.push(kinds(await scan(text, path), 'sighting')[0]?.confidence);

    assert.deepEqual(confidences, ['low', 'medium']);
  });

  it('follows secrets to where they come from', async () => {
    const observations = await scan(
      'services:\n  web:\n    image: a\n    secrets:\n      - db\n      - source: api\n        target: x\n      - other\n    build:\n      secrets: [npm]\nsecrets:\n  db:\n    file: ../secrets/db.txt\n  api:\n    external: true\n  npm:\n    environment: NPM_TOKEN\n',
      'deploy/compose.yml',
    );

    const rows = kinds(observations, 'consumer').map(({ secretName, detail }) => [secretName, detail?.from, detail?.file]);
    assert.deepEqual(rows, [
      ['db', 'file', 'secrets/db.txt'],
      ['api', 'external', undefined],
      ['other', 'undeclared', undefined],
      ['NPM_TOKEN', 'environment', undefined],
    ]);
  });

  it('reads the first form of the format, and merged anchors', async () => {
    const first = await scan(`web:\n  image: a\n  environment:\n    A_TOKEN: \${A}\n`);
    const merged = await scan(
      `x-env: &env\n  A_TOKEN: \${A}\nservices:\n  web:\n    image: a\n    environment:\n      <<: *env\n      B: c\n`,
    );

    assert.deepEqual(rowsOf(first), [['harbour/shop:compose.yml#web', 'service-variable', 'A', 4, 'variable']]);
    assert.deepEqual(rowsOf(merged), [['harbour/shop:compose.yml#web', 'service-variable', 'A', 2, 'variable']]);
  });

  it('knows references from dollar signs', () => {
    assert.deepEqual(referencesIn(`a$$b \${C:-d} $E \${F:?need} $$$G`), [
      { name: 'C', fallback: 'd' },
      { name: 'E', fallback: undefined },
      { name: 'F', fallback: undefined },
      { name: 'G', fallback: undefined },
    ]);
  });

  it('goes on where a service is broken, and says so', async () => {
    const observations = await scan(`services:\n  bad: 5\n  web:\n    image: a\n    environment:\n      A_TOKEN: \${A}\n`);

    const [row] = kinds(observations, 'coverage');
    assert.deepEqual([row?.outcome, row?.seen, row?.read, row?.failed], ['partial', 2, 1, 1]);
    assert.equal(rowsOf(observations).length, 1);
  });

  it('says what is no YAML', async () => {
    const [row] = kinds(await scan('services:\n  web: {image: [a\n'), 'coverage');

    assert.equal(row?.outcome, 'partial');
    assert.match(row?.why ?? '', /not valid YAML/);
  });

  it('never throws, and names lines that are there', async () => {
    const text = `services:\n  web: &w\n    image: a\n    environment:\n      A_TOKEN: "\${A:-x}"\n    volumes: [~/.aws:/root/.aws]\n    secrets: [s]\n    command: ["x", "$A_TOKEN"]\n  b: *w\nsecrets:\n  s: {file: x}\n`;

    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.nat(text.length),
            fc.constantFrom('"', "'", '\n', '  ', '$', '{', '}', '[', '&x ', '*w', '\t', '\r\n', '#', ': ', '- ', '\u0000'),
          ),
          { maxLength: 10 },
        ),
        async (changes) => {
          let changed = text;
          for (const [at, what] of changes) changed = changed.slice(0, at) + what + changed.slice(at);

          const observations = await scan(changed);

          const lines = changed.split('\n').length;
          const [row] = kinds(observations, 'coverage');
          assert.equal(row?.seen, (row?.read ?? 0) + (row?.failed ?? 0));
          for (const { at } of kinds(observations, 'consumer')) assert.ok((at?.line ?? 0) >= 1 && (at?.line ?? 0) <= lines);
        },
      ),
      { numRuns: 300 },
    );
  });
});

async function scan(text: string, path = 'compose.yml'): Promise<Observation[]> {
  return await collect(
    compose.scan(sourceFile(path, Buffer.from(text), { repository: 'harbour/shop', path, atHead: true }, 'iac'), testContext()),
  );
}

function rowsOf(observations: readonly Observation[]) {
  return kinds(observations, 'consumer').map(({ consumer, detail, secretName, at }) => [
    consumer,
    detail?.fact,
    secretName,
    at?.line,
    detail?.valueFrom,
  ]);
}
