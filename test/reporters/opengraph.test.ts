import assert from 'node:assert/strict';
import type { ValidateFunction } from 'ajv';
import { opengraph } from '../../reporters/opengraph/index.ts';
import { EDGE_KINDS, NODE_KINDS } from '../../reporters/opengraph/kinds.ts';
import type { LineageEdge } from '../../src/contracts/report-parts.ts';
import type { Report } from '../../src/contracts/reporter.ts';
import { hostileWithParts, largeReport, sampleLineage, sampleWithParts, settledReport } from '../helpers/made-parts.ts';
import { emptyReport, partialReport, renderText, sampleReport } from '../helpers/report.ts';
import { opengraphExtensionSchema, opengraphSchema } from '../helpers/schemas.ts';

interface Node {
  id: string;
  kinds: [string];
  properties: { [name: string]: unknown };
}
interface Edge {
  start: { value: string };
  end: { value: string };
  kind: string;
  properties: { how?: string[]; evidence?: string[] };
}
interface Extension {
  node_kinds: { name: string }[];
  relationship_kinds: { name: string }[];
}
interface Data {
  graph: { nodes: Node[]; edges: Edge[] };
}

const REPORTS: { readonly [name: string]: () => Report } = {
  'an empty run': emptyReport,
  'a full run': sampleWithParts,
  'a run without lineage': sampleReport,
  'a partial run': () => ({ ...partialReport(), parts: { lineage: sampleLineage() } }),
  'a run with accepted and fixed findings': settledReport,
  'hostile names': hostileWithParts,
};

async function data(report: Report): Promise<Data> {
  return JSON.parse(await renderText(opengraph, report));
}

async function definition(schema: boolean | string): Promise<Extension> {
  return JSON.parse(await renderText(opengraph, sampleWithParts(), { schema }));
}

function withEdges(edges: readonly LineageEdge[]): Report {
  return { ...sampleReport(), parts: { lineage: { ...sampleLineage(), edges } } };
}

/** From node to node by what they are called in our words. */
function told({ graph: { nodes, edges } }: Data): string[] {
  const names = new Map(nodes.map(({ id, properties }) => [id, properties.displayname]));
  return edges.map(({ start, kind, end }) => `${names.get(start.value)} ${kind} ${names.get(end.value)}`).sort();
}

describe('opengraph reporter', () => {
  let isGraph: ValidateFunction;
  let isExtension: ValidateFunction;

  before(async () => {
    isGraph = await opengraphSchema();
    isExtension = await opengraphExtensionSchema();
  });

  for (const [name, make] of Object.entries(REPORTS)) {
    it(`is as BloodHound wants it for ${name}`, async () => {
      assert.ok(isGraph(await data(make())), JSON.stringify(isGraph.errors));
    });
  }

  it('writes the definition of its kinds on request, and that alone', async () => {
    const extension = await definition('true');
    const names = [...extension.node_kinds, ...extension.relationship_kinds].map(({ name }) => name);

    assert.ok(isExtension(extension), JSON.stringify(isExtension.errors));
    assert.equal(new Set(names).size, names.length);
    assert.ok(!('graph' in extension));
    assert.deepEqual(opengraph.partsOf?.({ schema: 'true' }), []);
    assert.deepEqual(opengraph.partsOf?.({}), ['lineage']);
  });

  it('uses no kind that its definition does not have', async () => {
    const { graph } = await data(sampleWithParts());
    const extension = await definition(true);
    const defined = (kinds: { name: string }[]) => new Set(kinds.map(({ name }) => name));

    assert.deepEqual(new Set(graph.nodes.map(({ kinds }) => kinds[0])), defined(extension.node_kinds));
    assert.deepEqual(new Set(graph.edges.map(({ kind }) => kind)), defined(extension.relationship_kinds));
    assert.equal(Object.keys(NODE_KINDS).length + 1, extension.node_kinds.length);
  });

  it('leads from a place over the credential to what its identity reaches, and not from its owner', async () => {
    assert.deepEqual(told(await data(sampleWithParts())), [
      'AKIA0HARBOUR0DEPLOY0 NHI_Authenticates ci-deploy',
      'anyone NHI_MayBecome ci-deploy',
      'ci-deploy NHI_Has admin',
      'ci-deploy NHI_Reaches s3://harbour-orders',
      'deploy NHI_RunsAs ci-deploy',
      'jo@harbour.example NHI_Owns ci-deploy',
      'notebooks/churn.ipynb NHI_Exposes AKIA0HARBOUR0DEPLOY0',
    ]);
    assert.deepEqual(
      Object.values(EDGE_KINDS).flatMap(({ name, isTraversable }) => (isTraversable ? [] : [name])),
      ['NHI_Owns'],
    );
  });

  it('makes one edge of several ways, whatever their order', async () => {
    const [from, to] = ['identity:aws:123456789012:user/ci-deploy', 'resource:s3://harbour-orders'];
    const ways: LineageEdge[] = [
      { from, to, kind: 'reaches', label: 'write on s3://harbour-orders', evidence: ['o2', 'o1'] },
      { from, to: 'capability:admin', kind: 'has', evidence: [] },
      { from, to, kind: 'reaches', label: 'read on s3://harbour-orders', evidence: ['o1'] },
    ];
    const { graph } = await data(withEdges(ways));
    const reaches = graph.edges.filter(({ kind }) => kind === 'NHI_Reaches');

    assert.deepEqual(
      reaches.map(({ properties }) => properties),
      [{ how: ['read on s3://harbour-orders', 'write on s3://harbour-orders'], evidence: ['o1', 'o2'] }],
    );
    assert.equal(await renderText(opengraph, withEdges(ways.toReversed())), await renderText(opengraph, withEdges(ways)));
  });

  it('leaves out edges to what is not in the graph', async () => {
    const { graph } = await data(withEdges([{ from: 'identity:gone', to: 'capability:admin', kind: 'has', evidence: [] }]));

    assert.deepEqual(graph.edges, []);
  });

  it('says how whole the graph is', async () => {
    const { graph } = await data({ ...partialReport(), parts: { lineage: sampleLineage() } });
    const run = graph.nodes.find(({ kinds }) => kinds[0] === 'NHI_Run');

    assert.equal(run?.properties.omitted_nodes, 3);
    assert.equal(run?.properties.omitted_edges, 5);
    assert.equal(run?.properties.coverage_gaps, 2);
    assert.match(String(run?.properties.not_read), /credential report: iam:GetCredentialReport is not allowed/);
  });

  it('keeps ids from run to run, but that of the run', async () => {
    const report = sampleWithParts();
    const first = await data(report);
    const second = await data({ ...report, run: { ...report.run, id: 'another' } });
    const ids = new Set(first.graph.nodes.map(({ id }) => id));

    assert.equal(ids.size, first.graph.nodes.length);
    assert.equal(second.graph.nodes.filter(({ id }) => !ids.has(id)).length, 1);
  });

  it('writes a large graph row by row', async () => {
    let longest = 0;
    for await (const piece of opengraph.render(
      largeReport(1000),
      {},
      { width: undefined, color: false, links: false, store: undefined },
    )) {
      longest = Math.max(longest, piece.length);
    }

    assert.ok(longest < 5000);
  });
});
