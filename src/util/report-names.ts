import type { Finding } from '../contracts/finding.ts';

/** How words of detector ids are written where a capital letter is not enough. */
const WORDS: { readonly [word: string]: string } = {
  ai21: 'AI21',
  airtable: 'Airtable',
  amqp: 'RabbitMQ',
  api: 'API',
  assemblyai: 'AssemblyAI',
  atlas: 'Atlas',
  aws: 'AWS',
  bedrock: 'Bedrock',
  ca: 'CA',
  ci: 'CI',
  circleci: 'CircleCI',
  clojars: 'Clojars',
  deepseek: 'DeepSeek',
  devops: 'DevOps',
  digitalocean: 'DigitalOcean',
  elevenlabs: 'ElevenLabs',
  flyio: 'Fly.io',
  gcp: 'Google Cloud',
  github: 'GitHub',
  gitlab: 'GitLab',
  hoop: 'hoop',
  hmac: 'HMAC',
  hubspot: 'HubSpot',
  hub: 'Hub',
  huggingface: 'Hugging Face',
  id: 'ID',
  jdbc: 'JDBC',
  jwt: 'JWT',
  langsmith: 'LangSmith',
  minimax: 'MiniMax',
  mongodb: 'MongoDB',
  mysql: 'MySQL',
  newrelic: 'New Relic',
  npm: 'npm',
  npmrc: 'npm registry',
  nuget: 'NuGet',
  nvidia: 'NVIDIA',
  oauth: 'OAuth',
  onepassword: '1Password',
  openai: 'OpenAI',
  openrouter: 'OpenRouter',
  pagerduty: 'PagerDuty',
  planetscale: 'PlanetScale',
  postgres: 'PostgreSQL',
  posthog: 'PostHog',
  putty: 'PuTTY',
  pypi: 'PyPI',
  rubygems: 'RubyGems',
  runpod: 'RunPod',
  sas: 'SAS',
  scim: 'SCIM',
  sendgrid: 'SendGrid',
  sonarqube: 'SonarQube',
  sqlserver: 'SQL database',
  url: 'connection string',
  uuid: 'UUID',
  wandb: 'Weights & Biases',
  xai: 'xAI',
  pat: 'personal access token',
  oat: 'organisation access token',
};

/** Where the id says how it was found rather than what it is. */
const WHOLE: { readonly [detector: string]: string } = {
  'ado-connection-string': 'Database connection string',
  'basic-auth-url': 'URL with password',
  'bearer-authorization': 'Bearer token',
  'ci-plaintext-value': 'Plain CI value',
  'crates-io-token': 'crates.io token',
  'docker-config-auth': 'Docker registry login',
  'generic-password': 'Password',
  'generic-secret': 'Secret',
  'git-remote-password': 'Password of a git remote',
  'npmrc-basic-auth': 'npm registry login',
  'paypal-braintree-token': 'Braintree access token',
  'snowflake-pat': 'Snowflake programmatic access token',
};

/** A form of the id, not of the credential: `kaggle-key-variable`, `wandb-api-key-v1`. */
const FORMS = new Set(['bare', 'hex', 'legacy', 'routable', 'uuid', 'v1', 'variable']);

/** `slack-webhook` → `Slack webhook`. A title instead of an id stays as it is. */
export function detectorName(detector: string): string {
  const id = detector.replace(/^secretlint\//, '').replace(/^@?secretlint(?:\/|-)(?:secretlint-)?rule-/, '');
  const whole = Object.hasOwn(WHOLE, id) ? WHOLE[id] : undefined;
  if (whole !== undefined) return whole;
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id)) return id;
  const parts = id.split('-');
  while (parts.length > 1 && FORMS.has(parts.at(-1) ?? '')) parts.pop();
  const text = parts.map((part) => (Object.hasOwn(WORDS, part) ? WORDS[part] : part)).join(' ');
  return parts[0] !== undefined && Object.hasOwn(WORDS, parts[0]) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * What a finding is about, with the kind of a credential that is only known by its masked form: `Telegram bot token
 * 92…(46)`. The kind stands in the evidence (`seen: 92…(46) (telegram-bot-token)`); a detector that knows the vendor
 * is believed before one that only knows the name beside the value.
 */
export function subjectName(finding: Finding): string {
  const { subject } = finding;
  if (finding.identity !== undefined) return subject;
  // What an inventory knows only by its fingerprint has no masked form of its own; that of a sighting is one.
  const bare = subject.startsWith('secret:');
  const seen = finding.evidence.flatMap(({ kind, summary }) => {
    const [, mask = '', detector = ''] = (kind === 'sighting' && /^seen: (\S.*?) \((.+)\)$/s.exec(summary)) || [];
    return detector !== '' && (bare || mask === subject) ? [{ mask, detector }] : [];
  });
  const best = seen.find(({ detector }) => !/^(?:generic|ci-plaintext)-/.test(detector)) ?? seen[0];
  return best === undefined ? subject : `${detectorName(best.detector)} ${best.mask}`;
}
