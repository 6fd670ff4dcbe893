/** How far a binding was used, as the policy insights of the recommender tell it. */
export interface PolicyUse {
  readonly role: string;
  readonly resource: string;
  /** Permissions that were used in the window. */
  readonly exercised: readonly string[];
  /** Permissions that are likely needed, by what similar ones use. */
  readonly inferred: readonly string[];
  /** All that the role has. */
  readonly total?: number;
  /** Length of the window, in days. */
  readonly days: number;
  readonly until?: string;
}

/** What Google itself proposes in place of a role. */
export interface Recommended {
  readonly member: string;
  readonly resource: string;
  readonly removed: string;
  readonly added: readonly string[];
  readonly days: number;
}

export interface TrimInput {
  /** `serviceAccount:etl@hc-prod.iam.gserviceaccount.com` */
  readonly member: string;
  readonly bindings: readonly { readonly role: string; readonly resource: string }[];
  readonly uses: readonly PolicyUse[];
  readonly recommended?: readonly Recommended[];
  /** Last authentication, and the window in which it would be on record. */
  readonly lastUse?: { readonly at?: string; readonly from?: string; readonly until?: string };
}

export interface Trimmed {
  readonly status: 'proposed' | 'unchanged' | 'inconclusive';
  /** YAML to review: what to keep, what to remove, what to grant instead. */
  readonly text: string;
  /** `roles/editor on projects/hc-prod` */
  readonly removed: readonly string[];
  /** What it rests on, in words. */
  readonly window: string;
  /** Bindings that nothing can be said about, and why. */
  readonly open: readonly string[];
}

/** Shorter windows miss what runs once a quarter. https://cloud.google.com/policy-intelligence/docs/role-recommendations-overview#observation-period */
export const ENOUGH_DAYS = 90;

interface Line {
  readonly resource: string;
  readonly text: readonly string[];
}

/**
 * Roles that are enough for what an identity did, as text to review: nothing is applied. Says `inconclusive` where the window
 * is shorter than 90 days or nothing tells which permissions were used.
 */
export function trimRoles(input: TrimInput): Trimmed {
  const unused = unusedDays(input);
  const removed: string[] = [];
  const open: string[] = [];
  const lines: Line[] = [];
  let changes = 0;
  for (const { role, resource } of distinct(input.bindings)) {
    const place = `${role} on ${resource}`;
    const use = input.uses.find((one) => one.role === role && one.resource === resource);
    const days = use?.days ?? unused ?? 0;
    if (use === undefined && unused === undefined) {
      open.push(`${place}: nothing tells which of its permissions were used`);
      lines.push({ resource, text: [`- keep: ${role}  # not known how far it is used`] });
    } else if (days < ENOUGH_DAYS) {
      open.push(`${place}: ${days} days are on record, ${ENOUGH_DAYS} are needed`);
      lines.push({ resource, text: [`- keep: ${role}  # only ${days} days are on record`] });
    } else if (use === undefined || (use.exercised.length === 0 && use.inferred.length === 0)) {
      removed.push(place);
      changes++;
      lines.push({ resource, text: [`- remove: ${role}  # not used`] });
    } else if (use.total !== undefined && use.exercised.length >= use.total) {
      lines.push({ resource, text: [`- keep: ${role}  # all of it is used`] });
    } else {
      removed.push(place);
      changes++;
      lines.push({
        resource,
        text: replaced(
          role,
          use,
          input.recommended?.find((one) => one.removed === role && one.resource === resource),
        ),
      });
    }
  }
  const window = windowText(input, unused);
  const status = changes > 0 ? 'proposed' : open.length > 0 || lines.length === 0 ? 'inconclusive' : 'unchanged';
  return { status, text: textOf(input.member, window, lines), removed, window, open };
}

/** The grants in place of a role: what Google proposes, or a role of one's own with what was used. */
function replaced(role: string, use: PolicyUse, recommended: Recommended | undefined): string[] {
  const of = use.total === undefined ? '' : ` of ${use.total}`;
  const remove = `- remove: ${role}  # ${use.exercised.length}${of} permissions were used`;
  if (recommended !== undefined && recommended.days >= ENOUGH_DAYS && recommended.added.length > 0) {
    return [remove, ...recommended.added.map((one) => `- grant: ${one}  # as Google recommends`)];
  }
  const needed = [...new Set(use.exercised)].sort();
  const likely = [...new Set(use.inferred)].filter((one) => !needed.includes(one)).sort();
  return [
    remove,
    '- grant: a role of your own',
    '  includedPermissions:',
    ...needed.map((one) => `    - ${one}`),
    ...likely.map((one) => `    - ${one}  # not used yet, likely needed`),
  ];
}

/** Days without any authentication at all, where that is on record; `undefined` for an account that was used. */
function unusedDays({ lastUse }: TrimInput): number | undefined {
  if (lastUse?.from === undefined || lastUse.until === undefined) return undefined;
  if (lastUse.at !== undefined && lastUse.at > lastUse.from) return undefined;
  return Math.floor((Date.parse(lastUse.until) - Date.parse(lastUse.from)) / 86_400_000);
}

function windowText({ uses, lastUse }: TrimInput, unused: number | undefined): string {
  const until = uses.flatMap((one) => one.until ?? []).sort()[0];
  if (uses.length > 0) {
    const days = Math.min(...uses.map((one) => one.days));
    return `${days} days${until === undefined ? '' : ` until ${until.slice(0, 10)}`} (policy insights)`;
  }
  if (unused !== undefined)
    return `${unused} days until ${lastUse?.until?.slice(0, 10)} without an authentication (calls with API keys are not seen)`;
  return 'no record of use';
}

function textOf(member: string, window: string, lines: readonly Line[]): string {
  const text = [`# ${member}`, `# rests on: ${window}`, '# review before you apply it'];
  for (const resource of new Set(lines.map((one) => one.resource))) {
    text.push(`${JSON.stringify(resource)}:`);
    for (const line of lines) if (line.resource === resource) text.push(...line.text.map((one) => `  ${one}`));
  }
  return `${text.join('\n')}\n`;
}

function distinct<T extends { readonly role: string; readonly resource: string }>(bindings: readonly T[]): T[] {
  const seen = new Set<string>();
  return bindings.filter(({ role, resource }) => {
    const key = `${role} ${resource}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
