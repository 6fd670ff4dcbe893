import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Measurement, median } from './measure.ts';
import { type WatchedScan, watchScan } from './watch.ts';

const ROUNDS = 3;
const FILES = 2000;
/** What is promised: files a second of the whole process, and megabytes of memory. */
const BUDGET = { filesPerSecond: 400, megabytes: 400 };

/** A directory of workflows, manifests and infrastructure code, each file parsed, judged and reported. */
export function measureDeclarations(bin: string): readonly Measurement[] {
  const root = mkdtempSync(join(tmpdir(), 'nhi-audit-bench-'));
  try {
    const directory = join(root, 'estate');
    for (let index = 0; index < FILES; index += 1) write(directory, ...fileNumber(index));
    const scans: WatchedScan[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const scan = watchScan(bin, [directory, '--no-history'], root);
      if (round > 0) scans.push(scan);
    }
    const wall = median(scans.map((scan) => scan.wall));
    const rate = FILES / (wall / 1000);
    const peak = Math.max(...scans.map(({ megabytes }) => megabytes));
    const structured = (scans[0]?.report.coverage ?? []).filter(
      ({ surface }) => surface === 'ci' || surface === 'k8s' || surface === 'iac',
    );
    const complete = structured.filter(({ outcome }) => outcome === 'complete');
    return [
      {
        what: `scan of ${FILES} workflows, manifests and Terraform, Docker and CI files`,
        value: `${(wall / 1000).toFixed(1)} s, ${rate.toFixed(0)} files/s`,
        budget: { text: `${BUDGET.filesPerSecond} files/s`, kept: rate >= BUDGET.filesPerSecond },
      },
      {
        what: '  peak memory of our own process, all threads',
        value: `${peak.toFixed(0)} MB`,
        budget: { text: `${BUDGET.megabytes} MB`, kept: peak <= BUDGET.megabytes },
      },
      {
        what: '  coverage rows of structured readers that say complete',
        value: `${complete.length} of ${structured.length}; ${scans[0]?.report.findings.length ?? 0} findings`,
      },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function write(directory: string, path: string, text: string): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** One project of so many was set up years ago: it is what there is to find. The others do as the vendors advise. */
const OLD_EVERY = 10;

interface Project {
  readonly name: string;
  readonly isOld: boolean;
}

/** Of ten files four workflows, three manifests, and one each of Terraform, GitLab CI and Docker. */
function fileNumber(index: number): readonly [path: string, text: string] {
  const number = Math.floor(index / 10);
  const project: Project = { name: `service-${number}`, isOld: number % OLD_EVERY === OLD_EVERY - 1 };
  const kind = index % 10;
  if (kind < 4) return [`${project.name}/.github/workflows/workflow-${kind}.yml`, workflow(project, kind)];
  if (kind < 7) return [`${project.name}/k8s/part-${kind}.yaml`, manifests(project, kind)];
  if (kind === 7) return [`${project.name}/terraform/main.tf`, terraform(project)];
  if (kind === 8) return [`${project.name}/.gitlab-ci.yml`, gitlab(project)];
  return [`${project.name}/Dockerfile`, dockerfile(project.name)];
}

function workflow({ name: project, isOld }: Project, kind: number): string {
  const database = `DATABASE_URL: \${{ secrets.DATABASE_URL }}\n`;
  const pinned = (commit: string, tag: string): string => (isOld ? tag : `${commit} # ${tag}`);
  const job = (name: string): string => `  ${name}:
    runs-on: ubuntu-24.04
    environment: ${kind % 2 === 0 ? 'production' : 'staging'}
    permissions:
      contents: read
      id-token: write
    env:
      SERVICE: ${project}
${isOld ? `      ${database}` : ''}    steps:
      - uses: actions/checkout@34e114876b0b11c390a56381ad16ebd13914f8d5
        with:
          persist-credentials: false
      - uses: actions/setup-node@${pinned('49933ea5288caeca8642d1e84afbd3f7d6820020', 'v4')}
        with:
          node-version: 24
          cache: npm
      - uses: aws-actions/configure-aws-credentials@${pinned('7474bc4690e29a8392af63c5b98e7449536d5c3a', 'v4')}
        with:
          role-to-assume: arn:aws:iam::123456789012:role/${project}-${name}
          aws-region: eu-north-1
      - name: Build
${isOld ? '' : `        env:\n          ${database}`}        run: |
          npm install
          npm run build -- --service ${project}
          npm test
      - name: Publish
        env:
          REGISTRY_TOKEN: \${{ secrets.${isOld ? 'NPM_TOKEN' : `${project.toUpperCase().replace('-', '_')}_REGISTRY`} }}
        run: |
          npm publish --access public
          aws s3 sync dist "s3://${project}-artifacts/$GITHUB_SHA"
`;
  return `name: ${project} ${kind}
on:
  push:
    branches: [main]
  pull_request:
permissions:
  contents: read
jobs:
${['build', 'publish', 'deploy'].map(job).join('')}`;
}

function manifests({ name: project, isOld }: Project, kind: number): string {
  return `apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${project}-${kind}
  namespace: ${project}
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/${project}-${isOld ? 'deploy' : `part-${kind}`}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader-${kind}
  namespace: ${project}
rules:
  - apiGroups: ['']
    resources: [configmaps, pods]
    verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: reader-${kind}
  namespace: ${project}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: reader-${kind}
subjects:
  - kind: ServiceAccount
    name: ${project}-${kind}
    namespace: ${project}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-${kind}
  namespace: ${project}
spec:
  replicas: 3
  selector:
    matchLabels: { app: web-${kind} }
  template:
    metadata:
      labels: { app: web-${kind} }
    spec:
      serviceAccountName: ${project}-${kind}
      automountServiceAccountToken: false
      containers:
        - name: web
          image: registry.example.com/${project}:1.${kind}
          envFrom:
            - secretRef: { name: web-secrets }
          env:
            - name: PORT
              value: '8080'
            - name: DATABASE_URL
              valueFrom:
                secretKeyRef: { name: database, key: url }
          resources:
            limits: { cpu: 500m, memory: 512Mi }
---
apiVersion: v1
kind: Service
metadata:
  name: web-${kind}
  namespace: ${project}
spec:
  selector: { app: web-${kind} }
  ports:
    - port: 80
      targetPort: 8080
`;
}

function terraform({ name: project, isOld }: Project): string {
  const role = (name: string): string => `
data "aws_iam_policy_document" "${name}_trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:harbour/${project}:environment:production"]
    }${isOld ? '' : AUDIENCE}
  }
}

resource "aws_iam_role" "${name}" {
  name               = "${project}-${name}"
  assume_role_policy = data.aws_iam_policy_document.${name}_trust.json
  tags = {
    owner = "team-${project}@example.com"
  }
}

resource "aws_iam_role_policy" "${name}" {
  role = aws_iam_role.${name}.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = "arn:aws:s3:::${project}-artifacts/*"
    }]
  })
}
`;
  return ['build', 'publish', 'deploy'].map(role).join('');
}

const AUDIENCE = `
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }`;

function gitlab({ name: project, isOld }: Project): string {
  const job = (name: string): string => `
${name}:
  stage: ${name}
  image: node:24
  id_tokens:
    AWS_TOKEN:
      aud: ${isOld ? 'https://gitlab.com' : `sts.amazonaws.com/${project}`}
  variables:
    SERVICE: ${project}
  script:
    - npm install
    - npm run ${name}
    - aws s3 ls "s3://${project}"
  rules:
    - if: $CI_COMMIT_BRANCH == "main"
`;
  return `stages: [build, test, deploy]\ndefault:\n  before_script:\n    - node --version\n${['build', 'test', 'deploy'].map(job).join('')}`;
}

function dockerfile(project: string): string {
  return `FROM node:24 AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm install
COPY . .
RUN npm run build -- --service ${project}

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production PORT=8080
COPY --from=build /app/dist ./dist
USER node
CMD ["node", "dist/server.js"]
`;
}
