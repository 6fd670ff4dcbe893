import assert from 'node:assert/strict';
import { githubActions } from '../../../scanners/github-actions/index.ts';
import type { ConsumerObservation, JsonObject, Location, Observation, SourceFile } from '../../../src/contracts/index.ts';
import { collect, kinds, testContext } from '../../helpers/scan-context.ts';

export const WORKFLOW = '.github/workflows/deploy.yml';

export function source(text: string | Uint8Array, path = WORKFLOW, repository: string | undefined = 'harbour/shop'): SourceFile {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const at: Location = { ...(repository === '' ? {} : { repository }), path };
  return { path, bytes, text: () => new TextDecoder().decode(bytes), at, place: 'work-tree' };
}

export async function scan(text: string | Uint8Array, path?: string, repository?: string): Promise<Observation[]> {
  return collect(githubActions.scan(source(text, path, repository), testContext()));
}

/** A workflow of one job, `deploy`; lines are indented by the caller as in the job. */
export function workflow(job: string, head = 'on: push'): string {
  return `${head}\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n${job}`;
}

/** The job's consumer of a secret, a credential or an identity; each must be there once. */
export async function consumerOf(text: string, name: string): Promise<ConsumerObservation & { readonly detail: JsonObject }> {
  const found = kinds(await scan(text), 'consumer').filter(
    (each) => each.detail?.fact === undefined && (each.secretName === name || each.identity === name || each.credential === name),
  );
  const [first, ...others] = found;
  assert.ok(first?.detail, `no consumer of ${name}`);
  assert.equal(others.length, 0);
  return { ...first, detail: first.detail };
}

/** What stands in the file at a location: proves the position. */
export function textAt(text: string, at: Location | undefined, length?: number): string {
  const line = text.split('\n')[(at?.line ?? 0) - 1] ?? '';
  const from = (at?.column ?? 0) - 1;
  return line.slice(from, length === undefined ? (at?.endColumn ?? 0) - 1 : from + length);
}

/** Rows of a fact, in the order of the file. */
export async function factsOf(
  text: string,
  fact: string,
  path?: string,
): Promise<(ConsumerObservation & { readonly detail: JsonObject })[]> {
  return kinds(await scan(text, path), 'consumer').flatMap((each) =>
    each.detail?.fact === fact ? [{ ...each, detail: each.detail }] : [],
  );
}
