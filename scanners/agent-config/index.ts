import { defineFileScanner } from '../../src/contracts/index.ts';
import { clientOf } from './clients.ts';

/** Configurations of AI agents: the servers they start and what those get, permissions, and files that keep logins. */
export const agentConfig = defineFileScanner({
  id: 'agent-config',
  title: 'Agent and MCP configuration',
  emits: ['consumer', 'sighting', 'coverage'],
  surfaces: ['agent-config'],
  version: 1,
  content: 'shared',
  // Does Git ignore the files that servers take their secrets from?
  looksAt: (path) => /(?:^|\/)(?:\.gitignore|\.env[^/]*|[^/]*\.env)$/.test(path),
  recognises: (file) => clientOf(file) !== undefined,
  async *scan(file, context) {
    const { scanAgentConfig } = await import('./read.ts');
    yield* scanAgentConfig(file, context);
  },
});
