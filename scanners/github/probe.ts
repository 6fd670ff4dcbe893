import type { Probed, ScanContext, ServiceTarget } from '../../src/contracts/index.ts';
import { LiveFailure, probeCalls } from '../../src/live/index.ts';
import { fillIn } from './address.ts';
import { callOf, endpointsFor } from './calls.ts';
import { explain } from './failure.ts';
import { type LiveOptions, openScan } from './live.ts';
import { readLogin } from './login.ts';
import { isRecord, listIn } from './shape.ts';

/** Tries each call for one entry; those of repositories on one that was pushed to lately. */
export async function* probeGithub(
  target: ServiceTarget,
  context: ScanContext,
  options: LiveOptions = {},
): AsyncIterable<Probed> {
  const { address, api, session } = await openScan(target, context, options);
  const login = readLogin(context.env);
  // It takes the right of the list, and a secret for chosen repositories to try it on.
  const endpoints = endpointsFor(address).filter(({ id }) => !id.endsWith('secret-repositories'));
  const byOperation = new Map(endpoints.map((endpoint) => [callOf(endpoint, login).operation, endpoint]));
  let repository = address.repository;
  let environment: string | undefined;
  const entries = new Map<string, string>();
  let exists = false;
  yield* probeCalls(
    session,
    endpoints.map((endpoint) => callOf(endpoint, login)),
    async ({ operation }) => {
      const endpoint = byOperation.get(operation);
      if (endpoint === undefined) return;
      if ((endpoint.level === 'repo' || endpoint.level === 'environment') && repository === undefined)
        throw new LiveFailure('no repository is seen to try it on', { kind: 'failed' });
      if (endpoint.level === 'environment' && environment === undefined)
        throw new LiveFailure('the repository has no environment to try it on', { kind: 'failed' });
      const entry = endpoint.entryOf === undefined ? undefined : entries.get(endpoint.id);
      if (endpoint.level === 'entry' && entry === undefined)
        throw new LiveFailure('nothing is seen to try it on', { kind: 'failed' });
      const names = {
        org: address.org,
        ...(repository === undefined ? {} : { repository }),
        ...(environment === undefined ? {} : { environment }),
        ...(entry === undefined ? {} : { entry }),
      };
      try {
        const query = endpoint.single === true ? {} : { per_page: 1, ...endpoint.query };
        const { data } = await api.get(fillIn(endpoint, names), query);
        exists = true;
        if (endpoint.id === 'repositories')
          repository = textIn(Array.isArray(data) ? data[0] : undefined, 'full_name') ?? repository;
        const [first] = Array.isArray(data) ? data : isRecord(data) ? (listIn(data)?.entries ?? []) : [];
        for (const { id, entryOf } of endpoints) {
          const name = entryOf?.list === endpoint.id ? textIn(first, entryOf.field) : undefined;
          if (name !== undefined) entries.set(id, name);
        }
        if (endpoint.id === 'environments' && isRecord(data) && Array.isArray(data.environments))
          environment = textIn(data.environments[0], 'name');
      } catch (error) {
        context.signal.throwIfAborted();
        throw explain(error, endpoint, exists);
      }
    },
  );
}

function textIn(value: unknown, field: string): string | undefined {
  if (!isRecord(value)) return undefined;
  const text = value[field];
  return typeof text === 'string' || typeof text === 'number' ? String(text) : undefined;
}
