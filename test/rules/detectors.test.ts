import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../src/detect/engine.ts';
import { bytesOf, expandExample } from '../../src/detect/examples.ts';
import { loadPack } from '../../src/detect/load.ts';
import type { Pack } from '../../src/detect/pack.ts';
import { proveDetectors } from '../../src/detect/prove.ts';
import { packageRoot } from '../../src/util/package-root.ts';

const pack: Pack = await loadPack();

/** Every provider of the AI table in the reference, and the other families we promise. */
const PROMISED = {
  ai: [
    'openai anthropic huggingface replicate cohere mistral groq wandb langsmith langfuse pinecone weaviate databricks kaggle google',
    'xai openrouter perplexity deepseek together cerebras nvidia elevenlabs assemblyai deepgram fireworks voyage jina tavily',
    'firecrawl stability ollama zhipu moonshot minimax runpod ai21 baseten friendli coze cursor brave posthog snowflake',
  ],
  others: [
    'aws gcp azure entra github gitlab npm pypi docker slack stripe twilio sendgrid datadog sentry grafana vault terraform',
    'digitalocean heroku cloudflare okta telegram discord shopify generic-key postgres mysql mongodb redis jwt hoop generic',
    'alibaba tencent linode akamai hetzner scaleway ovh vultr ibm yandex fastly flyio render vercel netlify railway supabase',
    'planetscale neon upstash circleci travisci buildkite drone jenkins teamcity harness codecov sonarqube snyk pulumi octopus',
    'rubygems nuget crates-io jfrog packagist hex clojars anaconda cloudsmith bitbucket azure-devops gitea sourcegraph gerrit',
    'doppler onepassword infisical akeyless conjur bitwarden age tailscale ngrok teleport boundary consul nomad rancher portainer',
    'openshift k3s kubernetes mcp devin',
  ],
};

describe('shipped detectors', () => {
  let engine: Engine;
  before(() => {
    engine = createEngine({ pack, fingerprintKey: 'rules', secretlint: false });
  });

  for (const detector of pack.detectors) {
    it(`${detector.id}: hits its examples, passes its near misses by, and is never slow`, () => {
      // Five times slower than promised: the machine of a test may be busy.
      assert.deepEqual(proveDetectors({ ...pack, detectors: [detector] }, { slowest: 1 }), []);
    }).timeout(60_000);
  }

  it('keep their examples when all of them search together', () => {
    const lost = pack.detectors.flatMap((detector) =>
      detector.examples.flatMap((example, index) => {
        const { text } = expandExample(example, `${detector.id}/${index}`);
        const found = engine.detect(bytesOf(text), { unplaced: true }).map((match) => match.detector);
        return found.includes(detector.id) ? [] : [`${detector.id} ${index + 1}: ${found.join(', ') || 'nothing'}`];
      }),
    );

    assert.deepEqual(lost, []);
  });

  it('cover the providers that were promised', () => {
    const providers = new Set(pack.detectors.map(({ provider }) => provider));

    assert.deepEqual(
      [...PROMISED.ai, ...PROMISED.others].flatMap((line) => line.split(' ')).filter((provider) => !providers.has(provider)),
      [],
    );
  });

  it('say whose a credential is', () => {
    assert.deepEqual(
      pack.detectors.filter(({ holder }) => holder === undefined).map(({ id }) => id),
      [],
    );
  });

  it('say what a thief could do and how to rotate', () => {
    for (const { id, impact = '', rotate = '' } of pack.detectors) {
      assert.ok(impact.length > 5, `${id}: impact`);
      assert.ok(rotate.length > 5, `${id}: rotate`);
    }
  });

  it('are written without a token that a push protection would stop', () => {
    for (const file of new Set(pack.detectors.map((detector) => detector.file))) {
      const text = readFileSync(join(packageRoot(), file));

      const found = engine.detect(text, { specificOnly: true }).filter((match) => match.confidence === 'high');

      assert.deepEqual(
        found.map((match) => `${file}:${match.line} ${match.detector}`),
        [],
      );
    }
  });

  it('find secrets in the syntaxes people write them in', () => {
    const token = expandExample('{{join:s:k-ant-api03-}}{{base64url:93}}AA', 'syntax').text;
    const cohere = expandExample('{{alnum:40}}', 'syntax 6').text;
    const syntaxes = (name: string, value: string): string[] => [
      `${name}=${value}`,
      `export ${name}="${value}"`,
      `${name}: ${value}`,
      `{"${name}": "${value}"}`,
      JSON.stringify({ source: [`os.environ["${name}"] = "${value}"\n`] }),
      `const ${name.toLowerCase()} = '${value}';`,
      `${name} := "${value}"`,
      `- name: ${name}\n  value: ${value}`,
      `{"name": "${name}", "value": "${value}"}`,
      `<add key="${name}" value="${value}" />`,
      `%env ${name}=${value}`,
      `setx ${name} ${value}`,
      `docker run -e ${name}=${value} image`,
    ];

    for (const text of syntaxes('ANTHROPIC_API_KEY', token)) {
      assert.ok(
        engine.detect(text).some((match) => match.detector === 'anthropic-api-key'),
        text,
      );
    }
    for (const text of syntaxes('COHERE_API_KEY', cohere)) {
      assert.ok(
        engine.detect(text).some((match) => match.detector === 'cohere-api-key'),
        text,
      );
    }
    for (const text of syntaxes('DB_PASSWORD', 'q8Vw-t2LmZ7x').filter((text) => !/^setx|^<tag/.test(text))) {
      assert.ok(
        engine.detect(text).some((match) => match.detector === 'generic-password'),
        text,
      );
    }
  });
});
