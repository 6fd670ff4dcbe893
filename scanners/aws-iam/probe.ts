import type { LiveCall, Probed, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { openSession, probeCalls } from '../../src/live/index.ts';
import { openIam } from './api.ts';
import { askCaller } from './api-account.ts';
import { openAnalyzer } from './api-analyzer.ts';
import { openOrganisation } from './api-organisation.ts';
import { listCalls } from './calls.ts';
import { explainLive } from './failure.ts';

/** Answers that come after the right was found to be there: what was asked about does not exist, or is not ready. */
const HAS_RIGHT =
  /^(?:NoSuchEntity(?:Exception)?|ResourceNotFoundException|ReportNotPresent|CredentialReportNotPresentException|CredentialReportNotReadyException|ReportInProgress|InvalidInput(?:Exception)?|ValidationError|ValidationException|ParentNotFoundException|PolicyNotFoundException|TargetNotFoundException|AWSOrganizationsNotInUseException|PolicyTypeNotEnabledException)$/;

/** Nobody's: IAM, Organizations and Access Analyzer look at the right before they look for it. */
const NO_ROOT = 'r-0000';
const NO_POLICY = 'p-00000000';
const NO_ACCOUNT = '000000000000';

/** Tries each right with the smallest call there is. After credentials that are not accepted nothing more is asked. */
export async function* probeAccount(target: ServiceTarget, context: ScanContext): AsyncIterable<Probed> {
  const { address: profile } = target;
  const iam = await openIam(profile, context);
  const organisation = await openOrganisation(profile, context);
  const analyzer = await openAnalyzer(profile, context);
  const asks: { readonly [operation: string]: () => Promise<unknown> } = {
    'sts:GetCallerIdentity': () => askCaller(profile, context),
    'organizations:DescribeOrganization': () => organisation.describe(),
    'organizations:ListRoots': () => organisation.roots(),
    'organizations:ListOrganizationalUnitsForParent': () => organisation.units(NO_ROOT),
    'organizations:ListAccountsForParent': () => organisation.accounts(NO_ROOT),
    'organizations:ListPolicies': () => organisation.policies('SERVICE_CONTROL_POLICY'),
    'organizations:DescribePolicy': () => organisation.policy(NO_POLICY),
    'organizations:ListTargetsForPolicy': () => organisation.targets(NO_POLICY),
    'organizations:ListTagsForResource': () => organisation.tags(NO_ACCOUNT),
    'access-analyzer:ListAnalyzers': () => analyzer.analyzers(),
    'access-analyzer:ListFindingsV2': () => analyzer.findings(noAnalyzer()),
    'access-analyzer:GetFindingV2': () => analyzer.finding(noAnalyzer(), '00000000-0000-0000-0000-000000000000'),
  };
  const session = openSession({ context, target, surface: 'aws', service: 'AWS', explain: explainLive });
  const calls = listCalls(target, context.env);
  let answer: unknown;
  const ask = async ({ host, operation }: LiveCall) => {
    context.contacts(host);
    answer = undefined;
    try {
      answer = await (asks[operation] ?? (() => iam.try(operation)))();
    } catch (error) {
      if (!(error instanceof Error && HAS_RIGHT.test(error.name))) throw error;
    }
  };
  try {
    for await (const probed of probeCalls(session, calls, ask))
      yield probed.outcome === 'ok' ? { ...probed, ...skewOf(answer) } : probed;
  } finally {
    iam.close();
    organisation.close();
    analyzer.close();
  }
}

function skewOf(answer: unknown): { readonly why?: string } {
  if (typeof answer !== 'object' || answer === null || !('clockSkewMs' in answer)) return {};
  const minutes = Math.round(Number(answer.clockSkewMs) / 60_000);
  return minutes === 0
    ? {}
    : { why: `the clock of this machine is ${Math.abs(minutes)} minutes ${minutes > 0 ? 'behind' : 'ahead of'} that of AWS` };
}

function noAnalyzer(): string {
  return `arn:aws:access-analyzer:us-east-1:${NO_ACCOUNT}:analyzer/nhi-audit-doctor`;
}
