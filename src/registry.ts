import type { AnyReporter, Scanner } from './contracts/index.ts';

/**
 * The one file that knows concrete scanners and reporters. To add one: its folder, its tests, one line here.
 * File scanners are asked in this order; the first that recognises a file gets it.
 */
export async function loadScanners(): Promise<readonly Scanner[]> {
  return await Promise.all([
    import('../scanners/notebook/index.ts').then((m) => m.notebook),
    import('../scanners/agent-config/index.ts').then((m) => m.agentConfig),
    import('../scanners/github-actions/index.ts').then((m) => m.githubActions),
    import('../scanners/gitlab-ci/index.ts').then((m) => m.gitlabCi),
    import('../scanners/circleci/index.ts').then((m) => m.circleci),
    import('../scanners/travis/index.ts').then((m) => m.travis),
    import('../scanners/bitbucket-pipelines/index.ts').then((m) => m.bitbucketPipelines),
    import('../scanners/buildkite/index.ts').then((m) => m.buildkite),
    import('../scanners/drone/index.ts').then((m) => m.drone),
    import('../scanners/tekton/index.ts').then((m) => m.tekton),
    import('../scanners/argo/index.ts').then((m) => m.argo),
    import('../scanners/jenkins/index.ts').then((m) => m.jenkins),
    import('../scanners/cloud-build/index.ts').then((m) => m.cloudBuild),
    import('../scanners/codebuild/index.ts').then((m) => m.codebuild),
    import('../scanners/azure-pipelines/index.ts').then((m) => m.azurePipelines),
    import('../scanners/dockerfile/index.ts').then((m) => m.dockerfile),
    import('../scanners/compose/index.ts').then((m) => m.compose),
    import('../scanners/ansible/index.ts').then((m) => m.ansible),
    import('../scanners/terraform/index.ts').then((m) => m.terraform),
    import('../scanners/pulumi/index.ts').then((m) => m.pulumi),
    import('../scanners/cloudformation/index.ts').then((m) => m.cloudformation),
    import('../scanners/aws-iam/index.ts').then((m) => m.awsIamFiles),
    import('../scanners/aws-iam/index.ts').then((m) => m.awsIamLive),
    import('../scanners/gcp-iam/index.ts').then((m) => m.gcpIam),
    import('../scanners/gcp-iam/index.ts').then((m) => m.gcpIamLive),
    import('../scanners/entra/index.ts').then((m) => m.entraFiles),
    import('../scanners/entra/index.ts').then((m) => m.entraLive),
    import('../scanners/google-workspace/index.ts').then((m) => m.googleWorkspaceFiles),
    import('../scanners/google-workspace/index.ts').then((m) => m.googleWorkspaceLive),
    import('../scanners/okta/index.ts').then((m) => m.oktaFiles),
    import('../scanners/okta/index.ts').then((m) => m.oktaLive),
    import('../scanners/spire/index.ts').then((m) => m.spire),
    import('../scanners/postgres/index.ts').then((m) => m.postgresFiles),
    import('../scanners/postgres/index.ts').then((m) => m.postgresLive),
    import('../scanners/github/index.ts').then((m) => m.githubFiles),
    import('../scanners/github/index.ts').then((m) => m.githubLive),
    import('../scanners/kubernetes-audit/index.ts').then((m) => m.kubernetesAudit),
    import('../scanners/kubernetes/index.ts').then((m) => m.kubernetesFiles),
    import('../scanners/kubernetes/index.ts').then((m) => m.kubernetesLive),
    import('../scanners/gateway-sessions/index.ts').then((m) => m.gatewaySessions),
    import('../scanners/gateway-sessions/index.ts').then((m) => m.hoopLive),
    import('../scanners/people/index.ts').then((m) => m.people),
    // After all that read exports: whatever is left of them holds no answer.
    import('../scanners/refused-export/index.ts').then((m) => m.refusedExport),
    import('../scanners/image/index.ts').then((m) => m.image),
    import('../scanners/repository/index.ts').then((m) => m.repository),
  ]);
}

const REPORTERS: { readonly [id: string]: () => Promise<AnyReporter> } = {
  terminal: () => import('../reporters/terminal/index.ts').then((m) => m.terminal),
  json: () => import('../reporters/json/index.ts').then((m) => m.json),
  sarif: () => import('../reporters/sarif/index.ts').then((m) => m.sarif),
  csv: () => import('../reporters/csv/index.ts').then((m) => m.csv),
  html: () => import('../reporters/html/index.ts').then((m) => m.html),
  markdown: () => import('../reporters/markdown/index.ts').then((m) => m.markdown),
  audit: () => import('../reporters/audit/index.ts').then((m) => m.audit),
  'pull-request': () => import('../reporters/markdown/pull-request.ts').then((m) => m.pullRequest),
  junit: () => import('../reporters/junit/index.ts').then((m) => m.junit),
  'gitlab-secret-detection': () => import('../reporters/gitlab-secret-detection/index.ts').then((m) => m.gitlabSecretDetection),
  'gitlab-code-quality': () => import('../reporters/gitlab-code-quality/index.ts').then((m) => m.gitlabCodeQuality),
  cyclonedx: () => import('../reporters/cyclonedx/index.ts').then((m) => m.cyclonedx),
  ocsf: () => import('../reporters/ocsf/index.ts').then((m) => m.ocsf),
  opengraph: () => import('../reporters/opengraph/index.ts').then((m) => m.opengraph),
  oscal: () => import('../reporters/oscal/index.ts').then((m) => m.oscal),
};

export const REPORTER_IDS: readonly string[] = Object.keys(REPORTERS);

/** A reporter by its id; only the ones in use are loaded. `undefined` when there is none of that name. */
export async function loadReporter(id: string): Promise<AnyReporter | undefined> {
  return Object.hasOwn(REPORTERS, id) ? await REPORTERS[id]?.() : undefined;
}
