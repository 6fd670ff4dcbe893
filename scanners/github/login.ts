import type { ScanContext } from '../../src/contracts/index.ts';
import { ConfigError, TargetError } from '../../src/util/errors.ts';
import { Secret } from '../../src/util/secret.ts';
import { readAppKey } from './app.ts';

/** How the scan signs in, and where. */
export interface Login {
  readonly baseUrl: string;
  readonly host: string;
  readonly with: TokenLogin | AppLogin | undefined;
}

interface TokenLogin {
  readonly token: Secret;
}

export interface AppLogin {
  readonly appId: string;
  readonly key: Secret;
  readonly installation: string | undefined;
}

const PUBLIC_API = 'https://api.github.com';

/** As the tools of GitHub have it: GITHUB_API_URL, GITHUB_TOKEN or GH_TOKEN; on a server of one's own also GH_ENTERPRISE_TOKEN. */
export function readLogin(env: ScanContext['env']): Login {
  const baseUrl = (filled(env.GITHUB_API_URL) ?? hostUrl(filled(env.GH_HOST)) ?? PUBLIC_API).replace(/\/+$/, '');
  const host = hostOf(baseUrl);
  const { GITHUB_APP_ID: appId, GITHUB_APP_PRIVATE_KEY: key } = env;
  if (filled(appId) !== undefined || filled(key) !== undefined) {
    if (appId === undefined || key === undefined) {
      throw new ConfigError('A GitHub App signs in with both GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY', {
        code: 'GITHUB_APP',
        hint: 'Set both, or neither and GITHUB_TOKEN.',
      });
    }
    return {
      baseUrl,
      host,
      with: { appId: appId.trim(), key: readAppKey(key), installation: filled(env.GITHUB_APP_INSTALLATION_ID) },
    };
  }
  const own = baseUrl === PUBLIC_API ? undefined : (filled(env.GH_ENTERPRISE_TOKEN) ?? filled(env.GITHUB_ENTERPRISE_TOKEN));
  const token = own ?? filled(env.GITHUB_TOKEN) ?? filled(env.GH_TOKEN);
  return { baseUrl, host, with: token === undefined ? undefined : { token: new Secret(token.trim()) } };
}

export function isApp(login: Login['with']): login is AppLogin {
  return login !== undefined && 'appId' in login;
}

/** What `gh` calls a host is a server of one's own, unless it is github.com or a tenant of it. */
function hostUrl(host: string | undefined): string | undefined {
  if (host === undefined || host === 'github.com') return undefined;
  return host.endsWith('.ghe.com') ? `https://api.${host}` : `https://${host}/api/v3`;
}

function hostOf(baseUrl: string): string {
  const hint = 'Write https://HOST/api/v3, or leave it out for github.com.';
  if (!URL.canParse(baseUrl)) throw new TargetError('GITHUB_API_URL is no address', { code: 'TARGET_ADDRESS', hint });
  const url = new URL(baseUrl);
  const isHere = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))
    throw new TargetError(`GitHub at ${url.host} would be asked without encryption`, { code: 'TARGET_ADDRESS', hint });
  if (url.username !== '' || url.password !== '')
    throw new TargetError('GITHUB_API_URL holds a login', { code: 'TARGET_ADDRESS', hint: 'Put it into GITHUB_TOKEN.' });
  return url.host;
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value;
}
