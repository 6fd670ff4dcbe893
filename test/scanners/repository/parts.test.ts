import assert from 'node:assert/strict';
import fc from 'fast-check';
import { placeOf } from '../../../scanners/repository/place.ts';
import { nameInUrl } from '../../../scanners/repository/remote.ts';
import { Tally } from '../../../scanners/repository/tally.ts';
import { environmentOf } from '../../../src/util/environment.ts';

describe('repository scanner: names', () => {
  const urls: readonly (readonly [string, string | undefined])[] = [
    ['https://github.com/harbour/shop.git', 'harbour/shop'],
    ['https://bot:secret@github.com/harbour/shop', 'harbour/shop'],
    ['git@github.com:harbour/shop.git', 'harbour/shop'],
    ['ssh://git@git.example:2222/harbour/team/shop/', 'harbour/team/shop'],
    ['https://dev.azure.com/harbour/coffee/_git/shop', 'harbour/coffee/shop'],
    ['https://git.example/harbour/shop?private_token=x', 'harbour/shop'],
    // No names: local paths, other transports, odd characters.
    ['/srv/git/shop.git', undefined],
    ['../shop', undefined],
    ['file:///srv/git/shop.git', undefined],
    ['C:/work/shop', undefined],
    ['ext::sh -c id', undefined],
    ['https://git.example/', undefined],
    ['https://git.example/a b/<c>', undefined],
    ['', undefined],
  ];
  for (const [url, name] of urls) {
    it(`reads ${JSON.stringify(url)} as ${name ?? 'nothing'}`, () => {
      assert.equal(nameInUrl(url), name);
    });
  }

  it('never shows what stands before the host', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{8,20}$/), (password) => {
        assert.ok(!nameInUrl(`https://bot:${password}@git.example/harbour/shop`)?.includes(password));
      }),
    );
  });
});

describe('repository scanner: places', () => {
  const paths: readonly (readonly [string, string | undefined, string])[] = [
    ['deploy/prod/app.yml', 'prod', 'work-tree'],
    ['config/production.env', 'prod', 'work-tree'],
    ['.github/workflows/deploy-staging.yml', 'staging', 'ci'],
    ['ops/Jenkinsfile.prod', 'prod', 'ci'],
    ['ci/bitbucket-pipelines.yml', undefined, 'ci'],
    ['.mcp.json', undefined, 'agent-config'],
    ['apps/web/.cursor/mcp.json', undefined, 'agent-config'],
    ['.vscode/mcp.json', undefined, 'agent-config'],
    ['home/claude_desktop_config.json', undefined, 'agent-config'],
    ['.claude/settings.local.json', undefined, 'agent-config'],
    ['.claude/.credentials.json', undefined, 'agent-config'],
    ['.codex/config.toml', undefined, 'agent-config'],
    ['opencode.json', undefined, 'agent-config'],
    ['.codeium/windsurf/mcp_config.json', undefined, 'agent-config'],
    ['infra/prod/main.tf', 'prod', 'iac'],
    ['prod.auto.tfvars', 'prod', 'iac'],
    ['terraform.tfstate.backup', undefined, 'iac'],
    ['docker-compose.prod.yml', 'prod', 'iac'],
    ['compose.yaml', undefined, 'iac'],
    ['images/Dockerfile', undefined, 'iac'],
    ['Dockerfile.prod', 'prod', 'iac'],
    ['api.Dockerfile', undefined, 'iac'],
    ['cloudformation/vpc.yaml', undefined, 'iac'],
    ['stacks/queue.template.json', undefined, 'iac'],
    ['group_vars/prod/vault.yml', 'prod', 'iac'],
    ['ansible/host_vars/db1', undefined, 'iac'],
    ['roles/web/tasks/main.yml', undefined, 'iac'],
    ['roles/web/templates/app.env.j2', undefined, 'iac'],
    ['playbooks/staging/site.yaml', 'staging', 'iac'],
    ['playbook.yml', undefined, 'iac'],
    ['inventories/prod/hosts', 'prod', 'iac'],
    ['ansible.cfg', undefined, 'iac'],
    // Near misses: settings of editors, notes about them, other compositions and templates.
    ['.vscode/settings.json', undefined, 'work-tree'],
    ['mcp.json', undefined, 'work-tree'],
    ['docs/claude/settings.json', undefined, 'work-tree'],
    ['config.toml', undefined, 'work-tree'],
    ['src/compose.ts', undefined, 'work-tree'],
    ['docs/decompose.yml', undefined, 'work-tree'],
    ['my-dockerfile-notes.md', undefined, 'work-tree'],
    ['a.tfx', undefined, 'work-tree'],
    ['k8s/template.yaml', undefined, 'work-tree'],
    ['src/roles/admin/tasks/list.ts', undefined, 'work-tree'],
    ['shop/inventory/products.yml', undefined, 'work-tree'],
    ['etc/hosts', undefined, 'work-tree'],
    ['docs/playbook.md', undefined, 'work-tree'],
    // Near misses: parts of words, two words, and the opposite.
    ['src/product/developer.ts', undefined, 'work-tree'],
    ['dev-to-prod.sh', undefined, 'work-tree'],
    ['config/non-prod.env', undefined, 'work-tree'],
    ['test/deploy.ts', undefined, 'work-tree'],
    ['docs/github/workflows/a.yml', undefined, 'work-tree'],
  ];
  for (const [path, environment, place] of paths) {
    it(`takes ${path} for ${environment ?? 'no environment'}, ${place}`, () => {
      assert.equal(environmentOf(path), environment);
      assert.equal(placeOf(path), place);
    });
  }
});

describe('repository scanner: tally', () => {
  it('adds up, whatever happens, and is complete only when nothing was missed', () => {
    const event = fc.constantFrom('read', 'skip', 'pass', 'fail', 'partial', 'before', 'exclude', 'aside', 'unread');
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const tally = new Tally();
        for (const name of events) {
          if (name === 'read') tally.read(3);
          else if (name === 'skip') tally.skip('symlinks');
          else if (name === 'pass') tally.pass('left out', 'a');
          else if (name === 'fail') tally.fail('broken', 'b');
          else if (name === 'before') tally.readBefore(2);
          else if (name === 'exclude') tally.exclude('d', 'd');
          else if (name === 'aside') tally.setAside('own', 'e');
          else if (name === 'unread') tally.disregard(2, ['d']);
          else tally.item({ key: 'c', outcome: 'partial', why: 'cut', bytes: 1, matches: [] });
        }

        const row = tally.coverage('work-tree', 'shop', {});

        assert.equal(row.seen, (row.read ?? 0) + (row.skipped ?? 0) + (row.failed ?? 0));
        const isRead = events.findIndex((name) => ['read', 'before', 'partial'].includes(name));
        const isTakenBack = isRead >= 0 && events.lastIndexOf('unread') > isRead;
        const isWhole = !isTakenBack && !events.some((name) => ['pass', 'fail', 'partial', 'exclude'].includes(name));
        assert.equal(row.outcome, isWhole ? 'complete' : 'partial');
        assert.equal(row.why === undefined, isWhole);
      }),
    );
  });
});
