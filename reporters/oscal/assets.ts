import { SURFACES } from '../../src/contracts/observation.ts';
import type { IdentityView, Report } from '../../src/contracts/reporter.ts';
import { judgedWithoutText } from '../../src/util/judged-without.ts';
import { absentText, count, hiddenText, summariseCoverage } from '../../src/util/report-text.ts';
import { jsonText } from '../../src/util/sanitize.ts';
import { uuidOf } from '../../src/util/uuid.ts';
import { identityUuid } from './findings.ts';
import { NAMESPACE, plain, props, prose } from './words.ts';

/** The published schema that the output is tested with: http://csrc.nist.gov/ns/oscal/1.2.1/oscal-ar-schema.json */
export const OSCAL_VERSION = '1.2.1';

/** Who says so: this program. */
export function toolOrigin(report: Report): object {
  return { actors: [{ type: 'tool', 'actor-uuid': toolUuid(report) }] };
}

function toolUuid({ run }: Report): string {
  return uuidOf('oscal/tool', run.toolVersion);
}

export function metadata({ run }: Report, title: string): object {
  return {
    title,
    'last-modified': run.finishedAt,
    version: plain(run.id),
    'oscal-version': OSCAL_VERSION,
  };
}

export function assessmentAssets(report: Report): object {
  const { run } = report;
  return {
    components: [
      {
        uuid: toolUuid(report),
        type: 'software',
        title: 'nhi-audit',
        description: 'Finds and audits non-human identities; reads only.',
        ...props({ version: run.toolVersion, engine: run.engine, 'rules-digest': run.rulesDigest }),
        status: { state: 'operational' },
      },
    ],
    'assessment-platforms': [
      { uuid: uuidOf('oscal/platform', run.id), 'uses-components': [{ 'component-uuid': toolUuid(report) }] },
    ],
  };
}

export function* inventoryItems(identities: readonly IdentityView[]): Generator<object> {
  for (const identity of identities) {
    const { id, name, provider, type } = identity;
    const own = props({
      provider,
      'identity-type': type,
      scope: identity.scope,
      environment: identity.environment,
      owner: identity.owner,
      ownership: identity.ownership,
      enabled: identity.enabled,
      created: identity.createdAt,
      'last-used': identity.lastUsedAt,
      credentials: identity.credentials,
      sightings: identity.sightings,
      consumers: identity.consumers,
      sessions: identity.sessions,
      capabilities: identity.capabilities.length === 0 ? undefined : identity.capabilities.join(', '),
      'open-findings': identity.findings,
      worst: identity.worst,
    });
    yield {
      uuid: identityUuid(id),
      description: prose(`${provider} ${type} ${name}`, 1000),
      props: [{ name: 'asset-id', value: plain(id) }, ...(own.props ?? [])],
    };
  }
}

/** The sentence an auditor reads first: what was looked at, what was not, what is left out. */
export function scopeRemarks({ coverage, declaredAbsent = [], hidden, persona, run }: Report): string {
  const { looked, notLooked, complete } = summariseCoverage(coverage, declaredAbsent);
  const without = judgedWithoutText(coverage);
  const sentences = [
    `Coverage: ${complete} of ${count(looked.length, 'source')} read completely.`,
    ...looked
      .filter(({ outcome }) => outcome !== 'complete')
      .map(({ title, outcome, figures }) => `${title}: ${outcome}${figures === '' ? '' : ` (${figures})`}.`),
    ...(notLooked.length === 0 ? [] : [`Not looked at: ${notLooked.map(({ title }) => title).join(', ')}.`]),
    ...(without === undefined ? [] : [`Judged without ${without}.`]),
    ...declaredAbsent.map((declared) => {
      const lead = declared.state === 'believed' ? 'Declared absent' : 'Not believed';
      return `${lead}: ${SURFACES[declared.surface]}: ${absentText(declared)}.`;
    }),
    ...hiddenText(hidden, persona),
    run.hosts.length === 0 ? 'No host was contacted.' : `Hosts contacted: ${run.hosts.join(', ')}.`,
  ];
  return prose(sentences.join(' '), 8000);
}

/**
 * OSCAL wants results to name the plan they follow. There is none on paper: the plan is the run's rules and parameters, and is told
 * in an assessment plan that goes with the results.
 */
export function stubPlan(report: Report, reviewed: object): { readonly href: string; readonly resource: object } {
  const { run } = report;
  const uuid = uuidOf('oscal/plan', run.id);
  const system = uuidOf('oscal/system', run.id);
  const plan = {
    'assessment-plan': {
      uuid: uuidOf('oscal/plan-document', run.id),
      metadata: metadata(report, 'Automated assessment of non-human identities'),
      'import-ssp': { href: `#${system}`, remarks: 'No system security plan was given.' },
      'reviewed-controls': reviewed,
      'assessment-assets': assessmentAssets(report),
      'back-matter': {
        resources: [{ uuid: system, title: 'System as scanned', description: prose(run.targets.join(', ')) }],
      },
    },
  };
  return {
    href: `#${uuid}`,
    resource: {
      uuid,
      title: 'Assessment plan of this run',
      description: 'Made by nhi-audit from the rules and parameters of the run; it stands for no plan that people approved.',
      props: [
        { name: 'type', value: 'plan' },
        ...Object.entries(run.parameters).map(([name, value]) => ({
          name: 'parameter',
          ns: NAMESPACE,
          value: plain(`${name}=${String(value)}`),
        })),
      ],
      base64: {
        filename: 'assessment-plan.json',
        'media-type': 'application/oscal+json',
        value: Buffer.from(jsonText(plan)).toString('base64'),
      },
    },
  };
}
