import { defineFileScanner, defineServiceScanner } from '../../src/contracts/index.ts';
import { callsOf, signInCalls } from './calls.ts';
import { cloudOf } from './clouds.ts';
import { isEntraExport, tellsTenant } from './recognise.ts';

/**
 * Reads what `az` exports and what AzureHound collects: applications, service principals, managed identities, their
 * credentials, owners, permissions and roles. See README.md for the commands.
 */
export const entraFiles = defineFileScanner({
  id: 'entra',
  title: 'Azure and Entra ID exports',
  emits: ['identity', 'credential', 'grant', 'trust', 'sighting', 'coverage'],
  surfaces: ['entra'],
  version: 5,
  usesClock: true,
  content: 'own',
  recognises: isEntraExport,
  looksAt: tellsTenant,
  async *scan(file, context) {
    const { scanFile } = await import('./export-file.ts');
    yield* scanFile(file, context);
  },
});

/**
 * A tenant, by its id or a domain: `entra:TENANT`. Reading calls of Microsoft Graph and Azure Resource Manager; what is refused
 * becomes a coverage row that names the permission.
 */
export const entraLive = defineServiceScanner({
  id: 'entra',
  title: 'Azure and Entra ID (live)',
  emits: ['identity', 'credential', 'grant', 'trust', 'coverage'],
  surfaces: ['entra'],
  version: 4,
  scheme: 'entra',
  address: '[TENANT]',
  calls: (_target, env) => [...signInCalls(cloudOf(env)), ...callsOf(cloudOf(env))],
  async *probe(target, context) {
    const { probeTenant } = await import('./probe.ts');
    yield* probeTenant(target, context);
  },
  async *scan(target, context) {
    const { scanTenant } = await import('./live.ts');
    yield* scanTenant(target, context);
  },
});
