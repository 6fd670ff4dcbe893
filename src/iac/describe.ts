import type { CoverageObservation, Observation, SourceFile } from '../contracts/index.ts';
import { fileCoverage } from '../files/coverage.ts';
import { type DeclaredRows, declaredRows } from '../iam/declared.ts';
import { type GrantTally, newTally } from '../iam/grants.ts';
import { awsRows } from './aws.ts';
import { type AwsIam, readAwsIam } from './aws-iam.ts';
import { azureRows } from './azure.ts';
import { clusterAccessRows } from './eks.ts';
import { gcpRows } from './gcp.ts';
import type { Stack } from './resource.ts';
import { handedSecrets, literalSecrets, type Searching } from './secrets.ts';
import { serviceRows } from './services.ts';
import { issuedTokenRows } from './tokens.ts';

/** What a stack says of identities, worked out once for all of its files. */
export interface Description {
  readonly tally: GrantTally;
  /**
   * What one file has a part in: its resources, and the users and roles that a resource of it gives something. So a
   * change of a policy alone tells of the role that has it; whoever reads all files gets such rows twice, as one.
   */
  rows(search: Searching): Generator<Observation>;
}

export function describeStack(stack: Stack, now: Date): Description {
  const tally = newTally();
  let aws: { readonly read: AwsIam | undefined; readonly rows: DeclaredRows | undefined } | undefined;
  return {
    tally,
    *rows(search) {
      if (aws === undefined) {
        const read = readAwsIam(stack);
        aws = { read, rows: read === undefined ? undefined : declaredRows(read.estate, now, tally) };
      }
      for (const [principal, files] of aws.read?.files ?? []) {
        if (files.has(search.path)) yield* aws.rows?.rows(principal) ?? [];
      }
      for (const resource of stack.resources) {
        if (resource.where.source.path !== search.path) continue;
        yield* awsRows(resource, stack);
        yield* clusterAccessRows(resource, stack);
        if (resource.type.startsWith('google_')) yield* gcpRows(resource, stack, now);
        else if (/^azur/.test(resource.type)) yield* azureRows(resource, stack, now);
        yield* serviceRows(resource, stack);
        yield* issuedTokenRows(resource, stack, now);
        yield* handedSecrets(resource, stack);
        yield* literalSecrets(resource, stack, search);
      }
    },
  };
}

/** Of a module or template that is used in several ways: what is alike in them is told once. */
export function* rowsOf(descriptions: readonly Description[], search: Searching): Generator<Observation> {
  const [only, ...others] = descriptions;
  if (only === undefined) return;
  if (others.length === 0) return yield* only.rows(search);
  const told = new Set<string>();
  for (const description of descriptions) {
    for (const row of description.rows(search)) {
      const key = JSON.stringify(row);
      if (!told.has(key)) yield row;
      told.add(key);
    }
  }
}

/** What was read of a file of a stack. */
export function stackCoverage(file: SourceFile, problems: readonly string[]): CoverageObservation {
  const reasons = [...new Set(problems)].slice(0, 10);
  return fileCoverage(file, 'iac', ['identity', 'credential', 'grant', 'trust', 'consumer', 'sighting'], reasons);
}
