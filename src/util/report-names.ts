import type { Finding } from '../contracts/finding.ts';
import { clip } from './sanitize.ts';

/** How words of detector ids are written where a capital letter is not enough. */
const WORDS: { readonly [word: string]: string } = {
  activecampaign: 'ActiveCampaign',
  aftership: 'AfterShip',
  ai21: 'AI21',
  airtable: 'Airtable',
  amqp: 'RabbitMQ',
  api: 'API',
  approle: 'AppRole',
  appsignal: 'AppSignal',
  assemblyai: 'AssemblyAI',
  atlas: 'Atlas',
  aws: 'AWS',
  bamboohr: 'BambooHR',
  bedrock: 'Bedrock',
  browserstack: 'BrowserStack',
  ca: 'CA',
  ci: 'CI',
  circleci: 'CircleCI',
  clickhouse: 'ClickHouse',
  clickup: 'ClickUp',
  clojars: 'Clojars',
  cockroachdb: 'CockroachDB',
  configcat: 'ConfigCat',
  couchdb: 'CouchDB',
  dagshub: 'DagsHub',
  dashscope: 'DashScope',
  datocms: 'DatoCMS',
  deepinfra: 'DeepInfra',
  deepseek: 'DeepSeek',
  deepsource: 'DeepSource',
  devops: 'DevOps',
  digitalocean: 'DigitalOcean',
  dingtalk: 'DingTalk',
  dsn: 'DSN',
  e2b: 'E2B',
  easypost: 'EasyPost',
  elevenlabs: 'ElevenLabs',
  filezilla: 'FileZilla',
  flyio: 'Fly.io',
  gcp: 'Google Cloud',
  gitguardian: 'GitGuardian',
  github: 'GitHub',
  gitlab: 'GitLab',
  gocardless: 'GoCardless',
  hcaptcha: 'hCaptcha',
  here: 'HERE',
  hmac: 'HMAC',
  hoop: 'hoop',
  hub: 'Hub',
  hubspot: 'HubSpot',
  huggingface: 'Hugging Face',
  ibm: 'IBM',
  id: 'ID',
  imagekit: 'ImageKit',
  influxdb: 'InfluxDB',
  iot: 'IoT',
  ipinfo: 'IPinfo',
  jdbc: 'JDBC',
  jetbrains: 'JetBrains',
  jfrog: 'JFrog',
  jsr: 'JSR',
  jumpcloud: 'JumpCloud',
  jwt: 'JWT',
  kucoin: 'KuCoin',
  langsmith: 'LangSmith',
  launchdarkly: 'LaunchDarkly',
  ldap: 'LDAP',
  line: 'LINE',
  linkedin: 'LinkedIn',
  litellm: 'LiteLLM',
  livekit: 'LiveKit',
  llamacloud: 'LlamaCloud',
  locationiq: 'LocationIQ',
  mailersend: 'MailerSend',
  maxmind: 'MaxMind',
  mcp: 'MCP',
  messagebird: 'MessageBird',
  minimax: 'MiniMax',
  mongodb: 'MongoDB',
  mremoteng: 'mRemoteNG',
  mws: 'MWS',
  mysql: 'MySQL',
  netbird: 'NetBird',
  newrelic: 'New Relic',
  npm: 'npm',
  npmrc: 'npm registry',
  nuget: 'NuGet',
  nvidia: 'NVIDIA',
  oauth: 'OAuth',
  odbc: 'ODBC',
  onelogin: 'OneLogin',
  onepassword: '1Password',
  onesignal: 'OneSignal',
  openai: 'OpenAI',
  opencage: 'OpenCage',
  openrouter: 'OpenRouter',
  openshift: 'OpenShift',
  openvpn: 'OpenVPN',
  openweather: 'OpenWeather',
  pagerduty: 'PagerDuty',
  paypal: 'PayPal',
  php: 'PHP',
  planetscale: 'PlanetScale',
  postgres: 'PostgreSQL',
  posthog: 'PostHog',
  powershell: 'PowerShell',
  promptlayer: 'PromptLayer',
  pubnub: 'PubNub',
  putty: 'PuTTY',
  pypi: 'PyPI',
  quickbooks: 'QuickBooks',
  rapidapi: 'RapidAPI',
  readme: 'ReadMe',
  recaptcha: 'reCAPTCHA',
  rubygems: 'RubyGems',
  rudderstack: 'RudderStack',
  runpod: 'RunPod',
  sambanova: 'SambaNova',
  sas: 'SAS',
  scim: 'SCIM',
  sdk: 'SDK',
  sendgrid: 'SendGrid',
  serpapi: 'SerpApi',
  ses: 'SES',
  siliconflow: 'SiliconFlow',
  smb: 'SMB',
  smtp: 'SMTP',
  sonarqube: 'SonarQube',
  sparkpost: 'SparkPost',
  sql: 'SQL',
  sqlserver: 'SQL database',
  stackhawk: 'StackHawk',
  teamcity: 'TeamCity',
  tomtom: 'TomTom',
  upcloud: 'UpCloud',
  uptimerobot: 'UptimeRobot',
  url: 'connection string',
  uuid: 'UUID',
  virustotal: 'VirusTotal',
  wakatime: 'WakaTime',
  wandb: 'Weights & Biases',
  wecom: 'WeCom',
  winscp: 'WinSCP',
  wireguard: 'WireGuard',
  wordpress: 'WordPress',
  workos: 'WorkOS',
  xai: 'xAI',
  zerotier: 'ZeroTier',
  pat: 'personal access token',
  oat: 'organisation access token',
};

/** Where the id says how it was found rather than what it is. */
const WHOLE: { readonly [detector: string]: string } = {
  'ado-connection-string': 'Database connection string',
  'basic-auth-url': 'URL with password',
  'bearer-authorization': 'Bearer token',
  'ci-plaintext-value': 'Secret of a CI configuration',
  'kubernetes-plaintext-value': 'Secret of a manifest',
  'crates-io-token': 'crates.io token',
  'docker-config-auth': 'Docker registry login',
  'generic-password': 'Password',
  'generic-plain-value': 'Secret',
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
  const best = seen.find(({ detector }) => !GUESSES.test(detector));
  if (best !== undefined) return `${detectorName(best.detector)} ${best.mask}`;
  const masked = bare ? seen[0]?.mask : /^\S{0,8}…\(\d+\)$/.test(subject) ? subject : undefined;
  if (masked === undefined) return seen[0] === undefined ? subject : `${detectorName(seen[0].detector)} ${seen[0].mask}`;
  return `${kindTold(finding.message, masked) ?? (seen[0] === undefined ? 'Credential' : detectorName(seen[0].detector))} ${masked}`;
}

/** Detectors that know no vendor: the message tells better what it is, for it knows the name beside the value. */
const GUESSES = /^(?:generic|ci-plaintext|kubernetes-plaintext)-/;

/** `Password` of `Password pa…(12) lies in …`. */
function kindTold(message: string, masked: string): string | undefined {
  const kind = message.slice(0, Math.max(0, message.indexOf(masked))).trim();
  return /^[A-Z][A-Za-z0-9 .-]{2,40}$/.test(kind) && !/^(?:The|A|An) /.test(kind) ? kind : undefined;
}

/** `AKIA…ZONP`: the ends of a long id tell it apart. */
export function shortId(id: string): string {
  return /^[A-Za-z0-9_-]{16,}$/.test(id) ? `${id.slice(0, 4)}…${id.slice(-4)}` : clip(id, 60);
}
