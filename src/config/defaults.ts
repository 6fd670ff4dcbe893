import type { Config } from './schema.ts';

/** What holds without a configuration: what the schema makes of nothing, for a start that needs no schema. */
export function defaults(): Config {
  return {
    exclude: [],
    failOn: 'high',
    persona: 'security',
    frameworks: [],
    checks: {},
    parameters: {},
    detectors: { disabled: [] },
    rules: { detectors: [], checks: [], imported: [], secretlint: [] },
    accept: { comments: true, ignoreFiles: true },
    maxFileSize: 536_870_912,
  };
}
