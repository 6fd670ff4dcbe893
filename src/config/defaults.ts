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
    gateway: {
      personalData: { data: ['pii', 'phi', 'pci', 'personal', 'sensitive', 'confidential'] },
      notPersonal: ['LOCATION', 'DATE_TIME', 'URL', 'NRP'],
      requiredMasks: {
        pii: ['EMAIL_ADDRESS', 'PHONE_NUMBER', 'PERSON'],
        pci: ['CREDIT_CARD'],
        phi: ['EMAIL_ADDRESS', 'PHONE_NUMBER', 'PERSON', 'US_SSN'],
      },
      groups: {},
      trustZones: {},
      egress: [],
      clockTolerance: 120,
    },
    scope: { absent: [] },
    logs: [],
    maxFileSize: 536_870_912,
  };
}
