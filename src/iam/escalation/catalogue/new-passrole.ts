import type { NewPassRoleEntry } from './entry.ts';

const category = 'new-passrole';
const EC2 = 'ec2.amazonaws.com';

function starts(
  service: string,
  ways: { readonly [id: string]: readonly [string, ...string[]] },
  needs: Pick<NewPassRoleEntry, 'profile' | 'isProbable'> = {},
): NewPassRoleEntry[] {
  return Object.entries(ways).map(([id, actions]) => ({ id, category, actions, service, ...needs }));
}

export const NEW_PASSROLE: readonly NewPassRoleEntry[] = [
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
  ...starts(
    EC2,
    {
      'ec2-001': ['ec2:RunInstances'],
      'ec2-003': ['ec2:RequestSpotInstances'],
      'own-launch-configuration': ['autoscaling:CreateLaunchConfiguration', 'autoscaling:CreateAutoScalingGroup'],
      'own-launch-template': ['ec2:CreateLaunchTemplate', 'autoscaling:CreateAutoScalingGroup'],
    },
    { profile: true },
  ),
  ...starts(
    EC2,
    {
      'own-associate-instance-profile': ['ec2:AssociateIamInstanceProfile', 'ssm:StartSession'],
      'own-associate-instance-profile-command': ['ec2:AssociateIamInstanceProfile', 'ssm:SendCommand'],
      'own-replace-instance-profile': ['ec2:ReplaceIamInstanceProfileAssociation', 'ssm:StartSession'],
      'own-replace-instance-profile-command': ['ec2:ReplaceIamInstanceProfileAssociation', 'ssm:SendCommand'],
      'own-emr-job-flow': ['elasticmapreduce:RunJobFlow'],
    },
    { profile: true, isProbable: true },
  ),
  ...starts(EC2, {
    'own-create-instance-profile': ['iam:CreateInstanceProfile', 'iam:AddRoleToInstanceProfile', 'ec2:RunInstances'],
  }),
  ...starts('lambda.amazonaws.com', {
    'lambda-001': ['lambda:CreateFunction', 'lambda:InvokeFunction'],
    'lambda-002': ['lambda:CreateFunction', 'lambda:CreateEventSourceMapping'],
    'lambda-006': ['lambda:CreateFunction', 'lambda:AddPermission'],
  }),
  ...starts('cloudformation.amazonaws.com', {
    'cloudformation-001': ['cloudformation:CreateStack'],
    'cloudformation-003': ['cloudformation:CreateStackSet', 'cloudformation:CreateStackInstances'],
    'cloudformation-004': ['cloudformation:UpdateStackSet'],
  }),
  ...starts('codebuild.amazonaws.com', {
    'codebuild-001': ['codebuild:CreateProject', 'codebuild:StartBuild'],
    'codebuild-004': ['codebuild:CreateProject', 'codebuild:StartBuildBatch'],
  }),
  ...starts('ecs-tasks.amazonaws.com', {
    'ecs-004': ['ecs:RegisterTaskDefinition', 'ecs:RunTask'],
    'ecs-003': ['ecs:RegisterTaskDefinition', 'ecs:CreateService'],
    'ecs-005': ['ecs:RegisterTaskDefinition', 'ecs:StartTask'],
    'ecs-002': ['ecs:CreateCluster', 'ecs:RegisterTaskDefinition', 'ecs:RunTask'],
    'ecs-001': ['ecs:CreateCluster', 'ecs:RegisterTaskDefinition', 'ecs:CreateService'],
  }),
  ...starts(
    'ecs-tasks.amazonaws.com',
    { 'own-batch-job': ['batch:RegisterJobDefinition', 'batch:SubmitJob'] },
    { isProbable: true },
  ),
  ...starts('states.amazonaws.com', { 'own-state-machine': ['states:CreateStateMachine', 'states:StartExecution'] }),
  ...starts('scheduler.amazonaws.com', { 'own-schedule': ['scheduler:CreateSchedule'] }),
  ...starts('ssm.amazonaws.com', { 'own-automation': ['ssm:CreateDocument', 'ssm:StartAutomationExecution'] }),
  // With a certificate authority of its own. https://docs.aws.amazon.com/rolesanywhere/latest/userguide/getting-started.html
  ...starts('rolesanywhere.amazonaws.com', {
    'own-roles-anywhere': ['rolesanywhere:CreateTrustAnchor', 'rolesanywhere:CreateProfile'],
  }),
  ...starts('glue.amazonaws.com', {
    'glue-001': ['glue:CreateDevEndpoint'],
    'glue-003': ['glue:CreateJob', 'glue:StartJobRun'],
    'glue-004': ['glue:CreateJob', 'glue:CreateTrigger'],
    'glue-005': ['glue:UpdateJob', 'glue:StartJobRun'],
    'glue-006': ['glue:UpdateJob', 'glue:CreateTrigger'],
  }),
  ...starts('sagemaker.amazonaws.com', {
    'sagemaker-001': ['sagemaker:CreateNotebookInstance'],
    'sagemaker-002': ['sagemaker:CreateTrainingJob'],
    'sagemaker-003': ['sagemaker:CreateProcessingJob'],
  }),
  ...starts('tasks.apprunner.amazonaws.com', { 'apprunner-001': ['apprunner:CreateService'] }),
  ...starts('bedrock-agentcore.amazonaws.com', {
    'bedrock-001': [
      'bedrock-agentcore:CreateCodeInterpreter',
      'bedrock-agentcore:StartCodeInterpreterSession',
      'bedrock-agentcore:InvokeCodeInterpreter',
    ],
  }),
  ...starts('datapipeline.amazonaws.com', {
    'datapipeline-001': ['datapipeline:CreatePipeline', 'datapipeline:PutPipelineDefinition', 'datapipeline:ActivatePipeline'],
  }),
];
