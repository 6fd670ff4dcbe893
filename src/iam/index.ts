/** AWS IAM policies read and judged, as pure functions; and exports read as they come. */
export { type Capability, confidenceOf, decideAdmin, deriveCapabilities, resourceText, somewhere } from './capability.ts';
export {
  type ConditionScope,
  type Judgement,
  judgeCondition,
  type RequestContext,
  type Truth,
} from './condition.ts';
export {
  type ConditionTest,
  type DocumentResult,
  type PolicyDocument,
  type Principal,
  readPolicyDocument,
  type Statement,
  statementName,
} from './document.ts';
export { findEscalations, type JudgedEstate, judgeEstate } from './escalation.ts';
export { type Deciding, type Decision, decide, type Request } from './evaluate.ts';
export { type Broken, type JsonValues, readJsonValues } from './json-values.ts';
export { createJudge, type Judge } from './judge.ts';
export { type KnownPolicy, knownManagedPolicy } from './managed-policies.ts';
export { commonText, compilePattern, matches, type Pattern } from './pattern.ts';
export { type Estate, type Group, type Limit, type ManagedPolicy, type Policy, policyPath, type Subject } from './subject.ts';
export { readTrust, type TrustEntry } from './trust.ts';
