import type { Check } from '../contracts/check.ts';
import type { Detector } from '../contracts/detector.ts';
import type { Framework } from '../contracts/framework.ts';
import { SURFACES, type Surface } from '../contracts/observation.ts';
import { refIn } from '../frameworks/reference.ts';

/**
 * What is told of a rule, in a terminal and in the docs: the fields in which OWASP lists tools for its NHI Top 10 (NHI ids, identity
 * types, environments, access, evidence, blind spots and false positives, metadata handling, licence and upkeep), and what helps
 * whoever has a finding before them.
 */
export type Field = readonly [heading: string, text: string];

/** Of the project, as package.json has it. */
export const LICENCE = 'Apache-2.0';

/** The same for every check, and for every detector. */
export const ACCESS = 'reads only: files and exports, or a provider that was named as a target; it changes nothing';
export const METADATA = 'stays in the store that you name (--store), else in memory; nothing is sent anywhere';
export const EVIDENCE_OF_SECRETS = 'each place, its masked form and a keyed fingerprint; never the value';
const PROOF_OF_CHECKS = 'proved by hits and near misses whenever the tests or `nhi-audit rules check` run';
const PROOF_OF_DETECTORS = 'proved by its own examples and near misses whenever the tests or `nhi-audit rules check` run';

/** A check, as a page. */
export function checkFields({ meta, file }: Check, frameworks: readonly Framework[]): readonly Field[] {
  const parameters = Object.entries(meta.parameters).map(([name, value]) => `${name} = ${value}`);
  return [
    ['Severity', `${meta.severity}, confidence ${meta.confidence}; shown to ${meta.persona} and above`],
    ['Risk', meta.why],
    ['Fix', meta.fix],
    ['NHI ids', nhiIds(meta.controls, frameworks)],
    ['Identity types', `judged by ${meta.about}: ${meta.population}`],
    ['Environments', environmentsOf(meta)],
    ['Needs', meta.needs.join(', ')],
    ['Access', ACCESS],
    [
      'Evidence',
      `the observations that a finding rests on, each with its place; one finding for each ${meta.identityFields.join(', ')}`,
    ],
    ['Blind spots', meta.limits ?? 'none known'],
    [
      'False positives',
      `confidence ${meta.confidence}${meta.fixtures === 'lowered' ? '; what lies in test data, examples and documentation alone is at most medium' : ''}; what may stand is accepted with: nhi-audit except --rule ${meta.id} …`,
    ],
    ['Metadata handling', METADATA],
    ['Licence and upkeep', `${LICENCE}; part of nhi-audit since ${meta.since}; ${PROOF_OF_CHECKS}`],
    ['Parameters', parameters.length === 0 ? 'none' : `${parameters.join(', ')} (configuration: checks.${meta.id}.parameters)`],
    ['Controls', controlsOf(meta.controls, frameworks).join('\n')],
    ['The same in other tools', meta.equivalents.join(', ')],
    ['References', meta.references.join('\n')],
    ['Query', file],
  ];
}

/** A detector, as a page. */
export function detectorFields(d: Detector & { readonly file: string }): readonly Field[] {
  const hosts = d.verify === undefined ? '' : `; with --verify it asks ${hostOf(d.verify)} whether a hit still works`;
  return [
    ['Finds', `${d.type} of ${d.provider}; confidence ${d.confidence}; ${d.categories.join(', ')}`],
    ['A thief could', d.impact ?? ''],
    ['Rotate', d.rotate ?? ''],
    ['NHI ids', 'NHI2:2025 Secret Leakage, by the checks on credentials that lie somewhere; others by what it is joined to'],
    ['Identity types', d.holder === undefined || d.holder === 'any' ? 'its form does not tell' : d.holder],
    [
      'Environments',
      d.path === undefined ? 'any text: files, history, notebooks, CI, images, logs' : `files whose path fits ${d.path}`,
    ],
    ['Access', `reads only${hosts}`],
    ['Evidence', EVIDENCE_OF_SECRETS],
    ['Blind spots', blindSpots(d)],
    ['False positives', falsePositives(d)],
    ['Metadata handling', METADATA],
    ['Licence and upkeep', `${LICENCE}; ${PROOF_OF_DETECTORS}`],
    ['Anchors', d.keywords.join(', ')],
    ['Proof', d.checksum === undefined ? '' : `offline check: ${d.checksum}`],
    ['References', d.references.join('\n')],
    ['Defined in', d.file],
  ];
}

/** The sources that can give what it needs; in files of which platforms, where it says so. */
function environmentsOf({ needs, platforms }: Check['meta']): string {
  const named = needs.flatMap((need) => need.split('|').map((part) => /@(?<surface>[a-z-]+)/.exec(part)?.groups?.surface ?? ''));
  const surfaces = [...new Set(named)].flatMap((surface) => (isSurface(surface) ? [SURFACES[surface]] : []));
  const files = platforms.length === 0 ? [] : [`files of ${platforms.join(', ')}`];
  return [...surfaces, ...files].join('; ') || 'wherever what it needs was read';
}

function isSurface(text: string): text is Surface {
  return Object.hasOwn(SURFACES, text);
}

function blindSpots(d: Detector): string {
  const spots = [
    `a value with none of its anchors near by`,
    ...(d.paired === undefined ? [] : [`one half of the pair that is more than ${d.paired.within} bytes away from the other`]),
    ...(d.entropy === undefined ? [] : [`values of under ${d.entropy} bits a character`]),
    'what is encrypted, or encoded in a way that is not undone',
  ];
  return spots.join('; ');
}

function falsePositives(d: Detector): string {
  const kept = d.acceptsWeak === true ? '' : '; placeholders and examples are left out';
  const offline = d.checksum === undefined ? '' : '; what fails the offline check is none';
  return `confidence ${d.confidence}${offline}${kept}${d.allow.length === 0 ? '' : `; ${d.allow.length} shapes of its own are known to be none`}`;
}

function hostOf(verify: NonNullable<Detector['verify']>): string {
  if (verify === 'aws-sts') return 'sts.amazonaws.com';
  if (verify === 'gcp-token') return 'oauth2.googleapis.com';
  return new URL(verify.url).host;
}

function nhiIds(controls: readonly string[], frameworks: readonly Framework[]): string {
  const own = controls.filter((ref) => ref.startsWith('owasp-nhi-'));
  return own.map((ref) => controlName(ref, frameworks)).join(', ') || 'none';
}

function controlName(ref: string, frameworks: readonly Framework[]): string {
  const id = ref.slice(ref.indexOf(':') + 1);
  const framework = frameworks.find((candidate) => ref.startsWith(`${candidate.id}:`));
  const title = framework?.controls.find((candidate) => candidate.id === id)?.title;
  return title === undefined ? id : `${id} ${title}`;
}

/** Those that the check names, each with its title; and by catalogue those that come by way of them. */
function controlsOf(refs: readonly string[], frameworks: readonly Framework[]): string[] {
  const own = refs.map((ref) => {
    const framework = frameworks.find((candidate) => ref.startsWith(`${candidate.id}:`));
    const control = framework?.controls.find((candidate) => `${framework.id}:${candidate.id}` === ref);
    const formerly = control === undefined || control.formerly.length === 0 ? '' : ` (formerly ${control.formerly.join(', ')})`;
    return `${control?.id ?? ref} · ${control?.title ?? ''}${formerly} [${framework?.title ?? ''}; editorial]`;
  });
  const via = frameworks.flatMap((framework) => {
    const { mapping } = framework;
    if (mapping === undefined) return [];
    const bears = (named: readonly string[]): boolean => named.some((each) => refs.includes(refIn(framework, each)));
    const ids = framework.controls.flatMap(({ id, supports, partial }) =>
      bears(supports) ? [id] : bears(partial) ? [`${id} (in part)`] : [],
    );
    return ids.length === 0
      ? []
      : [`${framework.title} ${framework.version}: ${ids.join(', ')} [through ${mapping.from}; ${mapping.basis}]`];
  });
  return [...own, ...via];
}
