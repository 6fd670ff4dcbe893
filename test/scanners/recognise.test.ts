import assert from 'node:assert/strict';
import type { FileScanner } from '../../src/contracts/index.ts';
import { headOfBytes } from '../../src/files/source-file.ts';
import { loadScanners } from '../../src/registry.ts';

const PATHS = [
  'a.yml',
  'a.yaml',
  'a.json',
  'a.tf',
  'a.py',
  'a.sql',
  'a.xml',
  'a.toml',
  'a.csv',
  'a.ini',
  'a',
  'Dockerfile',
  'Jenkinsfile',
  'hosts',
  '.gitlab-ci.yml',
  'templates/a.yaml',
  '.github/workflows/a.yml',
  'action.yml',
  'playbooks/a.yml',
  'group_vars/a.yml',
  'values.yaml',
  'compose.yml',
  'azure-pipelines.yml',
  'cloudbuild.yaml',
  'buildspec.yml',
  '.tekton/a.yaml',
  '.circleci/config.yml',
  '.mcp.json',
  'kustomization.yaml',
  'config',
  'template.json',
  'Pulumi.prod.yaml',
  'serverless.yml',
  'a.tfstate',
  'sessions.json',
  'note.json',
];
const PIECES = [
  'a',
  ' ',
  '\t',
  '\n',
  '- ',
  '---\n',
  'a: ',
  'a:\n',
  '  a:\n',
  '# ',
  '{',
  '[',
  '{"',
  '"a":',
  '"a": {',
  ':',
  'kind: ',
  'apiVersion: v1\n',
  'a: b\n',
  '  - name: a\n',
  'resource ',
  '{{ ',
  '}}',
  'stages:\n',
  'script:\n',
  '- script\n',
  'hosts: a\n',
  'on:\n',
  'jobs:\n',
  'a,',
  '<a>',
  '= ',
  '\r\n',
  'é',
];

/** A head is 4 KiB at the most, and is asked for by each scanner in turn for each file of a crawl. */
const MILLISECONDS = 100;

describe('what recognises a file', () => {
  it('takes no more than a moment for any text', async () => {
    const scanners = (await loadScanners()).filter((one): one is FileScanner => one.kind === 'file');
    const slow: string[] = [];
    for (const piece of PIECES) {
      for (const tail of ['', '!', '\nx: y\n']) {
        const bytes = Buffer.from(piece.repeat(Math.ceil(4096 / piece.length)).slice(0, 4090) + tail);
        for (const path of PATHS) {
          const head = headOfBytes(path, bytes);
          for (const scanner of scanners) {
            const started = process.cpuUsage();
            scanner.recognises(head);
            const { user } = process.cpuUsage(started);
            if (user > MILLISECONDS * 1000) slow.push(`${scanner.id} ${path} ${JSON.stringify(piece + tail)}: ${user / 1000} ms`);
          }
        }
      }
    }

    assert.deepEqual(slow, []);
  });
});
