import { defineFileScanner, defineServiceScanner } from '../../src/contracts/index.ts';
import { callsOf } from './live-calls.ts';
import { gatewayOf } from './live-target.ts';
import { looksLikeExport } from './shape.ts';

/** One for both, which have the same parsers: days of sessions that stand in a store are read anew when it is raised. */
const VERSION = 11;

/** What `hoop` and its API export, and sessions with it. The parsers load when the first export is met. */
export const gatewaySessions = defineFileScanner({
  id: 'gateway-sessions',
  title: 'Gateway sessions and inventory (hoop, exported JSON)',
  emits: ['usage', 'identity', 'credential', 'consumer', 'grant', 'sighting', 'person', 'policy', 'coverage'],
  surfaces: ['gateway'],
  version: VERSION,
  content: 'own',
  recognises: looksLikeExport,
  async *scan(file, context) {
    const [{ scanExport }, { loadGrammar }] = await Promise.all([import('./export-file.ts'), import('./sql/parser.ts')]);
    await loadGrammar();
    yield* scanExport(file, context);
  },
});

/** A gateway by its API: `hoop:https://gateway.example`. Reading calls only, none of them for credentials; what is refused becomes a coverage row. */
export const hoopLive = defineServiceScanner({
  id: 'gateway-sessions',
  title: 'Gateway sessions and inventory (hoop, live)',
  emits: ['usage', 'identity', 'credential', 'consumer', 'grant', 'sighting', 'person', 'policy', 'coverage'],
  surfaces: ['gateway'],
  version: VERSION,
  scheme: 'hoop',
  address: 'https://HOST',
  calls: (target) => callsOf(gatewayOf(target)),
  async *probe(target, context) {
    const { probeGateway } = await import('./live-probe.ts');
    yield* probeGateway(target, context);
  },
  async *scan(target, context) {
    const [{ scanGateway }, { loadGrammar }] = await Promise.all([import('./live.ts'), import('./sql/parser.ts')]);
    await loadGrammar();
    yield* scanGateway(target, context);
  },
});
