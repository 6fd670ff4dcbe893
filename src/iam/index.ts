/** AWS IAM policies read and judged, as pure functions; and exports read as they come. */
export { awsAccountOf } from '../util/aws-account.ts';
export { decideAny, whoCan } from './ask.ts';
export type { Capability } from './capability.ts';
export { type PolicyDocument, readPolicyDocument } from './document.ts';
export { decide, type Request } from './evaluate.ts';
export { createJudge } from './judge.ts';
export { knownManagedPolicy } from './managed-policies.ts';
export { type Organisation, organisationLimits } from './organisation.ts';
export { commonText, compilePattern, matches } from './pattern.ts';
export { RESOURCE_POLICY, type Resource, Resources } from './resources.ts';
export type { Estate, Group, Limit, ManagedPolicy, Policy, Subject } from './subject.ts';
export { type TrimmedPolicy, trimPolicies, type Usage } from './trim.ts';
export { readTrust, type TrustEntry, trustingOf } from './trust.ts';
export { grantedBy } from './ways.ts';
