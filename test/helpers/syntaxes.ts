/** Ways in which people write a name and its value. The value stands in each text once, unaltered. */
export interface Syntax {
  readonly name: string;
  write(name: string, value: string): string;
}

function camel(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
}

function kebab(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

const WAYS: Readonly<Record<string, (name: string, value: string) => string>> = {
  env: (n, v) => `${n}=${v}\n`,
  'env, quoted': (n, v) => `${n}="${v}"\n`,
  'shell export': (n, v) => `export ${n}=${v}`,
  'shell export, quoted': (n, v) => `export ${n}='${v}'`,
  'fish set': (n, v) => `set -x ${n} ${v}`,
  'Windows set': (n, v) => `set ${n}=${v}\r\n`,
  'PowerShell env': (n, v) => `$env:${n} = "${v}"`,
  ini: (n, v) => `[main]\n${n.toLowerCase()} = ${v}\n`,
  properties: (n, v) => `${n.toLowerCase().replaceAll('_', '.')}=${v}\n`,
  json: (n, v) => `{\n  "${n.toLowerCase()}": "${v}",\n  "a": 1\n}`,
  'json, one line': (n, v) => `{"a":1,"${camel(n)}":"${v}"}`,
  'json in a string': (n, v) => JSON.stringify({ body: JSON.stringify({ [n.toLowerCase()]: v }) }),
  notebook: (n, v) => JSON.stringify({ cells: [{ source: [`os.environ["${n}"] = "${v}"\n`] }] }),
  'xml element': (n, v) => `<config><${camel(n)}>${v}</${camel(n)}></config>`,
  'xml attributes': (n, v) => `<add key="${n}" value="${v}" />`,
  'html attribute': (n, v) => `<div data-${kebab(n)}="${v}"></div>`,
  yaml: (n, v) => `main:\n  ${n.toLowerCase()}: ${v}\n  a: 1\n`,
  'yaml, quoted': (n, v) => `${camel(n)}: "${v}"\n`,
  'yaml env list': (n, v) => `env:\n  - name: ${n}\n    value: ${v}\n`,
  toml: (n, v) => `[main]\n${n.toLowerCase()} = "${v}"\n`,
  terraform: (n, v) => `  ${n.toLowerCase()}   = "${v}"\n`,
  logstash: (n, v) => `output { x { ${n.toLowerCase()} => "${v}" } }`,
  make: (n, v) => `${n} := ${v}\nall:\n`,
  Dockerfile: (n, v) => `FROM a\nENV ${n} ${v}\n`,
  'Dockerfile, equals': (n, v) => `ENV ${n}=${v}\n`,
  'docker run': (n, v) => `docker run -e ${n}=${v} image`,
  'C#': (n, v) => `private const string ${camel(n)} = "${v}";`,
  Go: (n, v) => `${camel(n)} := "${v}"`,
  'Go, typed': (n, v) => `const ${camel(n)} string = "${v}"`,
  Java: (n, v) => `private static final String ${n} = "${v}";`,
  JavaScript: (n, v) => `const ${camel(n)} = '${v}';`,
  'JavaScript object': (n, v) => `client({ ${camel(n)}: '${v}' })`,
  'TypeScript, typed': (n, v) => `const ${camel(n)}: string = '${v}';`,
  Kotlin: (n, v) => `val ${camel(n)}: String = "${v}"`,
  PHP: (n, v) => `define('${n}', '${v}');`,
  'PHP array': (n, v) => `'${n.toLowerCase()}' => '${v}',`,
  Python: (n, v) => `${n} = '${v}'`,
  'Python, typed': (n, v) => `${n}: str = "${v}"`,
  'Python call': (n, v) => `Client(${n.toLowerCase()}="${v}")`,
  'Python environ': (n, v) => `os.environ["${n}"] = "${v}"`,
  Ruby: (n, v) => `ENV['${n}'] = '${v}'`,
  'Ruby hash': (n, v) => `x(:${n.toLowerCase()} => "${v}")`,
  Rust: (n, v) => `let ${n.toLowerCase()}: &str = "${v}";`,
  Swift: (n, v) => `let ${camel(n)} = "${v}"`,
  Perl: (n, v) => `my $${n.toLowerCase()} = '${v}';`,
  'curl header': (n, v) => `curl -H "X-${kebab(n)}: ${v}" https://api.harbour.coffee`,
  'query of a URL': (n, v) => `https://api.harbour.coffee/v1?${n.toLowerCase()}=${v}&a=1`,
  comment: (n, v) => `// ${n}: ${v}\n`,
};

export const SYNTAXES: readonly Syntax[] = Object.entries(WAYS).map(([name, write]) => ({ name, write }));

/** Ways in which a value is only referred to, template by template and language by language. */
export interface Template {
  readonly name: string;
  write(name: string): string;
}

const REFERENCES: Readonly<Record<string, (name: string) => string>> = {
  'shell variable': (n) => `export ${n}=$${n}`,
  'shell variable in braces': (n) => `${n}="\${${n}}"`,
  'shell variable with a default': (n) => `${n}=\${${n}:-}`,
  'shell substitution': (n) => `${n}=$(cat /run/secrets/${n.toLowerCase()}_v2)`,
  'shell substitution in backticks': (n) => `${n}=\`vault read -field=value secret/${n}1\``,
  'Windows variable': (n) => `set ${n}=%${n}%`,
  'PowerShell variable': (n) => `$x.${n} = $env:${n}`,
  'compose variable': (n) => `${n}: \${${n}:?is missing}`,
  'GitHub Actions secret': (n) => `${n}: \${{ secrets.${n} }}`,
  'GitLab CI variable': (n) => `${n}: $CI_${n}_2`,
  'Azure Pipelines variable': (n) => `${n}: $(${n})`,
  'Helm template': (n) => `${n.toLowerCase()}: {{ .Values.${camel(n)} | quote }}`,
  'Jinja template': (n) => `${n} = "{{ ${n.toLowerCase()} }}"`,
  'ERB template': (n) => `${n.toLowerCase()}: <%= ENV["${n}"] %>`,
  'ASP.NET token': (n) => `"${camel(n)}": "#{${n}}#"`,
  'Maven property': (n) => `<${camel(n)}>\${env.${n}}</${camel(n)}>`,
  'JavaScript environment': (n) => `const ${camel(n)} = process.env.${n};`,
  'JavaScript environment, typed': (n) => `const ${camel(n)}: string = process.env['${n}'] ?? '';`,
  'Vite environment': (n) => `const ${camel(n)} = import.meta.env.VITE_${n};`,
  'Deno environment': (n) => `const ${camel(n)} = Deno.env.get("${n}");`,
  'Python environment': (n) => `${n} = os.environ["${n}"]`,
  'Python getenv': (n) => `${n} = os.getenv("${n}", None)`,
  'Python settings': (n) => `${n.toLowerCase()} = settings.${n.toLowerCase()}`,
  'Go environment': (n) => `${camel(n)} := os.Getenv("${n}")`,
  'Java environment': (n) => `String ${camel(n)} = System.getenv("${n}");`,
  'Spring value': (n) => `@Value("\${${n.toLowerCase().replaceAll('_', '.')}}") String ${camel(n)};`,
  'Kotlin environment': (n) => `val ${camel(n)}: String = System.getenv("${n}")`,
  'C# environment': (n) => `var ${camel(n)} = Environment.GetEnvironmentVariable("${n}");`,
  'C# configuration': (n) => `var ${camel(n)} = Configuration["${camel(n)}"];`,
  'Ruby environment': (n) => `${n.toLowerCase()} = ENV.fetch("${n}")`,
  'Rust environment': (n) => `let ${n.toLowerCase()}: String = env::var("${n}")?;`,
  'PHP environment': (n) => `'${n.toLowerCase()}' => env('${n}'),`,
  'PHP getenv': (n) => `define('${n}', getenv('${n}'));`,
  'Elixir environment': (n) => `config :app, ${n.toLowerCase()}: System.get_env("${n}")`,
  'Terraform variable': (n) => `  ${n.toLowerCase()} = var.${n.toLowerCase()}`,
  'Terraform data source': (n) => `  ${n.toLowerCase()} = data.vault_generic_secret.app1.data["${n}"]`,
  'CloudFormation reference': (n) => `${camel(n)}: !Ref ${camel(n)}Parameter1`,
  'CloudFormation dynamic reference': (n) => `${camel(n)}: '{{resolve:secretsmanager:prod/app1:SecretString:${n}}}'`,
  'Kubernetes secret reference': (n) =>
    `- name: ${n}\n  valueFrom:\n    secretKeyRef:\n      name: app-secrets-v2\n      key: ${n.toLowerCase()}`,
  '1Password reference': (n) => `${n}=op://prod-vault1/${n.toLowerCase()}/credential`,
  'Vault reference': (n) => `${n}=vault:secret/data/app1#${n}`,
  'AWS secret ARN': (n) => `${n}=arn:aws:secretsmanager:eu-west-1:123456789012:secret:${n}-AbC123`,
  'Key Vault reference': (n) => `${n}=@Microsoft.KeyVault(SecretUri=https://harbour.vault.azure.net/secrets/${n}1/)`,
  'file of a secret': (n) => `${n}_FILE=/run/secrets/${n.toLowerCase()}_v1`,
  'placeholder in brackets': (n) => `${n}=<your-${kebab(n)}-1>`,
  'placeholder in words': (n) => `${n}="YOUR_${n}_HERE_1"`,
  mask: (n) => `${n}: ********************************`,
  'mask of crosses': (n) => `${n}=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`,
  'nothing given': (n) => `${n}=\n`,
  'call of a function': (n) => `${camel(n)} = await getSecretValue1(client, "${n}");`,
  'member of an object': (n) => `${camel(n)}: this.config.values2.${camel(n)},`,
  'type of a field': (n) => `${camel(n)}: Base64EncodedString256;`,
};

export const TEMPLATES: readonly Template[] = Object.entries(REFERENCES).map(([name, write]) => ({ name, write }));
