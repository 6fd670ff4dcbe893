type Raw = { readonly [key: string]: unknown };

/**
 * `Get-MgApplication | ConvertTo-Json` and its like: names begin with a capital, what a type does not know stands below
 * `AdditionalProperties`, and Windows PowerShell writes times as `/Date(1717200000000)/`. As Graph itself would write it.
 */
export function fromPowerShell(raw: Raw): Raw {
  return isPowerShell(raw) ? asRoleAssignment(renamed(raw)) : raw;
}

function isPowerShell(raw: Raw): boolean {
  return 'AppId' in raw || 'RoleDefinitionId' in raw || 'AppRoleId' in raw || 'ConsentType' in raw || 'ClientId' in raw;
}

function renamed(raw: Raw): Raw {
  const extra = raw.AdditionalProperties;
  const own = Object.entries(raw)
    .filter(([key]) => key !== 'AdditionalProperties')
    .map(([key, value]) => [/^[A-Z]{2,}$/.test(key) ? key : key.charAt(0).toLowerCase() + key.slice(1), plain(value)]);
  return { ...Object.fromEntries(own), ...(isRaw(extra) ? renamed(extra) : {}) };
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (isRaw(value)) return renamed(value);
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
