/** The ten, for the strip and the numbers, whichever frameworks were asked for. Titles: OWASP Foundation, CC BY-SA 4.0. */
export const NHI_FRAMEWORK = 'owasp-nhi-2025';

export const NHI: readonly { readonly id: string; readonly short: string; readonly title: string }[] = [
  'Improper Offboarding',
  'Secret Leakage',
  'Vulnerable Third-Party NHI',
  'Insecure Authentication',
  'Overprivileged NHI',
  'Insecure Cloud Deployment Configurations',
  'Long-Lived Secrets',
  'Environment Isolation',
  'NHI Reuse',
  'Human Use of NHI',
].map((title, index) => ({ id: `NHI${index + 1}:2025`, short: `NHI${index + 1}`, title }));
