import type { Evidence, Finding, FindingStatus } from '../../src/contracts/finding.ts';
import type { CredentialView, GrantedView } from '../../src/contracts/report-parts.ts';
import type { IdentityView, Report } from '../../src/contracts/reporter.ts';
import { acceptanceText } from '../../src/util/acceptance-text.ts';
import { some } from '../../src/util/json-pieces.ts';
import { relativeParts } from '../../src/util/places.ts';
import { placeText } from '../../src/util/report-text.ts';
import { type ACTIVITIES, type ClassName, classOf, kindOf, owaspIds, severityOf } from './classes.ts';
import { text, time, when } from './values.ts';

const EVIDENCE_MAX = 50;
const CREDENTIALS_MAX = 100;

/** What is known beside findings, by the id of the identity. */
export interface Known {
  readonly identities: ReadonlyMap<string, IdentityView>;
  readonly credentials: ReadonlyMap<string, readonly CredentialView[]>;
  readonly granted: ReadonlyMap<string, readonly GrantedView[]>;
  readonly checks: ReadonlyMap<string, Report['checks'][number]>;
}

interface State {
  readonly activity: keyof typeof ACTIVITIES;
  readonly status_id: number;
  readonly status: string;
}

/** Nobody reviewed what is merely still there: it stays `New`. What was not observed is not known to be resolved. */
const STATES: { readonly [status in FindingStatus]: State } = {
  new: { activity: 'create', status_id: 1, status: 'New' },
  open: { activity: 'update', status_id: 1, status: 'New' },
  excepted: { activity: 'update', status_id: 3, status: 'Suppressed' },
  fixed: { activity: 'close', status_id: 4, status: 'Resolved' },
  'not-observed': { activity: 'update', status_id: 99, status: 'Not observed' },
};
const CONFIDENCE = { low: 1, medium: 2, high: 3 } as const;

export function findingEvent(finding: Finding, known: Known, common: (name: ClassName, key: string) => object): object {
  const { acceptedBy, identity, status } = finding;
  const check = known.checks.get(finding.rule);
  const name = classOf(finding, check?.meta.about);
  const { activity, ...state } = STATES[status];
  const view = identity === undefined ? undefined : known.identities.get(identity);
  const isOpen = status === 'new' || status === 'open';
  return {
    ...kindOf(name, activity),
    ...severityOf(finding.severity),
    ...state,
    ...when('status_detail', acceptedBy === undefined ? undefined : text(acceptanceText(acceptedBy))),
    ...common(name, finding.fingerprint),
    confidence_id: CONFIDENCE[finding.confidence],
    confidence: `${finding.confidence.charAt(0).toUpperCase()}${finding.confidence.slice(1)}`,
    is_alert: isOpen,
    message: text(finding.message),
    finding_info: {
      uid: text(finding.fingerprint),
      title: text(finding.title),
      desc: text(finding.message),
      analytic: {
        uid: finding.rule,
        name: text(check?.meta.title ?? finding.title),
        type_id: 1,
        type: 'Rule',
      },
      ...some('types', owaspIds(finding)),
      ...when('created_time', time(finding.firstSeen)),
      ...when('first_seen_time', time(finding.firstSeen)),
      ...when('last_seen_time', time(finding.lastSeen)),
      ...(finding.controls.length === 0
        ? {}
        : { tags: [{ name: 'controls', values: finding.controls.map((one) => text(one)) }] }),
      // The class has no evidences of its own.
      ...(name === 'iam' ? some('related_events', finding.evidence.slice(0, EVIDENCE_MAX).map(relatedOf)) : {}),
    },
    remediation: { desc: text(finding.fix), ...some('references', check?.meta.references ?? []) },
    resources: resourcesOf(finding, view),
    ...(name === 'iam'
      ? analysisOf(finding, view, known)
      : some('evidences', finding.evidence.slice(0, EVIDENCE_MAX).map(evidenceOf))),
    unmapped: { finding_status: status, persona: finding.persona, evidence_count: finding.evidence.length },
  };
}

function resourcesOf(finding: Finding, view: IdentityView | undefined): object[] {
  const { identity, credential, subject } = finding;
  const resources: object[] = [];
  if (identity !== undefined) {
    resources.push({
      uid: text(identity),
      name: text(view?.name ?? identity),
      type: text(view === undefined ? 'identity' : `${view.provider} ${view.type}`),
      role_id: 3,
      role: 'Affected',
      ...when('namespace', view?.scope === undefined ? undefined : text(view.scope)),
      ...(view?.owner === undefined ? {} : { owner: { name: text(view.owner) } }),
      ...(view?.environment === undefined ? {} : { labels: [text(`environment:${view.environment}`)] }),
    });
  }
  if (credential !== undefined) {
    const name = identity === undefined ? subject : credential;
    resources.push({ uid: text(credential), name: text(name), type: 'credential', role_id: 3, role: 'Affected' });
  }
  if (resources.length === 0) resources.push({ name: text(subject), role_id: 3, role: 'Affected' });
  return resources;
}

/** The identity as the class wants it: who, when it was active, what it holds, what it was granted and used. */
function analysisOf(finding: Finding, view: IdentityView | undefined, known: Known): object {
  const identity = finding.identity ?? '';
  const credentials = (known.credentials.get(identity) ?? []).slice(0, CREDENTIALS_MAX).map(credentialOf);
  const results = (known.granted.get(identity) ?? []).map(grantedOf);
  // Where no comparison was made, what its rights amount to is still a result.
  const rights =
    results.length > 0 || view === undefined || view.capabilities.length === 0
      ? results
      : [{ granted_privileges: view.capabilities.map((one) => text(one)) }];
  return {
    user: {
      uid: text(identity),
      name: text(view?.name ?? identity),
      type_id: 4,
      type: 'Service',
      ...(view?.scope === undefined ? {} : { account: { uid: text(view.scope) } }),
    },
    identity_activity_metrics: {
      // Made then; where nobody says when, it was there at the latest when we first saw it.
      ...when('first_seen_time', time(view?.createdAt) ?? time(finding.firstSeen)),
      ...when('last_seen_time', time(view?.lastUsedAt)),
      ...some('programmatic_credentials', credentials),
    },
    ...some('permission_analysis_results', rights),
  };
}

function credentialOf({ id, publicId, type, lastUsedAt }: CredentialView): object {
  return { uid: text(publicId ?? id), type: text(type), ...when('last_used_time', time(lastUsedAt)) };
}

/** Two sides of one identity are two results: what the gateway lets it do, and what the account behind may do. */
function grantedOf({ granted, used, side }: GrantedView): object {
  return {
    policy: { name: text(side), type: text(side) },
    analyzed_privileges_count: granted,
    unused_privileges_count: Math.max(0, granted - used),
  };
}

function relatedOf({ observation, kind, summary, at }: Evidence): object {
  const place = at === undefined ? '' : placeText(at);
  return { uid: text(observation), type: text(kind), desc: text(place === '' ? summary : `${summary} (${place})`) };
}

function evidenceOf({ observation, kind, summary, at }: Evidence): object {
  const parts = at?.path === undefined ? [] : relativeParts(at.path);
  const place = at === undefined ? '' : text(placeText(at));
  return {
    uid: text(observation),
    name: text(kind),
    ...(parts.length === 0
      ? {}
      : { file: { name: text(parts.at(-1) ?? ''), path: text(parts.join('/')), type_id: 1, type: 'Regular File' } }),
    data: {
      summary: text(summary),
      ...(place === '-' || place === '' ? {} : { place }),
      ...when('repository', at?.repository === undefined ? undefined : text(at.repository)),
      ...when('line', at?.line),
      ...when('commit', at?.commit === undefined ? undefined : text(at.commit)),
      ...when('at_head', at?.atHead),
    },
  };
}
