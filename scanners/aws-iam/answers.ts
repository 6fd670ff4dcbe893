import type { z } from 'zod';
import { isRaw, parseOne, problemText, type Raw } from '../../src/formats/answer.ts';
import { KeyRing } from './access-keys.ts';
import { AnalyzerFinding } from './analyzer.ts';
import { addPage, type Details, newDetails } from './authorization-details.ts';
import { LookedUp, Trail, TrailEvent } from './cloudtrail.ts';
import {
  Assignment,
  addAssignment,
  addMember,
  CenterGroup,
  CenterUser,
  type IdentityCenter,
  Membership,
  newCenter,
  PermissionSet,
  SetArn,
} from './identity-center.ts';
import { mergeLastAccessed, principalOf, ServiceLastAccessed } from './last-accessed.ts';
import { addOrganisationAnswer, isOrganisationAnswer, newOrganisation, type OrganisationFacts } from './organisation.ts';
import { ResourcePolicy, resourceIn } from './resource-policies.ts';
import {
  CertificateSubject,
  newRolesAnywhere,
  Profile,
  RevocationList,
  type RolesAnywhere,
  TrustAnchor,
} from './roles-anywhere.ts';
import { AccessKeyLastUsed, AccessKeyMetadata, OidcProvider, SamlProvider } from './schema.ts';
import { isKeyId, keyIdIn, namesSubject, partIn, principalIn } from './subject-of.ts';
import { ServiceSpecificCredential, SigningCertificate, SshPublicKey, type UserCredential } from './user-credentials.ts';

/** All that the JSON answers of one file say, sorted by what they are. */
export interface Answers {
  readonly details: Details;
  readonly keys: KeyRing;
  /** Last-used answers that do not say which key they are about. */
  readonly unnamed: { readonly where: string; readonly answer: AccessKeyLastUsed }[];
  readonly credentials: UserCredential[];
  readonly providers: OidcProvider[];
  readonly samlProviders: SamlProvider[];
  /** ARNs of `list-open-id-connect-providers`. */
  readonly providerArns: string[];
  /** Use of services by the principal's ARN, or by `role/NAME` as a file's name tells it. */
  readonly lastAccessed: Map<string, ServiceLastAccessed>;
  readonly findings: Map<string, AnalyzerFinding>;
  readonly organisation: OrganisationFacts;
  readonly resourcePolicies: ResourcePolicy[];
  readonly rolesAnywhere: RolesAnywhere;
  readonly center: IdentityCenter;
  readonly trail: Trail;
  /** Text of credential reports. */
  readonly reports: string[];
  /** Which kinds of answer were met, in words. */
  readonly kinds: Set<AnswerKind>;
  /** Entries that could not be read, field first. */
  readonly problems: string[];
  /** Entries met, read or not. */
  seen: number;
  /** The export says that there is more. */
  truncated: boolean;
}

export type AnswerKind =
  | 'authorization details'
  | 'access-key list'
  | 'last use of access keys'
  | 'service-specific credentials'
  | 'SSH public keys'
  | 'signing certificates'
  | 'OIDC providers'
  | 'SAML providers'
  | 'service last accessed'
  | 'Access Analyzer findings'
  | 'organisation'
  | 'resource policies'
  | 'Roles Anywhere'
  | 'Roles Anywhere subjects'
  | 'Identity Center'
  | 'CloudTrail events'
  | 'credential report';

interface Place {
  readonly where: string;
  readonly path: string;
  /** What the answer is about, by the key of a map that it stands in. */
  readonly subject: string | undefined;
}

const PAGE_FIELDS = ['UserDetailList', 'GroupDetailList', 'RoleDetailList'];

export function newAnswers(): Answers {
  return {
    details: newDetails(),
    keys: new KeyRing(),
    unnamed: [],
    credentials: [],
    providers: [],
    samlProviders: [],
    providerArns: [],
    lastAccessed: new Map(),
    findings: new Map(),
    organisation: newOrganisation(),
    resourcePolicies: [],
    rolesAnywhere: newRolesAnywhere(),
    center: newCenter(),
    trail: new Trail(),
    reports: [],
    kinds: new Set(),
    problems: [],
    seen: 0,
    truncated: false,
  };
}

/** Sorts one top-level value in. `path` may name what an answer is about that does not say so itself. */
export function addAnswer(answers: Answers, value: unknown, where: string, path: string, subject?: string): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) addAnswer(answers, item, `${where}[${index}]`, path, subject);
    return;
  }
  if (!isRaw(value)) {
    answers.seen++;
    answers.problems.push(`${where}: not an object`);
    return;
  }
  const named = Object.entries(value);
  if (subject === undefined && named.length > 0 && named.every(([key]) => namesSubject(key))) {
    for (const [key, one] of named) addAnswer(answers, one, `${where}.${key}`, path, key);
    return;
  }
  noteTruncation(answers, value);
  const reader = READERS.find((one) => one.reads(value, subject));
  if (reader !== undefined) reader.add(answers, value, { where, path, subject });
  else {
    answers.seen++;
    answers.problems.push(`${where}: not an answer of AWS that is read here${fieldsOf(value)}`);
  }
}

interface Reader {
  readonly reads: (value: Raw, subject: string | undefined) => boolean;
  readonly add: (answers: Answers, value: Raw, place: Place) => void;
}

/** In the order in which they are asked: the first that knows the answer gets it. */
const READERS: readonly Reader[] = [
  { reads: (value, subject) => isOrganisationAnswer(value, subject), add: addOrganisation },
  { reads: (value) => PAGE_FIELDS.some((field) => field in value) || isPolicyPage(value), add: addDetails },
  { reads: has('AccessKeyMetadata'), add: listOf('AccessKeyMetadata', addKey) },
  {
    reads: (value, subject) => 'AccessKeyLastUsed' in value || ('UserName' in value && isKeyId(subject)),
    add: (answers, value, { where, path, subject }) =>
      addLastUsed(answers, value, isKeyId(subject) ? subject : keyIdIn(path), where),
  },
  {
    reads: has('ServiceSpecificCredentials'),
    add: listOf('ServiceSpecificCredentials', credential(ServiceSpecificCredential, 'service-specific credentials')),
  },
  {
    reads: has('ServiceSpecificCredentialId'),
    add: (answers, value, { where }) =>
      credential(ServiceSpecificCredential, 'service-specific credentials')(answers, value, where),
  },
  { reads: has('SSHPublicKeys'), add: listOf('SSHPublicKeys', credential(SshPublicKey, 'SSH public keys')) },
  {
    reads: has('SSHPublicKey'),
    add: (answers, value, { where }) =>
      credential(SshPublicKey, 'SSH public keys')(answers, value.SSHPublicKey, `${where}.SSHPublicKey`),
  },
  { reads: has('Certificates'), add: listOf('Certificates', credential(SigningCertificate, 'signing certificates')) },
  { reads: has('AccessKeyId'), add: (answers, value, { where }) => addKey(answers, value, where) },
  { reads: has('OpenIDConnectProviderList'), add: listOf('OpenIDConnectProviderList', addProviderArn) },
  { reads: has('Url'), add: addProvider },
  { reads: has('SAMLProviderList'), add: listOf('SAMLProviderList', addSamlProvider) },
  { reads: (value) => 'ServicesLastAccessed' in value || 'JobStatus' in value, add: addLastAccessed },
  { reads: (value) => Array.isArray(value.findings), add: listOf('findings', addFinding) },
  { reads: has('finding'), add: (answers, value, { where }) => addFinding(answers, value.finding, `${where}.finding`) },
  {
    reads: (value) => 'findingDetails' in value || 'findingType' in value,
    add: (answers, value, { where }) => addFinding(answers, value, where),
  },
  {
    reads: (value) => typeof value.Policy === 'string' || typeof value.ResourcePolicy === 'string',
    add: addResourcePolicy,
  },
  {
    reads: isList('trustAnchors'),
    add: listOf(
      'trustAnchors',
      byArn(TrustAnchor, ({ anchors }) => anchors),
    ),
  },
  {
    reads: isList('profiles'),
    add: listOf(
      'profiles',
      byArn(Profile, ({ profiles }) => profiles),
    ),
  },
  {
    reads: isList('subjects'),
    add: listOf(
      'subjects',
      byArn(CertificateSubject, ({ subjects }) => subjects),
    ),
  },
  {
    reads: isList('crls'),
    add: listOf(
      'crls',
      byArn(RevocationList, ({ crls }) => crls),
    ),
  },
  {
    reads: isList('PermissionSets'),
    add: listOf(
      'PermissionSets',
      ofCenter(SetArn, () => undefined),
    ),
  },
  {
    reads: has('PermissionSet'),
    add: (answers, value, { where }) =>
      ofCenter(PermissionSet, ({ sets }, { arn, name }) => void sets.set(arn, name))(
        answers,
        value.PermissionSet,
        `${where}.PermissionSet`,
      ),
  },
  // What a set grants stands in the role of each account.
  { reads: has('InlinePolicy'), add: (answers) => void answers.kinds.add('Identity Center') },
  { reads: isList('AccountAssignments'), add: listOf('AccountAssignments', ofCenter(Assignment, addAssignment)) },
  {
    reads: isOfStore('Users'),
    add: listOf(
      'Users',
      ofCenter(CenterUser, ({ users }, user) => void users.set(user.id, user)),
    ),
  },
  {
    reads: isOfStore('Groups'),
    add: listOf(
      'Groups',
      ofCenter(CenterGroup, ({ groups }, { id, name }) => void groups.set(id, name)),
    ),
  },
  { reads: isList('GroupMemberships'), add: listOf('GroupMemberships', ofCenter(Membership, addMember)) },
  { reads: has('Records'), add: listOf('Records', addEvent) },
  { reads: has('Events'), add: listOf('Events', addLookedUp) },
  { reads: has('eventVersion'), add: (answers, value, { where }) => addEvent(answers, value, where) },
  { reads: (value) => typeof value.Content === 'string', add: (answers, value) => addReport(answers, String(value.Content)) },
];

function has(field: string): (value: Raw) => boolean {
  return (value) => field in value;
}

function isList(field: string): (value: Raw) => boolean {
  return (value) => Array.isArray(value[field]);
}

/** IAM lists its own users and groups under the same names. */
function isOfStore(field: string): (value: Raw) => boolean {
  return (value) => {
    const list = value[field];
    return Array.isArray(list) && (list.length === 0 || (isRaw(list[0]) && 'IdentityStoreId' in list[0]));
  };
}

/** IAM's own list; organisations have a list of the same name. */
function isPolicyPage(value: Raw): boolean {
  return 'Policies' in value;
}

function listOf(field: string, add: (answers: Answers, raw: unknown, where: string) => void): Reader['add'] {
  return (answers, value, { where }) => {
    const list = value[field];
    if (!Array.isArray(list)) {
      answers.seen++;
      answers.problems.push(`${where}.${field}: not a list`);
      return;
    }
    KIND_OF_LIST[field]?.forEach((kind) => void answers.kinds.add(kind));
    for (const [index, raw] of list.entries()) add(answers, raw, `${where}.${field}[${index}]`);
  };
}

/** What an empty list is, too. */
const KIND_OF_LIST: { readonly [field: string]: readonly AnswerKind[] } = {
  AccessKeyMetadata: ['access-key list'],
  ServiceSpecificCredentials: ['service-specific credentials'],
  SSHPublicKeys: ['SSH public keys'],
  Certificates: ['signing certificates'],
  OpenIDConnectProviderList: ['OIDC providers'],
  SAMLProviderList: ['SAML providers'],
  findings: ['Access Analyzer findings'],
  trustAnchors: ['Roles Anywhere'],
  profiles: ['Roles Anywhere'],
  subjects: ['Roles Anywhere subjects'],
  crls: ['Roles Anywhere'],
  PermissionSets: ['Identity Center'],
  AccountAssignments: ['Identity Center'],
  Users: ['Identity Center'],
  Groups: ['Identity Center'],
  GroupMemberships: ['Identity Center'],
  Records: ['CloudTrail events'],
  Events: ['CloudTrail events'],
};

/** The answer itself does not name the key: a map by key id or the file's name does, or the user has but one. */
function addLastUsed(answers: Answers, raw: unknown, id: string | undefined, where: string): void {
  answers.kinds.add('last use of access keys');
  const one = parseOne(answers, AccessKeyLastUsed, raw, where);
  if (one === undefined) return;
  if (id === undefined) answers.unnamed.push({ where, answer: one });
  else answers.keys.used(id, one);
}

/** Last: answers that name no key get the only key of their user, which may be listed after them. */
export function settle(answers: Answers): void {
  for (const { where, answer } of answers.unnamed.splice(0)) {
    const key = answer.user === undefined ? undefined : answers.keys.onlyKeyOf(answer.user);
    if (key !== undefined) answers.keys.used(key, answer);
    else {
      answers.problems.push(
        `${where}: the answer does not say which key${answer.user === undefined ? '' : ` of ${answer.user}`} it is about; put the key id into the file name or write {"AKIA…": answer}`,
      );
    }
  }
}

function addDetails(answers: Answers, page: Raw): void {
  answers.kinds.add('authorization details');
  for (const field of [...PAGE_FIELDS, 'Policies']) {
    const list = page[field];
    if (Array.isArray(list)) answers.seen += list.length;
  }
  addPage(answers.details, page);
}

function addKey(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('access-key list');
  const key = parseOne(answers, AccessKeyMetadata, raw, where);
  if (key !== undefined) answers.keys.list(key);
}

function credential(
  schema: z.ZodType<UserCredential>,
  kind: AnswerKind,
): (answers: Answers, raw: unknown, where: string) => void {
  return (answers, raw, where) => {
    answers.kinds.add(kind);
    const one = parseOne(answers, schema, raw, where);
    if (one !== undefined) answers.credentials.push(one);
  };
}

function addProviderArn(answers: Answers, one: unknown, where: string): void {
  answers.seen++;
  if (isRaw(one) && typeof one.Arn === 'string') answers.providerArns.push(one.Arn);
  else answers.problems.push(`${where}.Arn: missing`);
}

function addProvider(answers: Answers, raw: Raw, { where }: Place): void {
  answers.kinds.add('OIDC providers');
  const provider = parseOne(answers, OidcProvider, raw, where);
  if (provider !== undefined) answers.providers.push(provider);
}

function addSamlProvider(answers: Answers, raw: unknown, where: string): void {
  const provider = parseOne(answers, SamlProvider, raw, where);
  if (provider !== undefined) answers.samlProviders.push(provider);
}

function addLastAccessed(answers: Answers, raw: Raw, { where, path, subject }: Place): void {
  answers.kinds.add('service last accessed');
  const answer = parseOne(answers, ServiceLastAccessed, raw, where);
  if (answer === undefined) return;
  if (answer.status !== 'COMPLETED') {
    answers.problems.push(`${where}.JobStatus: ${answer.status}; ask again when the job is COMPLETED`);
    return;
  }
  const principal = subject ?? principalIn(path) ?? principalOf(answer);
  if (principal === undefined) {
    answers.problems.push(
      `${where}: the answer does not say which principal it is about; write {"ARN": answer}, or name the file role-NAME.json or user-NAME.json`,
    );
    return;
  }
  answers.lastAccessed.set(principal, mergeLastAccessed(answers.lastAccessed.get(principal), answer));
}

function addFinding(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('Access Analyzer findings');
  const finding = parseOne(answers, AnalyzerFinding, raw, where);
  if (finding === undefined) return;
  // A finding asked for by itself has the details that its line in the list lacks.
  const known = answers.findings.get(finding.id);
  if (known === undefined || known.details.length === 0) answers.findings.set(finding.id, finding);
}

function addOrganisation(answers: Answers, value: Raw, { where, path, subject }: Place): void {
  answers.kinds.add('organisation');
  answers.seen++;
  const about = subject ?? partIn(path);
  addOrganisationAnswer(answers.organisation, value, about, where, (at, error) => answers.problems.push(problemText(at, error)));
  const [field] = ['Targets', 'Parents', 'Children'].filter((one) => one in value);
  if (field !== undefined && about === undefined) {
    answers.problems.push(
      `${where}.${field}: the answer does not say what it is about; write {"ID": answer} or put the id into the file name`,
    );
  }
}

function addResourcePolicy(answers: Answers, raw: Raw, { where, subject }: Place): void {
  answers.kinds.add('resource policies');
  const policy = parseOne(answers, ResourcePolicy, raw, where);
  if (policy !== undefined)
    answers.resourcePolicies.push({ ...policy, resource: policy.resource ?? subject ?? resourceIn(policy.document) });
}

function byArn<T extends { readonly arn: string }>(
  schema: z.ZodType<T>,
  mapOf: (all: RolesAnywhere) => Map<string, T>,
): (answers: Answers, raw: unknown, where: string) => void {
  return (answers, raw, where) => {
    const one = parseOne(answers, schema, raw, where);
    if (one !== undefined) mapOf(answers.rolesAnywhere).set(one.arn, one);
  };
}

function ofCenter<T>(
  schema: z.ZodType<T>,
  add: (center: IdentityCenter, one: T) => void,
): (answers: Answers, raw: unknown, where: string) => void {
  return (answers, raw, where) => {
    answers.kinds.add('Identity Center');
    const one = parseOne(answers, schema, raw, where);
    if (one !== undefined) add(answers.center, one);
  };
}

function addEvent(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('CloudTrail events');
  const event = parseOne(answers, TrailEvent, raw, where);
  if (event !== undefined) answers.trail.add(event);
}

function addLookedUp(answers: Answers, raw: unknown, where: string): void {
  answers.kinds.add('CloudTrail events');
  const looked = LookedUp.safeParse(raw);
  if (!looked.success) {
    answers.seen++;
    answers.problems.push(problemText(where, looked.error));
    return;
  }
  let event: unknown;
  try {
    event = JSON.parse(looked.data.CloudTrailEvent);
  } catch {
    answers.seen++;
    answers.problems.push(`${where}.CloudTrailEvent: not JSON`);
    return;
  }
  addEvent(answers, event, `${where}.CloudTrailEvent`);
}

function addReport(answers: Answers, content: string): void {
  answers.kinds.add('credential report');
  answers.reports.push(Buffer.from(content, 'base64').toString('utf8'));
}

/** The CLI writes `NextToken` when `--max-items` cut the list; the API says `IsTruncated` on all pages but the last. */
function noteTruncation(answers: Answers, value: Raw): void {
  if (typeof value.NextToken === 'string' || typeof value.nextToken === 'string') answers.truncated = true;
  if (typeof value.IsTruncated === 'boolean') answers.truncated = value.IsTruncated;
}

/** What a format of another year has instead, so that a person sees which. */
function fieldsOf(value: Raw): string {
  const fields = Object.keys(value).slice(0, 5);
  return fields.length === 0 ? '' : ` (it has ${fields.map((field) => field.replace(/[^\w$-]/g, '?').slice(0, 40)).join(', ')})`;
}
