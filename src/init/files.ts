/** What `init` writes. The recipes in `docs/` and the README show the same texts; a test holds them to it. */
export const CI_KINDS = ['github', 'gitlab', 'pre-commit', 'none'] as const;
export type CiKind = (typeof CI_KINDS)[number];

/** Where an editor finds the schema, if nhi-audit is a dependency of what it is set up for. */
export const SCHEMA = 'node_modules/nhi-audit/schema/nhi-audit.config.schema.json';

export const CONFIG = {
  path: 'nhi-audit.config.yml',
  text: `# Settings of nhi-audit for scans that run here. Every key is explained in docs/configuration.md of nhi-audit.

# From this severity on a scan ends with exit code 1: info, low, medium, high, critical, none.
failOn: high

# Who reads the report: dev sees least, auditor most.
persona: security

# Paths that no scan reads (gitignore syntax). Reports say what was left out.
exclude: []

# Numbers for every check that has a parameter of the name.
parameters:
  maxAgeDays: 90
  unusedDays: 90

# What there is none of: checks that need it alone are then not applicable, where nothing of it is observed.
# scope:
#   absent:
#     - surface: okta
#       reason: everybody signs in with Entra ID
#       declaredBy: security@example.com
#       reviewed: 2026-10-01

# What may stand for a reason goes to nhi-audit.exceptions.yml, with an owner and a last day: nhi-audit except --help
`,
} as const;

/** The first words of a file that `init` wrote. */
export const WRITTEN = '# Written by nhi-audit init.';

interface CiFile {
  readonly path: string;
  readonly text: string;
  /** What is left to do by hand. */
  readonly toDo: string;
  /** The CI system has this one file for everything: what stands in it is not ours to replace. */
  readonly isShared: boolean;
}

export const CI_FILES: { readonly [kind in Exclude<CiKind, 'none'>]: CiFile } = {
  github: {
    path: '.github/workflows/nhi-audit.yml',
    isShared: false,
    text: `${WRITTEN} Before it runs: in \`uses: OWNER/nhi-audit@1111…\` below, put the repository and the commit that you chose.
name: nhi-audit
on: pull_request

permissions: {}

jobs:
  nhi-audit:
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    permissions:
      contents: read
      pull-requests: write # the comment
      checks: write # findings beside the code
      # security-events: write # with sarif: true
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          fetch-depth: 0 # what the branch brings is told commit by commit
          persist-credentials: false
      - uses: OWNER/nhi-audit@1111111111111111111111111111111111111111 # TO DO: OWNER and the commit of the tag you chose
        with:
          fail-on: high
`,
    toDo: 'Put the repository and the commit of nhi-audit that you chose in place of OWNER/nhi-audit@1111….',
  },
  gitlab: {
    path: '.gitlab-ci.yml',
    isShared: true,
    text: `${WRITTEN} Before it runs: put the group that mirrors nhi-audit for GROUP, and the commit that you chose for 1111….
include:
  - component: $CI_SERVER_FQDN/GROUP/nhi-audit/nhi-audit@1111111111111111111111111111111111111111
    inputs:
      project: GROUP/nhi-audit
      commit: "1111111111111111111111111111111111111111"
      fail-on: high
`,
    toDo: 'Put the group where you mirror nhi-audit in place of GROUP, and the commit that you chose in place of 1111….',
  },
  'pre-commit': {
    path: '.pre-commit-config.yaml',
    isShared: true,
    text: `${WRITTEN} To switch it on: pre-commit install
repos:
  - repo: local
    hooks:
      - id: nhi-audit
        name: nhi-audit
        entry: nhi-audit scan --staged --quiet --fail-on medium
        language: system
        pass_filenames: false
`,
    toDo: 'Switch it on: pre-commit install',
  },
};
