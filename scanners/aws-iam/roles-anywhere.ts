import { z } from 'zod';
import { type IdentityId, identityId, identityIdFromArn, type Location, type Observation } from '../../src/contracts/index.ts';
import { flag, texts } from '../../src/formats/answer.ts';
import type { Judgement } from '../../src/iam/judgement.ts';
import { judgeServiceAdmission, serviceContext } from '../../src/iam/trust.ts';
import type { World } from './principals.ts';
import { time } from './schema.ts';

/**
 * Roles Anywhere: whoever has a certificate of a trust anchor may take the roles of any profile of the same account and region,
 * as far as the trust policy of the role lets that anchor and that certificate in.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
 */
export interface RolesAnywhere {
  readonly anchors: Map<string, TrustAnchor>;
  readonly profiles: Map<string, Profile>;
  readonly subjects: Map<string, CertificateSubject>;
  readonly crls: Map<string, RevocationList>;
}

function arnOf(kind: string) {
  return z
    .string()
    .regex(new RegExp(`^arn:aws[a-z-]*:rolesanywhere:[a-z0-9-]+:\\d{12}:${kind}/`), `the ARN of a ${kind} of Roles Anywhere`);
}

const name = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

export const TrustAnchor = z
  .object({
    trustAnchorArn: arnOf('trust-anchor'),
    name,
    enabled: flag,
    source: z.object({ sourceType: name, sourceData: z.object({ acmPcaArn: name }).nullish() }).nullish(),
  })
  .transform((raw) => ({
    arn: raw.trustAnchorArn,
    name: raw.name,
    enabled: raw.enabled,
    authority: raw.source?.sourceData?.acmPcaArn ?? raw.source?.sourceType,
  }));
export type TrustAnchor = z.infer<typeof TrustAnchor>;

const Mapping = z.object({
  certificateField: name,
  mappingRules: z
    .array(z.object({ specifier: name }))
    .nullish()
    .transform((list) => (list ?? []).map((one) => one.specifier)),
});

export const Profile = z
  .object({
    profileArn: arnOf('profile'),
    name,
    enabled: flag,
    roleArns: texts,
    attributeMappings: z.array(Mapping).nullish(),
    sessionPolicy: name,
    managedPolicyArns: texts,
  })
  .transform((raw) => ({
    arn: raw.profileArn,
    name: raw.name,
    enabled: raw.enabled,
    roles: raw.roleArns,
    /** The fields of the subject become tags of the session as they are. */
    keepsSubject:
      raw.attributeMappings == null ||
      raw.attributeMappings.some((one) => one.certificateField === 'x509Subject' && one.mappingRules.includes('*')),
    hasSessionPolicy: raw.sessionPolicy !== undefined || raw.managedPolicyArns.length > 0,
  }));
export type Profile = z.infer<typeof Profile>;

export const CertificateSubject = z
  .object({ subjectArn: arnOf('subject'), x509Subject: z.string().min(1), enabled: flag, createdAt: time, lastSeenAt: time })
  .transform((raw) => ({ ...raw, arn: raw.subjectArn }));
export type CertificateSubject = z.infer<typeof CertificateSubject>;

export const RevocationList = z
  .object({ crlArn: arnOf('crl'), trustAnchorArn: arnOf('trust-anchor'), enabled: flag })
  .transform((raw) => ({ arn: raw.crlArn, anchor: raw.trustAnchorArn, enabled: raw.enabled }));
export type RevocationList = z.infer<typeof RevocationList>;

export function newRolesAnywhere(): RolesAnywhere {
  return { anchors: new Map(), profiles: new Map(), subjects: new Map(), crls: new Map() };
}

export function tellsOfCertificates({ anchors, profiles, subjects, crls }: RolesAnywhere): boolean {
  return anchors.size + profiles.size + subjects.size + crls.size > 0;
}

/** Of what two tell of, the last counts. */
export function mergeRolesAnywhere(all: readonly RolesAnywhere[]): RolesAnywhere {
  return {
    anchors: new Map(all.flatMap((one) => [...one.anchors])),
    profiles: new Map(all.flatMap((one) => [...one.profiles])),
    subjects: new Map(all.flatMap((one) => [...one.subjects])),
    crls: new Map(all.flatMap((one) => [...one.crls])),
  };
}

const SERVICE = 'rolesanywhere.amazonaws.com';
/** Edges of subjects told for one file; the anchor says the same of all of them. */
const MAX_EDGES = 5_000;

/** Whoever was seen with a certificate is an identity outside of AWS. */
export function* subjectRows(own: RolesAnywhere, at: Location): Generator<Observation> {
  for (const subject of own.subjects.values()) {
    const { arn, x509Subject, enabled, createdAt, lastSeenAt } = subject;
    const { account, region } = placeOf(arn);
    yield {
      kind: 'identity',
      id: subjectId(subject),
      provider: 'aws',
      type: 'certificate-subject',
      name: x509Subject,
      scope: account,
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(lastSeenAt === undefined ? {} : { lastUsedAt: lastSeenAt }),
      ...(enabled === undefined ? {} : { enabled }),
      at: { ...at, pointer: arn },
      detail: { arn, region },
    };
  }
}

/** Ways into the roles of the profiles of one file, judged with all that lies near it. Returns what keeps them from being whole. */
export function* anywhereRows(own: RolesAnywhere, world: World, now: Date, at: Location): Generator<Observation, string[]> {
  const { rolesAnywhere: all, compiled } = world;
  const unknownPlaces = new Set<string>();
  let edges = 0;
  let left = 0;
  for (const profile of own.profiles.values()) {
    if (profile.enabled === false) continue;
    const { account, region, prefix } = placeOf(profile.arn);
    const near = [...all.anchors.values()].filter((one) => one.arn.startsWith(prefix));
    if (near.length === 0) unknownPlaces.add(`${account} in ${region}`);
    const anchors = near.length === 0 ? [{ arn: `${prefix}trust-anchor/*` }] : near.filter((one) => one.enabled !== false);
    const subjects = [...all.subjects.values()].filter((one) => one.arn.startsWith(prefix) && one.enabled !== false);
    for (const role of new Set(profile.roles)) {
      const identity = identityIdFromArn(role);
      if (identity === undefined) continue;
      const known = compiled.subjects.get(role);
      const judge = (anchor: string, subject?: CertificateSubject): Judgement | undefined => {
        if (known === undefined) return undefined;
        // Where its trust policy cannot be read nobody knows.
        if (known.trust === undefined) return { truth: 'unknown', keys: ['trust policy'] };
        return judgeServiceAdmission(known.trust, SERVICE, account, now, contextOf(account, anchor, profile, subject));
      };
      const told = { profile: profile.name ?? profile.arn, ...(profile.hasSessionPolicy ? { sessionPolicy: true } : {}) };
      const here = { ...at, pointer: profile.arn };
      const open: string[] = [];
      for (const anchor of anchors) {
        const judged = judge(anchor.arn);
        if (judged?.truth === 'false') continue;
        open.push(anchor.arn);
        yield {
          kind: 'trust',
          identity,
          effect: 'allow',
          principal: anchor.arn,
          principalType: 'group',
          at: here,
          detail: { source: 'Roles Anywhere', ...told, ...anchorDetail(anchor, all), ...judgedDetail(judged) },
        };
      }
      for (const subject of subjects) {
        const ways = open.map((anchor) => judge(anchor, subject)).filter((one) => one?.truth !== 'false');
        if (ways.length === 0) continue;
        if (++edges > MAX_EDGES) {
          left++;
          continue;
        }
        // The list does not say whose certificate it was: that is sure where there is but one anchor.
        const isSure = near.length === 1 && ways[0]?.truth === 'true';
        yield {
          kind: 'trust',
          identity,
          effect: 'allow',
          principal: subjectId(subject),
          principalType: 'identity',
          at: here,
          detail: { source: 'Roles Anywhere', basis: 'certificate', ...told, ...(isSure ? { judged: 'allow' } : {}) },
        };
      }
    }
  }
  const why: string[] = [];
  if (unknownPlaces.size > 0)
    why.push(`the trust anchors of ${[...unknownPlaces].join(', ')} are not here: export rolesanywhere list-trust-anchors`);
  if (left > 0) why.push(`${left} ways of certificates into roles are not listed; their trust anchors are`);
  return why;
}

function anchorDetail(anchor: Partial<TrustAnchor>, { crls }: RolesAnywhere): { readonly [key: string]: string | number } {
  const lists = [...crls.values()].filter((one) => one.anchor === anchor.arn && one.enabled !== false).length;
  return {
    ...(anchor.name === undefined ? {} : { anchor: anchor.name }),
    ...(anchor.authority === undefined ? {} : { authority: anchor.authority }),
    ...(crls.size === 0 ? {} : { revocationLists: lists }),
  };
}

function judgedDetail(judged: Judgement | undefined): { readonly judged?: string; readonly unknown?: readonly string[] } {
  if (judged === undefined) return {};
  return judged.truth === 'true' ? { judged: 'allow' } : { judged: 'unknown', unknown: judged.keys };
}

/** What the trust policy of a role can see of a certificate: the anchor, and fields of the subject as tags of the session. */
function contextOf(account: string, anchor: string, profile: Profile, subject: CertificateSubject | undefined) {
  const call = serviceContext(SERVICE, account);
  const fields = subject === undefined || !profile.keepsSubject ? undefined : fieldsOf(subject.x509Subject);
  return (key: string): readonly string[] | null | undefined => {
    if (key === 'aws:sourcearn') return anchor.endsWith('/*') ? undefined : [anchor];
    if (!key.startsWith('aws:principaltag/x509')) return call(key);
    const field = /^aws:principaltag\/x509subject\/(?<field>[a-z]+)$/.exec(key)?.groups?.field;
    return field === undefined || fields === undefined ? undefined : (fields.get(field) ?? null);
  };
}

/** `CN=web,O=Acme`: by field in lower case; nothing where a name is written in a way that leaves doubt. */
function fieldsOf(subject: string): ReadonlyMap<string, readonly string[]> | undefined {
  const fields = new Map<string, readonly string[]>();
  for (const part of subject.split(',')) {
    const { field, value } = /^\s*(?<field>[A-Za-z]+)=(?<value>[^\\"+=#]+?)\s*$/.exec(part)?.groups ?? {};
    if (field === undefined || value === undefined || fields.has(field.toLowerCase())) return undefined;
    fields.set(field.toLowerCase(), [value]);
  }
  return fields;
}

function subjectId({ arn, x509Subject }: CertificateSubject): IdentityId {
  return identityId('aws', placeOf(arn).account, `certificate-subject/${x509Subject}`);
}

function placeOf(arn: string): { readonly account: string; readonly region: string; readonly prefix: string } {
  const [, , , region = '', account = ''] = arn.split(':');
  return { account, region, prefix: `${arn.split(':').slice(0, 5).join(':')}:` };
}
