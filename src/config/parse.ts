import { parseDocument } from 'yaml';
import { z } from 'zod';
import { ConfigError, messageOf } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';
import { Config } from './schema.ts';

/** The text of a configuration file; `file` is what an error names. Throws `ConfigError`. */
export function parseConfig(text: string, file: string): Config {
  const parsed = Config.safeParse(readYaml(text, file) ?? {});
  if (parsed.success) return parsed.data;
  throw new ConfigError(`${file}: ${parsed.error.issues.map(describeIssue).join('; ')}`, {
    code: 'CONFIG_INVALID',
    hint: 'schema/nhi-audit.config.schema.json in the package describes every key.',
  });
}

function readYaml(text: string, file: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  try {
    const [broken] = document.errors;
    if (broken !== undefined) throw broken;
    // Throws on aliases that would grow without end.
    return document.toJS();
  } catch (error) {
    throw new ConfigError(`${file} is not valid YAML: ${messageOf(error)}`, { code: 'CONFIG_INVALID', cause: error });
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => {
      const meant = nearest(key, keysAt(issue.path));
      return meant === undefined ? `"${key}"` : `"${key}" (did you mean "${meant}"?)`;
    });
    return `unknown key ${keys.join(', ')}${path === '' ? '' : ` in ${path}`}`;
  }
  return `${path === '' ? 'the file' : path}: ${issue.message}`;
}

/** The keys that may stand at a place of the configuration. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let schema: z.core.JSONSchema.BaseSchema = z.toJSONSchema(Config, { io: 'input' });
  for (const step of path) {
    const next = schema.properties?.[String(step)] ?? schema.additionalProperties;
    if (typeof next !== 'object') return [];
    schema = next;
  }
  return Object.keys(schema.properties ?? {});
}
