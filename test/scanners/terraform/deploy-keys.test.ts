import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { kinds } from '../../helpers/scan-context.ts';
import { read } from './read.ts';

/** As `ssh-keygen` writes it. */
function publicKey(): string {
  const { publicKey: key } = generateKeyPairSync('ed25519');
  const raw = key.export({ type: 'spki', format: 'der' }).subarray(-32);
  const text = (value: string | Buffer) => {
    const bytes = Buffer.from(value as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  return `ssh-ed25519 ${Buffer.concat([text('ssh-ed25519'), text(raw)]).toString('base64')} mirror`;
}

describe('terraform scanner, deploy keys', () => {
  it('knows a deploy key by its public half', async () => {
    const rows = await read({
      'main.tf': `resource "github_repository_deploy_key" "mirror" {\n  repository = "acme/shop"\n  title = "mirror"\n  key = "${publicKey()}"\n  read_only = false\n}\n`,
    });

    const [key] = kinds(rows, 'credential');
    assert.match(key?.publicId ?? '', /^SHA256:[A-Za-z0-9+/]{43}$/);
    assert.equal(key?.id, `ssh:key/${key?.publicId}`);
    assert.ok(key?.identity?.startsWith('github:acme/shop:deploy-key/'));
    assert.equal(key?.at?.line, 4);
  });

  it('knows nothing of one that is made elsewhere, or is none', async () => {
    const rows = await read({
      'main.tf':
        'resource "github_repository_deploy_key" "a" {\n  repository = "acme/shop"\n  title = "a"\n  key = tls_private_key.a.public_key_openssh\n}\n' +
        'resource "gitlab_deploy_key" "b" {\n  project = "acme/shop"\n  title = "b"\n  key = "ssh-ed25519 not a key"\n}\n',
    });

    assert.deepEqual(kinds(rows, 'credential'), []);
  });

  it('knows one of GitLab', async () => {
    const rows = await read({
      'main.tf': `resource "gitlab_deploy_key" "b" {\n  project = "acme/shop"\n  title = "b"\n  key = "${publicKey()}"\n}\n`,
    });

    assert.ok(kinds(rows, 'credential')[0]?.identity?.startsWith('gitlab:acme/shop:deploy-key/'));
  });
});
