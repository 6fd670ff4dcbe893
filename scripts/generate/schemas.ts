import { z } from 'zod';
import { reportSchema as reportV1 } from '../../reporters/json/v1.ts';
import { Config } from '../../src/config/schema.ts';

/** `schema/nhi-audit.config.schema.json`: what an editor needs to help with `nhi-audit.config.yml`. */
export function configSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(Config, { io: 'input' });
  const $comment = 'Generated from src/config/schema.ts by `npm run generate`; do not edit.';
  return schemaText({ $comment, $schema, title: 'nhi-audit.config.yml', ...schema });
}

/** `schema/report.v1.schema.json`: the shape of `-f json`. */
export function reportSchema(): string {
  return schemaText(reportV1());
}

/** JSON has no comments: the member that says where the file comes from stands on its first line. */
function schemaText(schema: object): string {
  const { $comment, ...rest } = schema as { readonly $comment?: string };
  return `${JSON.stringify({ $comment, ...rest }, undefined, 2).replace('{\n  ', '{ ')}\n`;
}
