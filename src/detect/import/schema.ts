import { z } from 'zod';

/** What gitleaks' and Betterleaks' TOML may hold; keys are lower case by then, for both read them without regard to case. */

const Texts = z
  .array(z.coerce.string())
  .nullish()
  .transform((list) => list ?? []);

export const Allowlist = z.looseObject({
  description: z.string().nullish(),
  condition: z.string().nullish(),
  commits: Texts,
  paths: Texts,
  regextarget: z.string().nullish(),
  regexes: Texts,
  stopwords: Texts,
  targetrules: Texts,
});
export type Allowlist = z.infer<typeof Allowlist>;

const Required = z.looseObject({
  id: z.string().nullish(),
  withinlines: z.number().nullish(),
  withincolumns: z.number().nullish(),
});

const Example = z.looseObject({
  positive: z.string().nullish(),
  negative: z.string().nullish(),
  secret: z.string().nullish(),
});

export const Rule = z.looseObject({
  id: z.string().nullish(),
  description: z.string().nullish(),
  regex: z.string().nullish(),
  path: z.string().nullish(),
  secretgroup: z.number().int().nullish(),
  entropy: z.number().nullish(),
  keywords: Texts,
  tags: Texts,
  skipreport: z.boolean().nullish(),
  allowlist: Allowlist.nullish(),
  allowlists: z
    .array(Allowlist)
    .nullish()
    .transform((list) => list ?? []),
  required: z
    .array(Required)
    .nullish()
    .transform((list) => list ?? []),
  filter: z.string().nullish(),
  validate: z.string().nullish(),
  tokenefficiency: z.boolean().nullish(),
  specificity: z.number().nullish(),
  examples: z
    .array(Example)
    .nullish()
    .transform((list) => list ?? []),
});
export type Rule = z.infer<typeof Rule>;

export const GitleaksFile = z.looseObject({
  title: z.string().nullish(),
  extend: z
    .looseObject({
      path: z.string().nullish(),
      url: z.string().nullish(),
      usedefault: z.boolean().nullish(),
      disabledrules: Texts,
    })
    .nullish(),
  rules: z
    .array(Rule)
    .nullish()
    .transform((list) => list ?? []),
  allowlist: Allowlist.nullish(),
  allowlists: z
    .array(Allowlist)
    .nullish()
    .transform((list) => list ?? []),
  prefilter: z.string().nullish(),
  filter: z.string().nullish(),
  betterleaksminversion: z.string().nullish(),
});
export type GitleaksFile = z.infer<typeof GitleaksFile>;

/** What we know of an imported rule beyond its pack, by rule id. */
export const Overlay = z.record(
  z.string(),
  z.strictObject({
    provider: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/)
      .optional(),
    type: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/)
      .optional(),
    /** Canonical identity made of the pattern's named groups. */
    identity: z.string().optional(),
    confidence: z.enum(['high', 'medium', 'low']).optional(),
  }),
);
export type Overlay = z.infer<typeof Overlay>;
