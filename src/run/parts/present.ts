/** Drops NULLs and maps columns to members. The row was written by this program from the same type; it is not a stranger's. */
export function present<T>(members: { readonly [member: string]: unknown }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined)) as T;
}
