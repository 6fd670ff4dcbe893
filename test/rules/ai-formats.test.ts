import assert from 'node:assert/strict';
import { createEngine, type Engine } from '../../src/detect/engine.ts';
import { expandExample } from '../../src/detect/examples.ts';
import { loadPack } from '../../src/detect/load.ts';

/** A format by name, its detector, a text that holds one, and one that only looks like it. */
type Row = readonly [name: string, detector: string, text: string, near: string];

const T3 = '{{join:T3B:lbkFJ}}';

/** Every format of AI credentials that we promise. */
const FORMATS: readonly Row[] = [
  ['OpenAI legacy', 'openai-api-key', `{{join:s:k-}}{{alnum:20}}${T3}{{alnum:20}}`, `{{join:s:k-}}{{alnum:20}}${T3}{{alnum:19}}`],
  ...['proj', 'svcacct', 'service', 'admin', 'None'].flatMap((kind) =>
    [20, 58, 74].map(
      (size): Row => [
        `OpenAI ${kind} of ${size}`,
        'openai-project-key',
        `{{join:s:k-${kind}-}}{{base64url:${size}}}${T3}{{base64url:${size}}}`,
        `{{join:s:k-${kind}-}}{{base64url:${size}}}${T3}{{base64url:${size - 1}}}`,
      ],
    ),
  ),
  [
    'Anthropic API',
    'anthropic-api-key',
    '{{join:s:k-ant-api03-}}{{base64url:93}}AA',
    '{{join:s:k-ant-api03-}}{{base64url:92}}AA',
  ],
  [
    'Anthropic admin',
    'anthropic-admin-key',
    '{{join:s:k-ant-admin01-}}{{base64url:93}}AA',
    '{{join:s:k-ant-admin01-}}{{base64url:93}}AB',
  ],
  [
    'Anthropic OAuth access',
    'anthropic-oauth-token',
    '{{join:s:k-ant-oat01-}}{{base64url:95}}',
    '{{join:s:k-ant-oat01-}}{{base64url:30}}',
  ],
  [
    'Anthropic OAuth refresh',
    'anthropic-oauth-token',
    '{{join:s:k-ant-ort01-}}{{base64url:40}}',
    '{{join:s:k-ant-oxt01-}}{{base64url:40}}',
  ],
  ['Hugging Face user', 'huggingface-token', '{{join:hf:_}}{{letters:34}}', '{{join:hf:_}}{{letters:33}}'],
  ['Hugging Face organisation', 'huggingface-org-token', '{{join:ap:i_org_}}{{letters:34}}', '{{join:ap:i_org_}}{{digits:34}}'],
  ['Replicate', 'replicate-api-token', '{{join:r8:_}}{{alnum:37}}', '{{join:r8:_}}{{alnum:36}}'],
  ['Cohere', 'cohere-api-key', 'COHERE_API_KEY={{alnum:40}}', 'COHERE_API_KEY={{alnum:39}}'],
  ['Mistral', 'mistral-api-key', 'MISTRAL_API_KEY={{alnum:32}}', 'MISTRAL_API_KEY={{alnum:31}}'],
  ['Groq', 'groq-api-key', '{{join:gs:k_}}{{alnum:20}}{{join:WGdy:b3FY}}{{alnum:24}}', '{{join:gs:k_}}{{alnum:52}}'],
  ['Weights & Biases', 'wandb-api-key', 'WANDB_API_KEY={{hex:40}}', 'WANDB_RUN_ID={{hex:39}}'],
  ['Weights & Biases v1', 'wandb-api-key-v1', '{{join:wa:ndb_v1_}}{{alnum:77}}', '{{join:wa:ndb_v1_}}{{alnum:76}}'],
  [
    'LangSmith personal',
    'langsmith-api-key',
    '{{join:ls:v2_pt_}}{{hex:32}}_{{hex:10}}',
    '{{join:ls:v2_pt_}}{{hex:32}}_{{hex:9}}',
  ],
  [
    'LangSmith service',
    'langsmith-api-key',
    '{{join:ls:v2_sk_}}{{hex:32}}_{{hex:10}}',
    '{{join:ls:v2_xk_}}{{hex:32}}_{{hex:10}}',
  ],
  ['Langfuse', 'langfuse-secret-key', '{{join:sk:-lf-}}{{uuid}}', '{{join:pk:-lf-}}{{uuid}}'],
  ['Pinecone', 'pinecone-api-key', '{{join:pc:sk_}}{{alnum:6}}_{{alnum:63}}', '{{join:pc:sk_}}{{alnum:6}}_{{alnum:62}}'],
  ['Pinecone, old', 'pinecone-api-key-uuid', 'PINECONE_API_KEY={{uuid}}', 'PINECONE_API_KEY={{hex:32}}'],
  [
    'Weaviate beside its host',
    'weaviate-cluster-key',
    'url: shop-x1.weaviate.network\napiKey: "{{alnum:36}}"',
    'url: shop-x1.weaviate.example\napiKey: "{{alnum:36}}"',
  ],
  ['Databricks', 'databricks-token', '{{join:da:pi}}{{hex:32}}-2', '{{join:da:pi}}{{hex:31}}'],
  [
    'Kaggle file',
    'kaggle-api-key',
    '{"username":"harbourdata","key":"{{hex:32}}"}',
    '{"username":"harbourdata","key":"{{hex:31}}"}',
  ],
  ['Kaggle token', 'kaggle-api-token', '{{join:KG:AT_}}{{hex:32}}', '{{join:KG:AT_}}{{upper:32}}'],
  ['Google API key', 'google-api-key', '{{join:AI:za}}{{base64url:35}}', '{{join:AI:za}}{{base64url:34}}'],
  ['Gemini, new form of 44', 'gcp-express-key', '{{join:A:Q.Ab8R}}{{base64url:44}}', '{{join:A:Q.Ab8R}}{{base64url:30}}'],
  ['Gemini, new form of 46', 'gcp-express-key', '{{join:A:Q.Ab8R}}{{base64url:46}}', '{{join:A:Q.Ac8R}}{{base64url:46}}'],
  [
    'Google service account file',
    'gcp-service-account-key',
    '{"type":"service_account","private_key_id":"{{hex:40}}","private_key":"{{pemline:PRIVATE KEY}}","client_email":"etl@harbour-prod.iam.gserviceaccount.com"}',
    '{"type":"service_account","private_key_id":"{{hex:39}}","client_email":"etl@harbour-prod.iam.gserviceaccount.com"}',
  ],
  ['Bedrock long-term', 'aws-bedrock-api-key', '{{bedrock}}', '{{join:AB:SK}}{{base64:120}}'],
  ['Bedrock short-term', 'aws-bedrock-short-term-key', '{{bedrockshort}}', '{{join:bedrock-:api-key-}}{{base64:120}}'],
  [
    'Azure OpenAI beside its host',
    'azure-openai-key-hex',
    'endpoint=https://harbour.openai.azure.com\napi_key={{hex:32}}',
    'endpoint=https://harbour.openai.example\napi_key={{hex:32}}',
  ],
  [
    'Azure OpenAI, annotated',
    'azure-openai-key',
    '{{cask:ACOG}}',
    '{{alnum:51}}{{join:JQ:QJ99}}{{alnum:18}}{{join:AC:OG}}{{alnum:4}}',
  ],
  ['xAI', 'xai-api-key', '{{join:xa:i-}}{{alnum:80}}', '{{join:xa:i-}}{{alnum:60}}'],
  ['OpenRouter', 'openrouter-api-key', '{{join:sk:-or-v1-}}{{hex:64}}', '{{join:sk:-or-v1-}}{{hex:63}}'],
  ['Perplexity', 'perplexity-api-key', '{{join:pp:lx-}}{{alnum:48}}', '{{join:pp:lx-}}{{alnum:47}}'],
  ['DeepSeek', 'deepseek-api-key', 'DEEPSEEK_API_KEY={{join:s:k-}}{{hex:32}}', 'OTHER_API_NAME={{join:s:k-}}{{hex:32}}'],
  ['Together', 'together-api-key', '{{join:tg:p_v1_}}{{base64url:43}}', '{{join:tg:p_v1_}}{{base64url:42}}'],
  ['Cerebras', 'cerebras-api-key', '{{join:cs:k-}}{{lowernum:48}}', '{{join:cs:k-}}{{lowernum:47}}'],
  ['NVIDIA', 'nvidia-api-key', '{{join:nv:api-}}{{base64url:64}}', '{{join:nv:api-}}{{base64url:50}}'],
  ['ElevenLabs', 'elevenlabs-api-key', '{{join:sk:_}}{{hex:48}}', '{{join:sk:_}}{{hex:47}}'],
  ['AssemblyAI', 'assemblyai-api-key', 'ASSEMBLYAI_API_KEY={{hex:32}}', 'ASSEMBLYAI_API_KEY={{hex:31}}'],
  ['Deepgram', 'deepgram-api-key', 'DEEPGRAM_API_KEY={{hex:40}}', 'DEEPGRAM_API_KEY={{hex:39}}'],
  ['Fireworks', 'fireworks-api-key', '{{join:fw:_}}{{alnum:24}}', '{{join:fw:_}}{{alnum:23}}'],
  ['Voyage', 'voyage-api-key', '{{join:pa:-}}{{base64url:43}}', '{{join:pa:-}}{{base64url:42}}'],
  ['Jina', 'jina-api-key', '{{join:ji:na_}}{{alnum:60}}', '{{join:ji:na_}}{{alnum:59}}'],
  ['Tavily', 'tavily-api-key', '{{join:tv:ly-}}{{alnum:32}}', '{{join:tv:ly-}}{{alnum:31}}'],
  ['Firecrawl', 'firecrawl-api-key', '{{join:fc:-}}{{hex:32}}', '{{join:fc:-}}{{hex:31}}'],
  [
    'Stability',
    'stability-api-key',
    'STABILITY_API_KEY={{join:s:k-}}{{alnum:48}}',
    'STABILITY_API_KEY={{join:s:k-}}{{alnum:47}}',
  ],
  ['Ollama', 'ollama-api-key', 'OLLAMA_API_KEY={{hex:32}}.{{alnum:24}}', 'OLLAMA_API_KEY={{hex:32}}.{{alnum:23}}'],
  ['Zhipu', 'zhipu-api-key', 'ZHIPUAI_API_KEY={{hex:32}}.{{alnum:16}}', 'ZHIPUAI_API_KEY={{hex:32}}.{{alnum:15}}'],
  ['z.ai', 'zhipu-api-key', 'ZAI_API_KEY={{hex:32}}.{{alnum:16}}', 'ZAI_API_KEY={{hex:31}}.{{alnum:16}}'],
  ['Kimi', 'moonshot-api-key', 'KIMI_API_KEY={{join:s:k-}}{{alnum:48}}', 'KIMI_API_KEY={{join:s:k-}}{{alnum:47}}'],
  ['MiniMax', 'minimax-api-key', '{{join:sk:-api-}}{{base64url:119}}', '{{join:sk:-api-}}{{base64url:90}}'],
  ['RunPod', 'runpod-api-key', '{{join:rp:a_}}{{uppernum:40}}{{alnum:6}}', '{{join:rp:a_}}{{uppernum:40}}'],
  ['AI21', 'ai21-api-key', 'AI21_API_KEY={{uuid}}', 'AI21_API_KEY={{hex:32}}'],
  ['Baseten', 'baseten-api-key', 'BASETEN_API_KEY={{alnum:8}}.{{alnum:32}}', 'BASETEN_API_KEY={{alnum:8}}.{{alnum:31}}'],
  ['Friendli', 'friendli-token', '{{join:fl:p_}}{{alnum:46}}', '{{join:fl:p_}}{{alnum:45}}'],
  ['Coze', 'coze-api-token', '{{join:pa:t_}}{{alnum:64}}', '{{join:pa:t_}}{{alnum:63}}'],
  ['Cursor', 'cursor-api-key', '{{join:ke:y_}}{{hex:64}}', '{{join:ke:y_}}{{hex:63}}'],
  ['Brave Search', 'brave-search-api-key', 'BRAVE_API_KEY={{join:B:SA}}{{alnum:28}}', 'BRAVE_API_KEY={{join:B:SX}}{{alnum:28}}'],
  ['PostHog personal', 'posthog-personal-key', '{{join:ph:x_}}{{alnum:43}}', '{{join:ph:y_}}{{alnum:43}}'],
  ['PostHog project', 'posthog-project-key', '{{join:ph:c_}}{{alnum:43}}', '{{join:ph:c_}}{{alnum:20}}'],
  ['Snowflake PAT', 'snowflake-pat', 'SNOWFLAKE_TOKEN={{jwt:user}}', 'SNOWFLAKE_TOKEN={{alnum:40}}'],
  [
    'MCP environment',
    'mcp-server-env',
    '{"mcpServers":{"crm":{"env":{"CRM_API_KEY":"{{alnum:32}}"}}}}',
    '{"mcpServers":{"crm":{"env":{"CRM_API_KEY":"$CRM_API_KEY"}}}}',
  ],
  [
    'MCP headers',
    'mcp-server-header',
    '{"mcpServers":{"crm":{"headers":{"Authorization":"Bearer {{alnum:40}}"}}}}',
    '{"mcpServers":{"crm":{"headers":{"Authorization":"Bearer $TOKEN"}}}}',
  ],
  [
    'MCP arguments',
    'mcp-server-argument',
    '{"args":["crm-mcp","--api-key","{{alnum:36}}"]}',
    '{"args":["crm-mcp","--api-key-file","{{alnum:36}}"]}',
  ],
  [
    'MCP address',
    'mcp-server-url-key',
    '{"url":"https://mcp.harbour.coffee/mcp?apiKey={{alnum:36}}"}',
    '{"url":"https://mcp.harbour.coffee/mcp?cursor={{alnum:36}}"}',
  ],
  [
    'Codex configuration',
    'mcp-server-env-toml',
    '[mcp_servers.crm.env]\nCRM_API_KEY = "{{alnum:32}}"',
    '[servers.crm.env]\nCRM_API_KEY = "{{alnum:32}}"',
  ],
];

describe('formats of AI credentials', () => {
  let engine: Engine;
  before(async () => {
    engine = createEngine({ pack: await loadPack(), fingerprintKey: 'ai', secretlint: false });
  });

  function detectorsOf(text: string, seed: string): string[] {
    return engine.detect(expandExample(text, seed).text, { unplaced: true }).map((match) => match.detector);
  }

  for (const [name, detector, text, near] of FORMATS) {
    it(`find ${name}`, () => {
      for (const seed of ['one', 'two', 'three']) {
        assert.ok(detectorsOf(text, `${name}/${seed}`).includes(detector), seed);
        assert.ok(!detectorsOf(near, `${name}/near/${seed}`).includes(detector), `near miss, ${seed}`);
      }
    });
  }

  it('are searched by their exact place: agents only in their own files', () => {
    const text = expandExample('{"mcpServers":{"crm":{"env":{"CRM_API_KEY":"{{alnum:32}}"}}}}', 'place').text;
    const found = (path: string): boolean => engine.detect(text, { path }).some(({ detector }) => detector === 'mcp-server-env');

    assert.equal(found('.cursor/mcp.json'), true);
    assert.equal(found('home/me/.mcp.json'), true);
    assert.equal(found('claude_desktop_config.json'), true);
    assert.equal(found('.claude/settings.local.json'), true);
    assert.equal(found('src/fixtures/tree.json'), false);
  });
});
