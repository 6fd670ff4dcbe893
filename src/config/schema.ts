import { isIP } from 'node:net';
import { z } from 'zod';
import { PERSONAS, SEVERITIES } from '../contracts/finding.ts';
import { DECLARABLE, SURFACES } from '../contracts/observation.ts';
import { nearest } from '../util/nearest.ts';

const Parameters = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

const Network = z.string().refine(isNetwork, 'is no address or range of addresses (192.0.2.7, 10.20.0.0/16, 2001:db8::/32)');

/** An address of IPv4 or IPv6, with or without the length of its prefix; `/0` would be every address. */
function isNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return false;
  return length === undefined || (/^[1-9]\d{0,2}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128));
}

const AbsentSurface = z.enum(DECLARABLE, {
  error: ({ input }) => {
    const word = JSON.stringify(input);
    const meant = typeof input === 'string' ? nearest(input, DECLARABLE) : undefined;
    const hint = meant === undefined ? `one of ${DECLARABLE.join(', ')}` : `did you mean "${meant}"?`;
    return typeof input === 'string' && Object.hasOwn(SURFACES, input)
      ? `${word} cannot be declared absent, for it is no system that one may be without: ${hint}`
      : `${word} is no surface: ${hint}`;
  },
});

const Line = z
  .string({ error: 'must be told, in a line of text' })
  .trim()
  .min(3)
  .max(500)
  .regex(/^[^\p{Cc}]*$/u, 'is more than one line');

const Absent = z
  .strictObject({
    surface: AbsentSurface.optional(),
    surfaces: z.array(AbsentSurface).min(1).optional().describe('Several, for the same reason'),
    reason: Line.describe('Why there is none: an auditor reads it'),
    declaredBy: Line.describe('Who says so: an address or a team'),
    reviewed: z.iso
      .date()
      .optional()
      .describe('Day on which somebody last made sure of it; more than 365 days before a run it counts no more'),
  })
  .refine(({ surface, surfaces }) => (surface === undefined) !== (surfaces === undefined), 'needs either surface or surfaces');

/** `nhi-audit.config.yml`. Unknown keys are refused: a misspelt threshold must not pass in silence. */
export const Config = z.strictObject({
  $schema: z.string().optional().describe('Path of the JSON Schema, for editors'),
  exclude: z.array(z.string()).default([]).describe('Globs (gitignore syntax) that no scan reads'),
  failOn: z
    .enum([...SEVERITIES, 'none'])
    .default('high')
    .describe('Findings at or above this severity make exit code 1; none for never'),
  persona: z.enum(PERSONAS).default('security').describe('Who reads the report: dev sees least, auditor most'),
  frameworks: z
    .array(z.string())
    .default([])
    .describe('Frameworks whose control tables are reported; empty for all that ship with nhi-audit'),
  checks: z
    .record(
      z.string(),
      z.strictObject({
        enabled: z.boolean().optional().describe('false: the check does not run, and its controls are not assessed'),
        parameters: Parameters.optional().describe('Its numbers, for all that it looks at'),
        overrides: z
          .array(
            z.strictObject({
              identities: z.array(z.string().min(1)).min(1).optional().describe('Globs over canonical ids: aws:*:user/legacy-*'),
              tags: z.record(z.string(), z.string()).optional().describe('Tags that it must have; values are globs'),
              environment: z
                .union([z.string(), z.array(z.string()).min(1)])
                .optional()
                .describe('prod, or one of a list'),
              parameters: Parameters.describe('What holds for these instead'),
              reason: z.string().trim().min(3).describe('Why: an auditor reads it'),
            }),
          )
          .optional()
          .describe('Other numbers for some identities, by id, tag or environment; the first that matches decides'),
      }),
    )
    .default({})
    .describe('Per check: switch it off, or change its numbers'),
  parameters: Parameters.default({}).describe(
    'Numbers for every check that has a parameter of the name: graceDays, unusedDays, maxAgeDays',
  ),
  detectors: z
    .strictObject({ disabled: z.array(z.string()).default([]).describe('Ids of detectors that do not run') })
    .default({ disabled: [] }),
  rules: z
    .strictObject({
      detectors: z.array(z.string()).default([]).describe('Own detector packs (YAML files), beside the built-in ones'),
      checks: z.array(z.string()).default([]).describe('Directories with own SQL checks'),
      imported: z.array(z.string()).default([]).describe('Rule packs of gitleaks or Betterleaks v1 (TOML files)'),
      overlay: z
        .string()
        .optional()
        .describe('YAML file with what is known of imported rules, by rule id: provider, type, identity, confidence'),
      gitleaksDefault: z
        .string()
        .optional()
        .describe("A copy of gitleaks' default pack, for imported packs that extend it; it is not shipped"),
      secretlint: z
        .array(
          z.strictObject({
            id: z.string().describe('Package of a secretlint rule or preset, installed where the configuration lies'),
            options: z.record(z.string(), z.unknown()).optional(),
          }),
        )
        .default([])
        .describe('Further secretlint rules. They are programs, and run with your rights'),
      secretlintrc: z.string().optional().describe('A .secretlintrc.json whose rules are used too'),
    })
    .default({ detectors: [], checks: [], imported: [], secretlint: [] }),
  accept: z
    .strictObject({
      comments: z
        .boolean()
        .default(true)
        .describe(
          'Honour comments beside a secret (nhi-audit:allow, gitleaks:allow, pragma: allowlist secret …); counted in reports',
        ),
      ignoreFiles: z.boolean().default(true).describe('Honour .gitleaksignore and .betterleaksignore at the top of a target'),
      exceptions: z
        .string()
        .optional()
        .describe('File of exceptions with reason, owner and expiry; default: nhi-audit.exceptions.yml where the command runs'),
    })
    .default({ comments: true, ignoreFiles: true })
    .describe('Who may say that a finding is not to be reported. All of it is counted, and shown as accepted'),
  gateway: z
    .strictObject({
      personalData: z
        .record(z.string(), z.array(z.string()))
        .default({ data: ['pii', 'phi', 'pci', 'personal', 'sensitive', 'confidential'] })
        .describe('Tags of connections that hold personal data: { data: [pii, phi] }'),
      notPersonal: z
        .array(z.string())
        .default(['LOCATION', 'DATE_TIME', 'URL', 'NRP'])
        .describe('Kinds of data that the gateway finds and that are no personal data by themselves'),
      requiredMasks: z
        .record(z.string(), z.array(z.string()))
        .default({
          pii: ['EMAIL_ADDRESS', 'PHONE_NUMBER', 'PERSON'],
          pci: ['CREDIT_CARD'],
          phi: ['EMAIL_ADDRESS', 'PHONE_NUMBER', 'PERSON', 'US_SSN'],
        })
        .describe('What must be masked on connections with a tag of that value'),
      groups: z
        .record(z.string(), z.array(z.string()))
        .default({})
        .describe('Who may use which connection: globs over names of connections, and groups'),
      trustZones: z
        .record(z.string(), z.array(z.string()))
        .default({})
        .describe('Zones that no job should cross, as globs over names of connections'),
      egress: z.array(Network).default([]).describe('Addresses (CIDR) from which the agents of the gateway reach their targets'),
      clockTolerance: z.number().int().min(0).default(120).describe('Seconds by which clocks of logs may differ'),
      retentionDays: z.number().int().positive().optional().describe('Days that the gateway must keep sessions'),
    })
    .prefault({})
    .describe('What is asked of the gateway, and what is known of it'),
  scope: z
    .strictObject({
      absent: z
        .array(Absent)
        .default([])
        .superRefine((entries, context) => {
          const known = new Set<string>();
          for (const [index, { surface, surfaces = [] }] of entries.entries()) {
            for (const one of surface === undefined ? surfaces : [surface]) {
              if (known.has(one)) context.addIssue({ code: 'custom', path: [index], message: `${one} is declared absent twice` });
              known.add(one);
            }
          }
        })
        .describe('What there is none of. Where nothing of it is observed, checks that lack it alone are not applicable'),
    })
    .default({ absent: [] })
    .describe('What the organisation says of its estate; repeated in every report'),
  logs: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[a-z][a-z0-9-]*$/)
          .describe('Short name; part of evidence ids'),
        files: z.array(z.string()).min(1).describe('Globs over paths: which files are of this kind'),
        as: z.enum(['json', 'jsonl', 'csv']).describe('json: one document; jsonl: one record a line; csv: with a header'),
        records: z.string().optional().describe('Of a document: where the list of records is (Records, data.items)'),
        via: z.enum(['gateway', 'cloud', 'direct']).describe('gateway: sessions of a gateway; direct: the log of a target'),
        fields: z
          .record(z.string(), z.string())
          .describe(
            'Field of a usage row: column or path in the record. time and id are needed; actor, identity, target … may be',
          ),
        constants: z.record(z.string(), z.string()).default({}).describe('Fields that are the same in each record'),
        values: z
          .record(z.string(), z.record(z.string(), z.string()))
          .default({})
          .describe('Words of the source in the words used here: { action: { SELECT: read } }'),
      }),
    )
    .default([])
    .describe('Logs of other gateways and targets, without code'),
  forgetLogsAfterDays: z
    .number()
    .int()
    .positive()
    .optional()
    .describe(
      'Days that single records of logs are kept: older ones are not imported and are forgotten, what sums them up stays',
    ),
  maxFileSize: z
    .number()
    .int()
    .positive()
    .default(536_870_912)
    .describe('Bytes; the rest of a larger file is not read, and reported so'),
});
export type Config = z.infer<typeof Config>;
