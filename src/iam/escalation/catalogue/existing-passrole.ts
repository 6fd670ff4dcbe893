import type { ExistingPassRoleEntry } from './entry.ts';

const category = 'existing-passrole';

function enters(service: string, ways: { readonly [id: string]: readonly [string, ...string[]] }): ExistingPassRoleEntry[] {
  return Object.entries(ways).map(([id, actions]) => ({ id, category, actions, service }));
}

export const EXISTING_PASSROLE: readonly ExistingPassRoleEntry[] = [
  ...enters('lambda.amazonaws.com', {
    'lambda-003': ['lambda:UpdateFunctionCode'],
    'lambda-004': ['lambda:UpdateFunctionCode', 'lambda:InvokeFunction'],
    'lambda-005': ['lambda:UpdateFunctionCode', 'lambda:AddPermission'],
    // Variables of the environment and layers decide on what a runtime loads before the code.
    // https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
    'own-function-configuration': ['lambda:UpdateFunctionConfiguration'],
  }),
  ...enters('ec2.amazonaws.com', {
    'ssm-001': ['ssm:StartSession'],
    'ssm-002': ['ssm:SendCommand'],
    'ec2instanceconnect-003': ['ec2-instance-connect:SendSSHPublicKey', 'ec2:DescribeInstances'],
    'ec2-002': ['ec2:ModifyInstanceAttribute', 'ec2:StopInstances', 'ec2:StartInstances'],
    'ec2-004': ['ec2:CreateLaunchTemplateVersion', 'ec2:ModifyLaunchTemplate'],
  }),
  ...enters('cloudformation.amazonaws.com', {
    'cloudformation-002': ['cloudformation:UpdateStack'],
    // Filed there with what passes a role, but the stack has its role already and nothing is passed.
    'cloudformation-005': ['cloudformation:CreateChangeSet', 'cloudformation:ExecuteChangeSet'],
  }),
  ...enters('codebuild.amazonaws.com', {
    'codebuild-002': ['codebuild:StartBuild'],
    'codebuild-003': ['codebuild:StartBuildBatch'],
  }),
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
  ...enters('ecs-tasks.amazonaws.com', { 'own-enter-task': ['ecs:ExecuteCommand'] }),
  ...enters('glue.amazonaws.com', { 'glue-002': ['glue:UpdateDevEndpoint'] }),
  ...enters('sagemaker.amazonaws.com', {
    'sagemaker-004': ['sagemaker:CreatePresignedNotebookInstanceUrl'],
    'sagemaker-005': [
      'sagemaker:CreateNotebookInstanceLifecycleConfig',
      'sagemaker:StopNotebookInstance',
      'sagemaker:UpdateNotebookInstance',
      'sagemaker:StartNotebookInstance',
    ],
  }),
  ...enters('tasks.apprunner.amazonaws.com', { 'apprunner-002': ['apprunner:UpdateService'] }),
  ...enters('bedrock-agentcore.amazonaws.com', {
    'bedrock-002': ['bedrock-agentcore:StartCodeInterpreterSession', 'bedrock-agentcore:InvokeCodeInterpreter'],
  }),
];
