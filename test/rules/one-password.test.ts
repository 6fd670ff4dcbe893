import assert from 'node:assert/strict';
import { observe } from './platforms/observe.ts';

/** Signs that one format or another gives a meaning: a comment, an expansion, the end of a login. */
const PASSWORD = ['h7!Gq2z', 'Pw9#Lm'].join('');
const ENCODED = Buffer.from(PASSWORD).toString('base64');

/** One password, as programs of many makers write it down. */
const FILES: { readonly [path: string]: string } = {
  'quoted/.env': `SMTP_PASSWORD="${PASSWORD}"\n`,
  'single/.env': `SMTP_PASSWORD='${PASSWORD}' # of the relay\n`,
  'plain/.env': `SMTP_PASSWORD=${PASSWORD}\n`,
  'commented/.env': `SMTP_PASSWORD=${PASSWORD} # of the relay\n`,
  'src/application.properties': `spring.datasource.password=${PASSWORD}\n`,
  'db.properties': `db.password=${PASSWORD}\n`,
  'plain/application.yml': `spring:\n  datasource:\n    password: ${PASSWORD}\n`,
  'quoted/application.yml': `spring:\n  datasource:\n    password: "${PASSWORD}" # of the shop\n`,
  'config/database.yml': `production:\n  adapter: postgresql\n  username: shop\n  password: ${PASSWORD}\n`,
  'group_vars/all.yml': `ansible_password: "${PASSWORD}"\n`,
  'hosts.ini': `web-1 ansible_user=deploy ansible_password='${PASSWORD}'\n`,
  'docker-compose.yml': `services:\n  web:\n    image: web:1\n    environment:\n      - DB_PASSWORD=${PASSWORD}\n`,
  '.gitlab-ci.yml': `variables:\n  REGISTRY_PASSWORD: "${PASSWORD}"\nbuild:\n  script: [make]\n`,
  '.github/workflows/ci.yml': `on: push\njobs:\n  a:\n    runs-on: x\n    env:\n      DB_PASSWORD: ${PASSWORD}\n    steps: [{run: make}]\n`,
  'azure-pipelines.yml': `variables:\n  sqlPassword: ${PASSWORD}\nsteps:\n  - script: make\n`,
  'buildspec.yml': `version: 0.2\nenv:\n  variables:\n    DB_PASSWORD: ${PASSWORD}\nphases: {build: {commands: [make]}}\n`,
  Jenkinsfile: `pipeline {\n  agent any\n  environment {\n    DB_PASSWORD = '${PASSWORD}'\n  }\n  stages { stage('b') { steps { sh 'make' } } }\n}\n`,
  'k8s/deployment.yaml': deployment('env', `[{ name: DB_PASSWORD, value: "${PASSWORD}" }]`),
  'k8s/secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: { name: db }\nstringData:\n  password: ${PASSWORD}\n`,
  'k8s/encoded.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: ${ENCODED}\n`,
  'main.tf': `resource "aws_db_instance" "shop" {\n  password = "${PASSWORD}"\n}\n`,
  'appsettings.json': `{ "Smtp": { "Password": "${PASSWORD}" } }\n`,
  'config.toml': `[smtp]\npassword = "${PASSWORD}"\n`,
  'settings.py': `SMTP_PASSWORD = "${PASSWORD}"\n`,
  'load.R': `con <- dbConnect(drv, user = "etl", password = "${PASSWORD}")\n`,
  'url.py': `url = "postgresql://shop:${encodeURIComponent(PASSWORD)}@db.harbour.internal/shop"\n`,
};

function deployment(key: string, value: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: shop, namespace: prod }
spec:
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
        - name: shop
          image: harbour/shop:1
          ${key}: ${value}
`;
}

describe('one password', () => {
  it('has one fingerprint and one mask in every format', async () => {
    const told = new Map<string, string[]>();

    for (const [path, text] of Object.entries(FILES)) {
      const seen = (await observe({ [path]: text }, 'harbour/shop')).flatMap((one) =>
        one.kind === 'sighting' ? [`${one.fingerprint.slice(0, 8)} ${one.masked}`] : [],
      );
      for (const of of seen.length === 0 ? ['nothing'] : new Set(seen)) told.set(of, [...(told.get(of) ?? []), path]);
    }

    assert.deepEqual([...told.values()].toSorted((a, b) => b.length - a.length).slice(1), [], JSON.stringify([...told], null, 1));
  });

  it('is known for a made-up one wherever only its name tells', async () => {
    const unsure: string[] = [];

    for (const [path, text] of Object.entries(FILES)) {
      for (const one of await observe({ [path]: text }, 'harbour/shop')) {
        if (one.kind === 'sighting' && one.confidence === 'low' && one.detail?.strength !== 'strong') unsure.push(path);
      }
    }

    assert.deepEqual(unsure, []);
  });
});
