/** What `scan` is called with where nothing is said on the command line, but for a report that tests can read. */
export const SCAN_OPTIONS = {
  format: 'json',
  output: [],
  framework: [],
  history: true,
  exclude: [],
  only: [],
  skip: [],
  exitCode: true,
  failOn: 'low',
} as const;
