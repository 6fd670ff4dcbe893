import { readFileSync } from 'node:fs';
import { isUnreachable, networkCode } from '../live/failure.ts';
import { askedWait, backOff, pause } from '../live/wait.ts';
import { ConfigError, codeOf, OutputError } from '../util/errors.ts';
import { jsonText } from '../util/sanitize.ts';
import { Secret } from '../util/secret.ts';

const TIMEOUT_MS = 30_000;
const TRIES = 4;
const LONGEST_WAIT_MS = 60_000;

/** Whoever has the address of a webhook can write there: it is kept like a password, and only its host is told. */
export interface Webhook {
  readonly kind: 'Slack webhook' | 'Webhook';
  readonly address: Secret;
  readonly host: string;
}

/** From an environment variable or a file, never from the command line, which others can see. */
export function webhookOf(
  kind: Webhook['kind'],
  from: { readonly variable?: string | undefined; readonly file?: string | undefined },
  env: { readonly [name: string]: string | undefined },
): Webhook | undefined {
  const { variable, file } = from;
  if (variable === undefined && file === undefined) return undefined;
  if (variable !== undefined && !/^[A-Za-z_]\w*$/.test(variable)) {
    throw new ConfigError(`The ${kind.toLowerCase()} is not named by an environment variable`, {
      code: 'USAGE',
      hint: 'Give the name of the variable that holds the address, not the address: --slack-webhook-env SLACK_WEBHOOK_URL',
    });
  }
  const text = (variable === undefined ? readAddress(kind, file ?? '') : (env[variable] ?? '')).trim();
  const where = variable ?? file ?? '';
  if (text === '')
    throw new ConfigError(`${where} is empty: there is no address of the ${kind.toLowerCase()}`, { code: 'WEBHOOK' });
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHere = url !== undefined && /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
  if (url === undefined || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))) {
    throw new ConfigError(`${where} holds no https address`, { code: 'WEBHOOK', hint: 'The address begins with https://' });
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(`${where} holds an address with a user or a password before its host`, {
      code: 'WEBHOOK',
      hint: 'Such an address cannot be asked. A webhook has its secret in the path: give that address.',
    });
  }
  return { kind, address: new Secret(url.href), host: url.host };
}

function readAddress(kind: Webhook['kind'], file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error) ?? 'it failed';
    // Neither its name nor the cause, which names it: it may be the address itself.
    throw looksLikeAddress(file)
      ? new ConfigError(`The file of the ${kind.toLowerCase()} cannot be read (${code}): its name looks like an address`, {
          code: 'WEBHOOK',
          hint: 'Give the name of a file that holds the address, not the address.',
        })
      : new ConfigError(`${file} cannot be read: ${code}`, { code: 'WEBHOOK' });
  }
}

/** `https://…`, also where a path was made of it (`/home/ada/https:/…`), or `hooks.slack.com/services/…` without its beginning. */
function looksLikeAddress(file: string): boolean {
  return /https?:|hooks?\.|\/services\//i.test(file);
}

/** Posts JSON. What the far end cannot do just now is tried again; what it refuses is said. */
export async function send(
  { kind, address, host }: Webhook,
  body: object,
  {
    signal,
    second = 1000,
    timeout = TIMEOUT_MS,
  }: { readonly signal: AbortSignal; readonly second?: number; readonly timeout?: number },
): Promise<void> {
  for (let tried = 1; ; tried++) {
    let failure: string;
    let wait = backOff(tried, second);
    try {
      const response = await fetch(address.reveal(), {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'nhi-audit' },
        body: jsonText(body),
        // Findings go to the host that was named, and to no other.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      });
      await response.body?.cancel();
      if (response.ok) return;
      const { status } = response;
      if (status < 500 && status !== 429) {
        throw new ConfigError(`${kind} at ${host} refuses the message: HTTP ${status}`, {
          code: 'WEBHOOK_REFUSED',
          hint: hintOf(status),
        });
      }
      failure = `HTTP ${status}`;
      wait = Math.min((askedWait(response.headers, Date.now()) ?? 0) * (second / 1000) || wait, LONGEST_WAIT_MS);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      signal.throwIfAborted();
      if (isTimeout(error)) failure = `no answer within ${timeout / 1000} s`;
      // What `fetch` says may name the address.
      else failure = (isUnreachable(error) ? networkCode(error) : codeOf(error)) ?? 'no connection';
    }
    if (tried === TRIES) {
      throw new OutputError(`${kind} at ${host} took no message in ${TRIES} tries: ${failure}`, {
        code: 'WEBHOOK_FAILED',
        hint: 'Run the same command again later: the store still knows what changed.',
      });
    }
    await pause(wait, signal);
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function hintOf(status: number): string {
  if (status >= 300 && status < 400) return 'It sends on to another address: give that one.';
  if (status === 404 || status === 410) return 'Was the webhook taken away? Make a new one.';
  if (status === 401 || status === 403) return 'Its address, or what it may post to, has changed: make a new one.';
  if (status === 413) return 'The far end takes no message of that size.';
  return 'Does it take this kind of message? --slack-webhook-env is for Slack and what speaks like it, --webhook-env for the rest.';
}
