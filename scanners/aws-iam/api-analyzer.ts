import type { ScanContext } from '../../src/contracts/index.ts';
import { clientConfig, keep } from './client-config.ts';

export interface AnalyzerApi {
  /** ARNs of those that work. */
  analyzers(): Promise<readonly string[]>;
  /** Findings that are open, without their details. */
  findings(analyzer: string): Promise<readonly object[]>;
  finding(analyzer: string, id: string): Promise<object>;
  close(): void;
}

export async function openAnalyzer(profile: string, context: ScanContext): Promise<AnalyzerApi> {
  const sdk = await import('@aws-sdk/client-accessanalyzer');
  const client = new sdk.AccessAnalyzerClient(clientConfig('access-analyzer', profile, context.env));
  const options = { abortSignal: context.signal };
  const kept = <T extends object>(step: string, make: () => Promise<T>) => keep(context, `access analyzer: ${step}`, make);
  return {
    analyzers: () =>
      kept('list', async () => {
        const all = await paged(
          (more) => client.send(new sdk.ListAnalyzersCommand(more), options),
          (page) => page.analyzers,
        );
        return all.flatMap((one) => (one.status === 'ACTIVE' ? (one.arn ?? []) : []));
      }),
    findings: (analyzerArn) =>
      kept(`findings of ${analyzerArn}`, () =>
        paged(
          (more) =>
            client.send(new sdk.ListFindingsV2Command({ analyzerArn, filter: { status: { eq: ['ACTIVE'] } }, ...more }), options),
          (page) => page.findings,
        ),
      ),
    finding: (analyzerArn, id) =>
      kept(`finding ${id}`, async () => {
        const {
          $metadata: _,
          nextToken: __,
          ...finding
        } = await client.send(new sdk.GetFindingV2Command({ analyzerArn, id }), options);
        return finding;
      }),
    close: () => client.destroy(),
  };
}

async function paged<P extends { readonly nextToken?: string | undefined }, T>(
  ask: (more: { readonly nextToken?: string }) => Promise<P>,
  items: (page: P) => readonly T[] | undefined,
): Promise<T[]> {
  const found: T[] = [];
  let token: string | undefined;
  do {
    const page: P = await ask(token === undefined ? {} : { nextToken: token });
    found.push(...(items(page) ?? []));
    if (page.nextToken !== undefined && page.nextToken === token) throw new Error('the pages of the answer do not end');
    token = page.nextToken;
  } while (token !== undefined);
  return found;
}
