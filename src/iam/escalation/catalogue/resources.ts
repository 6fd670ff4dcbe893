/**
 * What the calls of the catalogue work on; a call that is not here takes no resource, so that only `*` allows it.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/
 */
const SHAPES: { readonly [shape: string]: readonly string[] } = {
  'arn:{partition}:ec2:*:{account}:instance/*': [
    'ec2:RunInstances',
    'ec2:ModifyInstanceAttribute',
    'ec2:StopInstances',
    'ec2:StartInstances',
    'ec2-instance-connect:SendSSHPublicKey',
    'ec2:AssociateIamInstanceProfile',
    'ec2:ReplaceIamInstanceProfileAssociation',
    'ssm:StartSession',
    'ssm:SendCommand',
  ],
  'arn:{partition}:ec2:*:{account}:spot-instances-request/*': ['ec2:RequestSpotInstances'],
  'arn:{partition}:ec2:*:{account}:launch-template/*': [
    'ec2:CreateLaunchTemplate',
    'ec2:CreateLaunchTemplateVersion',
    'ec2:ModifyLaunchTemplate',
  ],
  'arn:{partition}:iam::{account}:instance-profile/*': ['iam:CreateInstanceProfile', 'iam:AddRoleToInstanceProfile'],
  'arn:{partition}:autoscaling:*:{account}:launchConfiguration:*:launchConfigurationName/*': [
    'autoscaling:CreateLaunchConfiguration',
  ],
  'arn:{partition}:autoscaling:*:{account}:autoScalingGroup:*:autoScalingGroupName/*': ['autoscaling:CreateAutoScalingGroup'],
  'arn:{partition}:states:*:{account}:stateMachine:*': ['states:CreateStateMachine', 'states:StartExecution'],
  'arn:{partition}:scheduler:*:{account}:schedule/*/*': ['scheduler:CreateSchedule'],
  'arn:{partition}:ssm:*:{account}:document/*': ['ssm:CreateDocument'],
  'arn:{partition}:ssm:*:{account}:automation-definition/*:*': ['ssm:StartAutomationExecution'],
  'arn:{partition}:batch:*:{account}:job-definition/*': ['batch:RegisterJobDefinition', 'batch:SubmitJob'],
  'arn:{partition}:lambda:*:{account}:function:*': [
    'lambda:CreateFunction',
    'lambda:InvokeFunction',
    'lambda:AddPermission',
    'lambda:UpdateFunctionCode',
    'lambda:UpdateFunctionConfiguration',
  ],
  'arn:{partition}:cloudformation:*:{account}:stack/*/*': [
    'cloudformation:CreateStack',
    'cloudformation:UpdateStack',
    'cloudformation:CreateChangeSet',
    'cloudformation:ExecuteChangeSet',
  ],
  'arn:{partition}:cloudformation:*:{account}:stackset/*:*': [
    'cloudformation:CreateStackInstances',
    'cloudformation:UpdateStackSet',
  ],
  'arn:{partition}:codebuild:*:{account}:project/*': [
    'codebuild:CreateProject',
    'codebuild:StartBuild',
    'codebuild:StartBuildBatch',
  ],
  'arn:{partition}:datapipeline:*:{account}:pipeline/*': ['datapipeline:PutPipelineDefinition', 'datapipeline:ActivatePipeline'],
  'arn:{partition}:ecs:*:{account}:cluster/*': ['ecs:CreateCluster'],
  'arn:{partition}:ecs:*:{account}:service/*': ['ecs:CreateService'],
  'arn:{partition}:ecs:*:{account}:task/*': ['ecs:ExecuteCommand'],
  'arn:{partition}:ecs:*:{account}:task-definition/*:*': ['ecs:RegisterTaskDefinition', 'ecs:RunTask', 'ecs:StartTask'],
  'arn:{partition}:glue:*:{account}:job/*': ['glue:CreateJob', 'glue:UpdateJob', 'glue:StartJobRun'],
  'arn:{partition}:glue:*:{account}:trigger/*': ['glue:CreateTrigger'],
  'arn:{partition}:glue:*:{account}:devEndpoint/*': ['glue:UpdateDevEndpoint'],
  'arn:{partition}:sagemaker:*:{account}:notebook-instance/*': [
    'sagemaker:CreateNotebookInstance',
    'sagemaker:CreatePresignedNotebookInstanceUrl',
    'sagemaker:StopNotebookInstance',
    'sagemaker:UpdateNotebookInstance',
    'sagemaker:StartNotebookInstance',
  ],
  'arn:{partition}:sagemaker:*:{account}:notebook-instance-lifecycle-config/*': [
    'sagemaker:CreateNotebookInstanceLifecycleConfig',
  ],
  'arn:{partition}:sagemaker:*:{account}:training-job/*': ['sagemaker:CreateTrainingJob'],
  'arn:{partition}:sagemaker:*:{account}:processing-job/*': ['sagemaker:CreateProcessingJob'],
  'arn:{partition}:apprunner:*:{account}:service/*': ['apprunner:CreateService', 'apprunner:UpdateService'],
  // One of the customer's; those that AWS offers to all run as nobody.
  'arn:{partition}:bedrock-agentcore:*:{account}:code-interpreter-custom/*': [
    'bedrock-agentcore:StartCodeInterpreterSession',
    'bedrock-agentcore:InvokeCodeInterpreter',
  ],
};

const BY_ACTION: ReadonlyMap<string, string> = new Map(
  Object.entries(SHAPES).flatMap(([shape, actions]) => actions.map((action) => [action, shape] as const)),
);

/** Only a pattern that matches everything matches what a call without resource is asked with. */
const NO_RESOURCE = '*';

export function resourceShape(action: string): string {
  return BY_ACTION.get(action) ?? NO_RESOURCE;
}
