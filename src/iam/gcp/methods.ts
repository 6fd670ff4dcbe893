/** One way to become a service account, or to raise one's own rights. */
export interface Method {
  readonly id: string;
  /** Permissions on the account itself, or inherited from above it. */
  readonly onAccount: readonly string[];
  /** Permissions in the account's project, or inherited from above it; of an inner list any one will do. */
  readonly inProject: readonly (string | readonly string[])[];
  /** Whom code then runs as; absent: the account that is named. */
  readonly runsAs?: 'cloud-services' | 'cloud-build';
  /** What is done, as it stands before the account's name. */
  readonly does: string;
}

const ACT_AS = 'iam.serviceAccounts.actAs';
const CALL = ['cloudfunctions.functions.call', 'cloudfunctions.functions.invoke'];

/**
 * Ways to a service account, the most direct first. The facts are those of Rhino Security Labs' list
 * (https://github.com/RhinoSecurityLabs/GCP-IAM-Privilege-Escalation); the ways below "newer" follow the same pattern: who may start
 * something that runs as an account has it. The methods that need no account are in `escalation.ts`.
 */
export const METHODS: readonly Method[] = [
  { id: 'set-account-policy', onAccount: ['iam.serviceAccounts.setIamPolicy'], inProject: [], does: 'lets itself become' },
  { id: 'get-access-token', onAccount: ['iam.serviceAccounts.getAccessToken'], inProject: [], does: 'mints access tokens of' },
  { id: 'create-key', onAccount: ['iam.serviceAccountKeys.create'], inProject: [], does: 'makes a key of' },
  { id: 'sign-jwt', onAccount: ['iam.serviceAccounts.signJwt'], inProject: [], does: 'signs tokens as' },
  { id: 'sign-blob', onAccount: ['iam.serviceAccounts.signBlob'], inProject: [], does: 'signs tokens as' },
  {
    id: 'function-create-call',
    onAccount: [ACT_AS],
    inProject: ['cloudfunctions.functions.create', 'cloudfunctions.functions.sourceCodeSet', CALL],
    does: 'deploys and calls a function that runs as',
  },
  {
    id: 'function-create-public',
    onAccount: [ACT_AS],
    inProject: [
      'cloudfunctions.functions.create',
      'cloudfunctions.functions.sourceCodeSet',
      'cloudfunctions.functions.setIamPolicy',
    ],
    does: 'deploys and opens a function that runs as',
  },
  {
    id: 'function-update',
    onAccount: [ACT_AS],
    inProject: ['cloudfunctions.functions.update', 'cloudfunctions.functions.sourceCodeSet'],
    does: 'changes the code of a function to run as',
  },
  {
    id: 'run-service-call',
    onAccount: [ACT_AS],
    inProject: ['run.services.create', 'run.routes.invoke'],
    does: 'deploys and calls a Cloud Run service that runs as',
  },
  {
    id: 'run-service-public',
    onAccount: [ACT_AS],
    inProject: ['run.services.create', 'run.services.setIamPolicy'],
    does: 'deploys and opens a Cloud Run service that runs as',
  },
  {
    id: 'instance-create',
    onAccount: [ACT_AS],
    inProject: [
      'compute.instances.create',
      'compute.instances.setServiceAccount',
      'compute.instances.setMetadata',
      'compute.disks.create',
      'compute.subnetworks.use',
    ],
    does: 'starts a machine that runs as',
  },
  {
    id: 'scheduler-job',
    onAccount: [ACT_AS],
    inProject: ['cloudscheduler.jobs.create', 'cloudscheduler.locations.list'],
    does: 'schedules a call that carries a token of',
  },
  { id: 'build-as', onAccount: [ACT_AS], inProject: ['cloudbuild.builds.create'], does: 'runs a build as' },
  // Newer ones of the same kind.
  { id: 'run-job', onAccount: [ACT_AS], inProject: ['run.jobs.create', 'run.jobs.run'], does: 'runs a Cloud Run job as' },
  { id: 'dataflow-job', onAccount: [ACT_AS], inProject: ['dataflow.jobs.create'], does: 'runs a Dataflow job as' },
  {
    id: 'dataproc-cluster',
    onAccount: [ACT_AS],
    inProject: ['dataproc.clusters.create'],
    does: 'starts a Dataproc cluster that runs as',
  },
  {
    id: 'composer',
    onAccount: [ACT_AS],
    inProject: ['composer.environments.create'],
    does: 'starts a Composer environment that runs as',
  },
  { id: 'notebook', onAccount: [ACT_AS], inProject: ['notebooks.instances.create'], does: 'starts a notebook that runs as' },
  { id: 'custom-job', onAccount: [ACT_AS], inProject: ['aiplatform.customJobs.create'], does: 'runs a training job as' },
  { id: 'workflow', onAccount: [ACT_AS], inProject: ['workflows.workflows.create'], does: 'deploys a workflow that runs as' },
  // Code runs as an account of Google's choice.
  {
    id: 'deployment-manager',
    onAccount: [],
    inProject: ['deploymentmanager.deployments.create'],
    runsAs: 'cloud-services',
    does: 'makes a deployment, which is done by',
  },
  {
    id: 'build',
    onAccount: [],
    inProject: ['cloudbuild.builds.create'],
    runsAs: 'cloud-build',
    does: 'runs a build, which runs as',
  },
];

/** Of these some start code in another project than that of the account, where the organisation lets them. */
export const ACROSS: readonly Method[] = METHODS.filter(
  ({ id, onAccount }) => onAccount.includes(ACT_AS) && /^(?:function|run|workflow)/.test(id),
);

/** Through an account that may mint tokens of the next. */
export const DELEGATION: Method = {
  id: 'implicit-delegation',
  onAccount: ['iam.serviceAccounts.implicitDelegation'],
  inProject: [],
  does: 'mints tokens through',
};

/** Whatever starts something that runs as a chosen account. */
export const STARTS: readonly string[] = METHODS.filter(({ onAccount }) => onAccount.includes(ACT_AS)).flatMap(
  ({ inProject }) => {
    const [first] = inProject;
    return typeof first === 'string' ? [first] : [];
  },
);
