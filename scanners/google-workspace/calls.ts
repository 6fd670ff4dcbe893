import type { LiveCall } from '../../src/contracts/index.ts';

const AUTH = 'https://www.googleapis.com/auth/';

/** Every call of a live run. All are GET. */
export const CALLS = {
  users: {
    operation: 'GET /admin/directory/v1/users',
    right: `${AUTH}admin.directory.user.readonly`,
    tells: 'users, and who of them is an administrator',
  },
  tokens: {
    operation: 'GET /admin/directory/v1/users/{userKey}/tokens',
    right: `${AUTH}admin.directory.user.security`,
    tells: 'the apps that users let in, and their scopes',
  },
  passwords: {
    operation: 'GET /admin/directory/v1/users/{userKey}/asps',
    right: `${AUTH}admin.directory.user.security`,
    tells: 'app passwords of users',
  },
  delegation: {
    operation: 'GET /admin/reports/v1/activity/users/all/applications/admin',
    right: `${AUTH}admin.reports.audit.readonly`,
    tells: 'who may act as any user',
  },
} as const satisfies { readonly [name: string]: Omit<LiveCall, 'host'> };
export type CallName = keyof typeof CALLS;

export const HOST = 'admin.googleapis.com';

export function callsOf(): LiveCall[] {
  return Object.values(CALLS).map((call) => ({ host: HOST, ...call }));
}
