import { readFile } from 'node:fs/promises';
import { Spec } from '@cyclonedx/cyclonedx-library';
import { Ajv, type ValidateFunction } from 'ajv';
import AjvDraft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';

/** What each machine format is held against, in tests of reporters and of the estate. */

const text = { type: 'string', minLength: 1 };
const path = { ...text, pattern: '^(?!/)(?!.*(^|/)\\.\\.(/|$)).+$' };

// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
const CODE_QUALITY = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
    properties: {
      description: text,
      check_name: text,
      fingerprint: text,
      severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
      location: {
        type: 'object',
        additionalProperties: false,
        required: ['path', 'lines'],
        properties: {
          path,
          lines: {
            type: 'object',
            additionalProperties: false,
            required: ['begin'],
            properties: { begin: { type: 'integer', minimum: 1 } },
          },
        },
      },
    },
  },
};

const time = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$' };
const vendor = { type: 'object', required: ['name'], properties: { name: text } };
const tool = {
  type: 'object',
  required: ['id', 'name', 'version', 'vendor'],
  properties: { id: text, name: text, version: text, vendor },
};
// Every rule of the published schema 15.2.1 for the fields of this reporter, and no other fields; a file and at most 20 identifiers are
// asked for beyond it. https://gitlab.com/gitlab-org/security-products/security-report-schemas (dist/secret-detection-report-format.json)
const SECRET_DETECTION = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'schema', 'scan', 'vulnerabilities'],
  properties: {
    version: { type: 'string', pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$' },
    schema: { type: 'string', pattern: '^https?://.+' },
    scan: {
      type: 'object',
      required: ['analyzer', 'scanner', 'type', 'start_time', 'end_time', 'status'],
      properties: {
        analyzer: tool,
        scanner: tool,
        type: { const: 'secret_detection' },
        start_time: time,
        end_time: time,
        status: { enum: ['success', 'failure'] },
        messages: {
          type: 'array',
          items: {
            type: 'object',
            required: ['level', 'value'],
            properties: { level: { enum: ['info', 'warn', 'fatal'] }, value: text },
          },
        },
      },
    },
    vulnerabilities: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'identifiers', 'location'],
        properties: {
          id: text,
          category: text,
          name: { type: 'string', maxLength: 255 },
          description: { type: 'string', maxLength: 1_048_576 },
          severity: { enum: ['Info', 'Unknown', 'Low', 'Medium', 'High', 'Critical'] },
          solution: { type: 'string', maxLength: 7000 },
          identifiers: {
            type: 'array',
            minItems: 1,
            maxItems: 20,
            items: {
              type: 'object',
              required: ['type', 'name', 'value'],
              properties: { type: text, name: text, value: text, url: { type: 'string', pattern: '^(https?|ftp)://.+' } },
            },
          },
          location: {
            type: 'object',
            additionalProperties: false,
            required: ['file', 'commit'],
            properties: {
              file: path,
              commit: {
                type: 'object',
                required: ['sha'],
                properties: { sha: text, author: { type: 'string' }, date: { type: 'string' } },
              },
              start_line: { type: 'number', minimum: 1 },
              end_line: { type: 'number', minimum: 1 },
            },
          },
        },
      },
    },
  },
};

export function gitlabCodeQualitySchema(): ValidateFunction {
  return new Ajv({ strict: true }).compile(CODE_QUALITY);
}

export function gitlabSecretDetectionSchema(): ValidateFunction {
  return new Ajv({ strict: true, strictRequired: false }).compile(SECRET_DETECTION);
}

export async function sarifSchema(): Promise<ValidateFunction> {
  const ajv = new AjvDraft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  return ajv.compile(await fixture('sarif-2.1.0.json'));
}

export async function oscalSchema(): Promise<ValidateFunction> {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(await fixture('oscal-assessment-results-1.2.json'));
}

/** Of one event, which is a line of the file. */
export async function ocsfSchema(): Promise<ValidateFunction> {
  const ajv = new Ajv({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
  return ajv.compile(await fixture('ocsf-1.8.0.schema.json'));
}

export async function opengraphSchema(): Promise<ValidateFunction> {
  return narrowed().compile(await fixture('opengraph.schema.json'));
}

export async function opengraphExtensionSchema(): Promise<ValidateFunction> {
  return narrowed().compile(await fixture('opengraph-extension.schema.json'));
}

function narrowed(): Ajv {
  return new Ajv({ strict: true, strictTypes: false, strictRequired: false });
}

/** The published schemas, from the library's package; its own validator wants one more package for a format that we do not use. */
export async function cyclonedxSchema(): Promise<ValidateFunction> {
  const read = async (name: string): Promise<object> => {
    const file = new URL(
      `./res/schema/${name}.SNAPSHOT.schema.json`,
      import.meta.resolve('@cyclonedx/cyclonedx-library/package.json'),
    );
    return JSON.parse(await readFile(file, 'utf8'));
  };
  const ajv = new Ajv({ strict: false, formats: { 'idn-email': true, 'iri-reference': true } });
  addFormats.default(ajv);
  for (const name of ['spdx', 'cryptography-defs', 'jsf-0.82']) {
    ajv.addSchema(await read(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  return ajv.compile(await read(`bom-${Spec.Version.v1dot7}`));
}

async function fixture(name: string): Promise<object> {
  return JSON.parse(await readFile(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));
}
