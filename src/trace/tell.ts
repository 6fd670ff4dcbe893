import type { Row } from '../store/index.ts';
import type { Layout } from '../util/layout.ts';
import { clip } from '../util/sanitize.ts';
import { MOST_BECOMING, type Trace } from './facts.ts';
import type { Subject } from './resolve.ts';
import { granted, used } from './tell-use.ts';

/** Bad news is painted; it is in the words, too. */
export interface Line {
  readonly text: string;
  readonly bad?: boolean;
}

/** The chain in words: where seen, whose, what it reaches, who owns it, who uses it, what it did, what that breaks. */
export function* tell(subject: Subject, trace: Trace, layout: Layout): Iterable<string> {
  const title = subject.identity ?? trace.sightings.map((row) => text(row.masked))[0] ?? subject.credentials[0] ?? '';
  yield* layout.block('', title, 'bold');
  for (const [heading, lines] of sections(subject, trace)) {
    if (lines.length === 0) continue;
    yield* layout.heading(heading.toUpperCase());
    for (const line of lines) yield* layout.block('  ', line.text, ...(line.bad === true ? (['red'] as const) : []));
  }
  if (trace.findings.length > 0) {
    yield* layout.heading('WHAT THAT BREAKS');
    for (const row of trace.findings) yield* finding(row, layout);
  }
}

export function sections(subject: Subject, trace: Trace): readonly (readonly [heading: string, lines: readonly Line[]])[] {
  return [
    ['Where seen', seen(trace)],
    ['Whose', whose(subject, trace)],
    ['Reaches', reaches(subject, trace)],
    ['By these steps', trace.hops.map(hop)],
    ['Accounts and resources', targets(trace)],
    ['Who may become it', becoming(trace)],
    ['Owner', owner(trace)],
    ['Set up to use it', trace.consumers.map(consumer)],
    ['What it did', did(trace)],
    ['First and last use', used(trace)],
    ['Granted, against used', granted(trace)],
  ];
}

function* finding(row: Row, layout: Layout): Iterable<string> {
  const controls = (row.controls as readonly string[]).map((control) => control.slice(control.indexOf(':') + 1));
  const severity = text(row.severity).toUpperCase();
  yield* layout.tagged('  ', `${severity.padEnd(8)}  `, ['bold'], `${text(row.rule)}  [${controls.join(', ')}]`);
  yield* layout.block('            ', text(row.message));
}

export function seen({ sightings, surfaces }: Trace): Line[] {
  if (sightings.length === 0) {
    const looked = ['work-tree', 'history', 'notebook', 'ci'].some((surface) => surfaces.includes(surface));
    return [{ text: looked ? 'nowhere in what was scanned' : 'not assessed: no repository was scanned' }];
  }
  return sightings.map((row) => {
    const location = (row.location ?? {}) as {
      readonly commit?: string;
      readonly atHead?: boolean;
      readonly author?: string;
      readonly date?: string;
    };
    const since = [location.date?.slice(0, 10), location.author?.replace(/ <.*$/, '')].filter(Boolean).join(' by ');
    const state =
      location.atHead === true ? 'still there' : location.commit === undefined ? '' : 'gone from HEAD, still in history';
    return { text: join(text(row.place_text), [state, since === '' ? '' : `since ${since}`]), bad: true };
  });
}

function whose({ identity }: Subject, trace: Trace): Line[] {
  if (identity === undefined) {
    const looked = trace.surfaces.some((surface) => ['aws', 'gcp', 'github', 'entra'].includes(surface));
    return [
      {
        text: looked
          ? 'no identity of the inventories that were read'
          : 'not assessed: no inventory was read (give an IAM export, or a live target)',
      },
    ];
  }
  const basis = [...new Set(trace.joins.map((row) => text(row.basis)))].join(', ');
  return [
    { text: join(identity, [basis === '' ? '' : `known from: ${basis}`]) },
    ...trace.credentials.map((row) => ({
      text: join(`${text(row.type)} ${text(row.public_id ?? row.credential_id)}`, [
        text(row.status),
        row.created_at === null ? '' : `created ${day(row.created_at)}`,
        row.never_expires === true ? 'never expires' : row.expires_at === null ? '' : `expires ${day(row.expires_at)}`,
      ]),
    })),
  ];
}

/** What says which rights an identity of a provider has. Where none of it was read, no right is known, which is not the same as none. */
const RIGHTS: { readonly [provider: string]: { readonly surface: string; readonly give: string } } = {
  aws: { surface: 'aws', give: 'give the output of `aws iam get-account-authorization-details`, or the live target `aws:`' },
  gcp: { surface: 'gcp', give: 'give the output of `gcloud asset search-all-iam-policies --format=json`' },
  entra: {
    surface: 'entra',
    give: 'give exports of applications, service principals and role assignments, or the live target `entra:`',
  },
  github: { surface: 'github', give: 'give exports of the organisation, or the live target `github:ORG`' },
  okta: { surface: 'okta', give: 'give exports of the applications with their grants and roles, or the live target `okta:`' },
  'google-workspace': { surface: 'google-workspace', give: 'give an export of the tokens and delegations' },
  postgres: {
    surface: 'postgres',
    give: 'give `pg_dumpall --roles-only` and a dump of the grants, or the live target `postgres:`',
  },
  k8s: { surface: 'k8s', give: 'give the manifests of its roles and bindings, or the live target `k8s:`' },
};

export function reaches(subject: Subject, trace: Trace): Line[] {
  if (subject.identity === undefined) return [];
  const { reach } = trace;
  if (reach.length === 0) return [{ text: nothingReached(subject.identity, trace) }];
  return reach.flatMap((row) => {
    const detail = (row.detail ?? {}) as {
      readonly path?: string;
      readonly cut?: { readonly text?: string; readonly onEveryPath?: boolean };
    };
    const path = (row.path as readonly string[] | null) ?? [];
    const by = path.length > 1 ? `by becoming ${path.slice(1).join(' → ')}` : '';
    const sure = row.confidence === 'high' || row.confidence === null ? '' : `${text(row.confidence)} confidence`;
    const line: Line = { text: join(text(row.capability), [by, text(detail.path ?? ''), sure]), bad: row.capability === 'admin' };
    if (detail.cut?.text === undefined) return [line];
    return [line, { text: `to end it, take away ${detail.cut.text}` }];
  });
}

function nothingReached(identity: string, { identity: known, surfaces, rights: read }: Trace): string {
  const rights = RIGHTS[identity.slice(0, identity.indexOf(':'))];
  if (rights === undefined) return 'not assessed: what this provider lets it do is told by no inventory that can be read';
  if (!surfaces.includes(rights.surface)) return `not assessed: no inventory was read (${rights.give})`;
  if (known === undefined) return `not assessed: the inventory that was read does not have it (${rights.give}, of its account)`;
  if (read.length === 0) return `not assessed: what was read does not tell its rights (${rights.give})`;
  const gaps = read.flatMap(({ outcome, subject, why }) => (outcome === 'complete' ? [] : [`${text(subject)}: ${text(why)}`]));
  // Azure has rights of its own beside those of the directory.
  const isOfAzure = rights.surface !== 'entra' || read.some(({ types }) => types === null || text(types).includes('azure-role'));
  if (!isOfAzure) gaps.push('roles in Azure were not read (give the output of `az role assignment list --all`)');
  if (gaps.length === 0) return 'nothing of note';
  return `not assessed in full: nothing of note in what was read, but ${clip(gaps.join('; '), WHY_MAX)}`;
}

const WHY_MAX = 400;

function hop(row: Row): Line {
  const place = row.place_text === null || row.place_text === '' ? '' : `at ${text(row.place_text)}`;
  return row.kind === 'becomes'
    ? { text: join(`${text(row.identity_id)} → ${text(row.becomes)}`, [text(row.what), place]) }
    : { text: join(`${text(row.identity_id)}: ${text(row.what)}`, [place]) };
}

/** What trusts say of it, then whoever gets there over others, then whoever has the rights to take it over. */
function becoming({ trusts, becoming: ways, takeovers }: Trace): Line[] {
  const named = new Set(trusts.map((row) => text(row.principal)));
  const others = ways.filter((row) => Number(row.hops) > 1 || !named.has(text(row.identity_id)));
  const lines = [
    ...trusts.map(trust),
    ...others.slice(0, MOST_BECOMING).map((row) => {
      const path = (row.path as readonly string[]).join(' → ');
      return { text: join(path, [Number(row.hops) > 1 ? `${text(row.hops)} steps` : '', text(row.basis), placeOf(row)]) };
    }),
    ...takeovers.slice(0, MOST_BECOMING).map((row) => ({
      text: join(text(row.identity_id), [`takes it over by ${text(row.permission)}`, text(row.path), placeOf(row)]),
      bad: true,
    })),
  ];
  if (others.length > MOST_BECOMING || takeovers.length > MOST_BECOMING)
    lines.push({ text: 'and more: ask the view may_become' });
  return lines;
}

/** What it gets at, by what it may do there: a reader wants the names of accounts and buckets, not of rights. */
function targets({ targets: rows }: Trace): Line[] {
  const byCapability = new Map<string, { readonly scopes: Set<string>; readonly resources: Set<string> }>();
  for (const row of rows) {
    const known = byCapability.get(text(row.capability)) ?? { scopes: new Set(), resources: new Set() };
    byCapability.set(text(row.capability), known);
    if (text(row.scope) !== '' && row.scope !== '-') known.scopes.add(text(row.scope));
    known.resources.add(row.resource === '*' ? 'everything' : text(row.resource));
  }
  return [...byCapability].map(([capability, { scopes, resources }]) => {
    const shown = [...resources].slice(0, MOST_RESOURCES);
    const more = resources.size - shown.length;
    const what = `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    return { text: join(`${capability}: ${what}`, [scopes.size === 0 ? '' : `in ${[...scopes].join(', ')}`]) };
  });
}

const MOST_RESOURCES = 8;

function trust(row: Row): Line {
  const subject = row.subject === null ? (row.principal_type === 'oidc' ? 'any subject' : '') : `subject ${text(row.subject)}`;
  return { text: join(text(row.principal), [text(row.principal_type), subject, conditionText(row.condition), placeOf(row)]) };
}

/** What else must hold, in the words of the policy: `only if aws:PrincipalArn StringLike arn:…`. */
function conditionText(condition: unknown): string {
  if (typeof condition !== 'object' || condition === null) return '';
  const tests = Object.entries(condition).flatMap(([operator, keys]) =>
    typeof keys === 'object' && keys !== null
      ? Object.entries(keys).map(([key, value]) => `${key} ${operator} ${[value].flat().map(text).join(' or ')}`)
      : [`${operator} ${text(keys)}`],
  );
  return tests.length === 0 ? '' : `only if ${clip(tests.join(' and '), CONDITION_MAX)}`;
}

const CONDITION_MAX = 300;

function placeOf({ place_text }: Row): string {
  const place = text(place_text);
  return place === '' ? '' : `at ${place}`;
}

export function owner({ owner: row, surfaces }: Trace): Line[] {
  if (row === undefined) return [];
  if (row.ownership === 'unowned') return [{ text: 'nobody is named' }];
  const gone = row.ownership === 'owner-left';
  const state = gone
    ? `left${row.left_at === null ? '' : ` ${day(row.left_at)}`}`
    : row.ownership === 'owner-unknown'
      ? 'not in the roster'
      : row.ownership === 'conflicting'
        ? 'several are named'
        : '';
  const parts = [
    row.person === null ? '' : text(row.owner),
    text(row.relation),
    text(row.team),
    state,
    surfaces.includes('people') ? '' : 'not checked: no roster was read',
    row.owner_basis === null ? '' : `from ${text(row.owner_basis)}`,
  ];
  return [{ text: join(text(row.person ?? row.owner), parts), bad: gone }];
}

function consumer(row: Row): Line {
  return {
    text: join(text(row.consumer_id), [
      text(row.type),
      text(row.how),
      row.secret_name === null ? '' : `secret ${text(row.secret_name)}`,
      text(row.environment),
      row.trigger === null ? '' : `on ${text(row.trigger)}`,
      row.through === null ? '' : `through ${text(row.through)}`,
      lineOf(row),
    ]),
  };
}

/** The consumer's id names the file; the line is what it lacks. */
function lineOf({ place_text }: Row): string {
  const line = /:(\d+)(?: |$)/.exec(text(place_text))?.[1];
  return line === undefined ? '' : `line ${line}`;
}

export function did({ identity, gateway, requests, outside, sessionsRead }: Trace): Line[] {
  const lines: Line[] = gateway.map(sessions);
  if (gateway.length === 0) {
    lines.push({
      text: sessionsRead ? 'through the gateway: no session' : 'through the gateway: not assessed (no session log was read)',
    });
  }
  for (const row of outside) lines.push(lastUse(row, sessionsRead));
  if (gateway.length === 0 && outside.length === 0 && identity !== undefined && identity.last_used_at !== null) {
    lines.push({ text: `last used ${moment(identity.last_used_at)}` });
  }
  return [...lines, ...requests.map(request)];
}

/** Nothing was done by these: whoever is named asked, and was not let in, or not yet. */
function request(row: Row): Line {
  const counts = [`${row.refused} refused`, `${row.waiting} waiting for approval`, `${row.ready} not started`];
  const told = counts.filter((count) => !count.startsWith('0 ')).join(', ');
  const [first, last] = [day(row.first_asked), day(row.last_asked)];
  const span = first === last ? first : `${first} to ${last}`;
  const head = `asked for and did not get: ${told}, on ${text(row.target)} by `;
  if (row.side === 'account') return { text: join(`${head}${text(row.actor)}`, [text(row.actor_type), span]) };
  const account = row.account === null ? 'account not known' : `as the account ${text(row.account)}`;
  return { text: join(`${head}itself, ${account}`, [span]) };
}

function sessions(row: Row): Line {
  const n = Number(row.sessions);
  const jobs = Number(row.with_job) === n ? 'each names its job' : `${n - Number(row.with_job)} name no job`;
  const span = `${day(row.first_used)} to ${day(row.last_used)}`;
  const head = `through the gateway: ${n} session${n === 1 ? '' : 's'} on ${text(row.target)} by `;
  if (row.side === 'account') return { text: join(`${head}${text(row.actor)}`, [text(row.actor_type), span, jobs]) };
  const account = row.account === null ? 'account not known' : `as the account ${text(row.account)}`;
  return { text: join(`${head}itself, ${account}`, [span, jobs]) };
}

/** A use around the gateway takes a gateway that holds the credential and a session log of that time. */
function lastUse(row: Row, sessionsRead: boolean): Line {
  const what = join(`${text(row.public_id ?? row.credential_id)} last used ${moment(row.last_used_at)}`, [
    text(row.last_used_for),
  ]);
  if (row.held !== true || !sessionsRead) return { text: what };
  if (row.covered === true) return { text: `${what}: within a gateway session` };
  if (row.in_period !== true) return { text: `${what}, outside the time of the sessions that were read: not judged` };
  return { text: `AROUND the gateway: ${what}: no session covers it`, bad: true };
}

function join(first: string, more: readonly string[]): string {
  const rest = more.filter((part) => part !== '');
  return rest.length === 0 ? first : `${first}  (${rest.join('; ')})`;
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}

function day(value: unknown): string {
  return String(value).slice(0, 10);
}

function moment(value: unknown): string {
  return String(value).replace(/\.\d+Z$/, 'Z');
}
