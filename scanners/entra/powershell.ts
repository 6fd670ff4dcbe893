type Raw = { readonly [key: string]: unknown };

/**
 * `Get-MgApplication | ConvertTo-Json` and its like: names begin with a capital, what a type does not know stands below
 * `AdditionalProperties`, and Windows PowerShell writes times as `/Date(1717200000000)/`. As Graph itself would write it.
 */
export function fromPowerShell(raw: Raw): Raw {
  return isPowerShell(raw) ? asRoleAssignment(renamed(raw, 0)) : raw;
}

function isPowerShell(raw: Raw): boolean {
  return 'AppId' in raw || 'RoleDefinitionId' in raw || 'AppRoleId' in raw || 'ConsentType' in raw || 'ClientId' in raw;
}

/** `ConvertTo-Json` goes down to 100 at most. */
const MOST_DEPTH = 100;

function renamed(raw: Raw, depth: number): Raw {
  const extra = raw.AdditionalProperties;
  const own = Object.entries(raw)
    .filter(([key]) => key !== 'AdditionalProperties')
    .map(([key, value]) => [/^[A-Z]{2,}$/.test(key) ? key : key.charAt(0).toLowerCase() + key.slice(1), plain(value, depth + 1)]);
  return { ...Object.fromEntries(own), ...(isRaw(extra) && depth < MOST_DEPTH ? renamed(extra, depth + 1) : {}) };
}

function plain(value: unknown, depth: number): unknown {
  if (depth > MOST_DEPTH) return undefined;
  if (Array.isArray(value)) return value.map((one) => plain(one, depth + 1));
  if (isRaw(value)) return renamed(value, depth);
  const milliseconds = typeof value === 'string' ? /^\/Date\((?<ms>-?\d{1,15})\)\/$/.exec(value)?.groups?.ms : undefined;
  if (milliseconds === undefined) return value;
  const date = new Date(Number(milliseconds));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** `Get-AzRoleAssignment` calls the principal an object. */
function asRoleAssignment(raw: Raw): Raw {
  if (!('scope' in raw) || !('objectId' in raw) || !('roleDefinitionName' in raw)) return raw;
  return { ...raw, id: raw.roleAssignmentId, principalId: raw.objectId, principalType: raw.objectType };
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
