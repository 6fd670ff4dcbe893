import type { Row } from '../store/index.ts';
import { printable } from '../util/sanitize.ts';
import type { Trace } from './facts.ts';
import type { Subject } from './resolve.ts';

/** The chain in words: where seen, whose, what it reaches, who owns it, who uses it, what it did, what that breaks. */
export function tell(subject: Subject, trace: Trace): string {
  const sections: (readonly [heading: string, lines: readonly string[]])[] = [
    ['Where seen', seen(trace)],
    ['Whose', whose(subject, trace)],
    ['Reaches', reaches(subject, trace)],
    ['Who may become it', trace.trusts.map(trust)],
    ['Owner', owner(trace)],
    ['Set up to use it', trace.consumers.map(consumer)],
    ['What it did', did(trace)],
    ['What that breaks', breaks(trace)],
  ];
  const title = subject.identity ?? trace.sightings.map((row) => text(row.masked))[0] ?? subject.credentials[0] ?? '';
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([heading, lines]) => `${heading}\n${lines.map((line) => `  ${line}`).join('\n')}\n`);
  return `${printable(title)}\n\n${body.join('\n')}`;
}

function seen({ sightings, surfaces }: Trace): string[] {
  if (sightings.length === 0) {
    const looked = ['work-tree', 'history', 'notebook', 'ci'].some((surface) => surfaces.includes(surface));
    return [looked ? 'nowhere in what was scanned' : 'not assessed: no repository was scanned'];
  }
  return sightings.map((row) => {
    const location = (row.location ?? {}) as {
      readonly commit?: string;
      readonly atHead?: boolean;
      readonly author?: string;
      readonly date?: string;
    };
    const when =
      location.commit === undefined ? '' : `, ${[location.date?.slice(0, 10), location.author].filter(Boolean).join(' by ')}`;
    const state =
      location.atHead === true ? 'still there' : location.commit === undefined ? '' : 'gone from HEAD, still in history';
    return join(`${text(row.masked)}  ${text(row.place_text)}`, [`${state}${state === '' ? '' : when}`]);
  });
}

function whose({ identity }: Subject, trace: Trace): string[] {
  if (identity === undefined) {
    return trace.surfaces.some((surface) => ['aws', 'gcp', 'github', 'entra'].includes(surface))
      ? ['no identity of the inventories that were read']
      : ['not assessed: no inventory was read (give an IAM export, or a live target)'];
  }
  const basis = [...new Set(trace.joins.map((row) => text(row.basis)))].join(', ');
  const lines = [join(printable(identity), [basis === '' ? '' : `known from: ${basis}`])];
  for (const row of trace.credentials) {
    lines.push(
      join(`${text(row.type)} ${text(row.public_id ?? row.credential_id)}`, [
        text(row.status),
        row.created_at === null ? '' : `created ${day(row.created_at)}`,
        row.never_expires === true ? 'never expires' : row.expires_at === null ? '' : `expires ${day(row.expires_at)}`,
      ]),
    );
  }
  return lines;
}

function reaches(subject: Subject, { reach, surfaces }: Trace): string[] {
  if (subject.identity === undefined) return [];
  if (reach.length === 0) {
    return surfaces.some((surface) => ['aws', 'gcp', 'k8s', 'postgres'].includes(surface))
      ? ['nothing of note']
      : ['not assessed: no grants were read'];
  }
  return reach.map((row) => {
    const detail = (row.detail ?? {}) as { readonly path?: string };
    const path = (row.path as readonly string[]) ?? [];
    const by = path.length > 1 ? `by becoming ${path.slice(1).map(printable).join(' → ')}` : '';
    return join(text(row.capability), [
      by,
      text(detail.path ?? ''),
      row.confidence === 'high' || row.confidence === null ? '' : `${text(row.confidence)} confidence`,
    ]);
  });
}

function trust(row: Row): string {
  return join(`${text(row.principal)}`, [
    text(row.principal_type),
    row.subject === null ? (row.principal_type === 'oidc' ? 'any subject' : '') : `subject ${text(row.subject)}`,
  ]);
}

function owner({ owner: row, surfaces }: Trace): string[] {
  if (row === undefined) return [];
  if (row.ownership === 'unowned') return ['nobody is named'];
  const roster = surfaces.includes('people') ? '' : 'not checked: no roster was read';
  const state =
    row.ownership === 'owner-left'
      ? `left${row.left_at === null ? '' : ` ${day(row.left_at)}`}`
      : row.ownership === 'owner-unknown'
        ? 'not in the roster'
        : row.ownership === 'conflicting'
          ? 'several are named'
          : '';
  return [
    join(text(row.person ?? row.owner), [
      row.person === null ? '' : text(row.owner),
      text(row.relation),
      text(row.team),
      state,
      roster,
      `from ${text(row.owner_basis)}`,
    ]),
  ];
}

function consumer(row: Row): string {
  return join(text(row.consumer_id), [
    text(row.type),
    text(row.how),
    row.secret_name === null ? '' : `secret ${text(row.secret_name)}`,
    text(row.environment),
    row.trigger === null ? '' : `on ${text(row.trigger)}`,
  ]);
}

function did({ gateway, outside, surfaces }: Trace): string[] {
  const lines = gateway.map((row) => {
    const n = Number(row.sessions);
    return join(`through the gateway: ${n} session${n === 1 ? '' : 's'} on ${text(row.target)} by ${text(row.actor)}`, [
      text(row.actor_type),
      `${day(row.first_used)} to ${day(row.last_used)}`,
      Number(row.with_job) === n ? 'each names its job' : `${n - Number(row.with_job)} name no job`,
    ]);
  });
  if (gateway.length === 0)
    lines.push(
      surfaces.includes('gateway')
        ? 'through the gateway: no session'
        : 'through the gateway: not assessed (no session log was read)',
    );
  for (const row of outside) {
    const at = String(row.last_used_at).replace(/\.\d+Z$/, 'Z');
    const what = join(`${text(row.public_id ?? row.credential_id)} last used ${at}`, [text(row.last_used_for)]);
    if (!surfaces.includes('gateway')) lines.push(what);
    else
      lines.push(
        row.covered === true ? `${what}: within a gateway session` : `AROUND the gateway: ${what}: no session covers it`,
      );
  }
  return lines;
}

function breaks({ findings }: Trace): string[] {
  return findings.flatMap((row) => {
    const controls = (row.controls as readonly string[]).map((control) => control.slice(control.indexOf(':') + 1));
    return [
      `${text(row.severity).toUpperCase()} ${text(row.rule)}  [${controls.map(printable).join(', ')}]`,
      `  ${text(row.message)}`,
    ];
  });
}

function join(first: string, more: readonly string[]): string {
  const rest = more.filter((part) => part !== '');
  return rest.length === 0 ? first : `${first}  (${rest.join('; ')})`;
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : printable(String(value));
}

function day(value: unknown): string {
  return String(value).slice(0, 10);
}
