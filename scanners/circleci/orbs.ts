import type { Cloud } from '../../src/ci/cloud-keys.ts';
import { federatedIdentity } from '../../src/ci/login.ts';
import type { CiLogin, CiReference, CiStep, CiVariable } from '../../src/ci/model.ts';

/** What a step of an orb that logs in to a cloud uses. */
export interface OrbLogin {
  readonly references: readonly CiReference[];
  readonly logins: readonly CiLogin[];
  readonly federated: readonly Cloud[];
}

/** Parameters that name the variable of a key, with the name that the orb takes where none is given. */
const KEYS: readonly {
  readonly step: RegExp;
  readonly cloud: Cloud;
  readonly keys: readonly (readonly [input: RegExp, fallback: string])[];
  readonly role: RegExp;
}[] = [
  // https://circleci.com/developer/orbs/orb/circleci/aws-cli
  {
    step: /^(?:aws-cli|aws-ecr|aws-ecs|aws-eks|aws-s3|aws-code-deploy|aws-serverless|eb|aws-sam-serverless|aws-cdk)\/(?!install)/,
    cloud: 'aws',
    keys: [
      [/^aws[_-]access[_-]key[_-]id$/, 'AWS_ACCESS_KEY_ID'],
      [/^aws[_-]secret[_-]access[_-]key$/, 'AWS_SECRET_ACCESS_KEY'],
    ],
    role: /^role[_-]arn$/,
  },
  // https://circleci.com/developer/orbs/orb/circleci/gcp-cli
  {
    step: /^(?:gcp-cli|gcp-gcr|gcp-gke|gcp-cloud-run|gcp-artifact-registry|google-cloud-\w+)\/(?!install)/,
    cloud: 'gcp',
    keys: [[/^gcloud[_-]service[_-]key$/, 'GCLOUD_SERVICE_KEY']],
    role: /^(?:use[_-]oidc|workload[_-]identity[_-]pool[_-]id|gcp[_-]cred[_-]config[_-]file[_-]path)$/,
  },
  // https://circleci.com/developer/orbs/orb/circleci/azure-cli
  {
    step: /^azure-cli\/login-with-(?:service-principal|user)/,
    cloud: 'azure',
    keys: [[/^azure-sp-password$|^azure-password$/, 'AZURE_SP_PASSWORD']],
    role: /^federated-token$/,
  },
];

export function orbLogin(step: CiStep): OrbLogin | undefined {
  const known = KEYS.find((one) => one.step.test(step.name));
  if (known === undefined) return undefined;
  const role = step.inputs.find(({ name, value }) => known.role.test(name) && value.value !== '' && value.value !== 'false');
  if (role !== undefined) return federated(role, known.cloud, step);
  // Jobs of orbs log in through steps that the caller hands over.
  if (!/\/(?:setup|initialize|assume_role|build|push|ecr|login)/.test(step.name)) return undefined;
  const references = known.keys.map(([input, fallback]): CiReference => {
    const given = step.inputs.find(({ name }) => input.test(name));
    const name = given?.value.value.replace(/^\$\{?(\w+)\}?$/, '$1') ?? fallback;
    return {
      name: /^\w+$/.test(name) && name !== '' ? name : fallback,
      place: given?.value ?? placeOf(step),
      position: 'with',
      how: 'static-key',
      cloud: known.cloud,
      inputs: given === undefined ? [] : [given.name],
      steps: [step],
    };
  });
  return { references, logins: [], federated: [] };
}

function federated(role: CiVariable, cloud: Cloud, step: CiStep): OrbLogin {
  const identity = cloud === 'aws' ? federatedIdentity('aws', role.value.value) : undefined;
  const variable = /^\$\{?(?<name>\w+)\}?$/.exec(role.value.value)?.groups?.name;
  return {
    logins: identity === undefined ? [] : [{ cloud, identity, place: role.value, how: 'oidc', step }],
    references:
      variable === undefined ? [] : [{ name: variable, place: role.value, position: 'with', how: 'oidc', cloud, steps: [step] }],
    federated: [cloud],
  };
}

function placeOf(step: CiStep) {
  return step.inputs[0]?.value ?? step.at ?? { start: 0, end: 0, pointer: '' };
}
