import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clientOf } from '../../../scanners/agent-config/clients.ts';
import { agentConfig } from '../../../scanners/agent-config/index.ts';
import { launch } from '../../../scanners/agent-config/server.ts';
import type { JsonObject, Observation } from '../../../src/contracts/index.ts';
import { headOfBytes, sourceFile } from '../../../src/files/source-file.ts';
import { collect, fakeToken, kinds, testContext } from '../../helpers/scan-context.ts';

const FAKE_TOKEN = fakeToken('harbour1');

describe('agent-config scanner', () => {
  for (const [path, client] of [
    ['.mcp.json', 'an MCP client'],
    ['home/ann/.claude.json', 'Claude Code'],
    ['.claude/settings.local.json', 'Claude Code'],
    ['Library/Application Support/Claude/claude_desktop_config.json', 'Claude Desktop'],
    ['.cursor/mcp.json', 'Cursor'],
    ['.vscode/mcp.json', 'VS Code'],
    ['.codex/config.toml', 'Codex'],
    ['.codeium/windsurf/mcp_config.json', 'Windsurf'],
    ['.gemini/settings.json', 'Gemini CLI'],
    ['.config/opencode/opencode.jsonc', 'opencode'],
    ['globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json', 'Cline or Roo'],
    ['.continue/mcpServers/db.yaml', 'Continue'],
    ['.config/goose/config.yaml', 'Goose'],
    ['.config/zed/settings.json', 'Zed'],
    ['.aider.conf.yml', 'Aider'],
  ] as const) {
    it(`knows ${path} as a file of ${client}`, () => {
      assert.equal(clientOf(headOfBytes(path, Buffer.from('{}')))?.name, client);
    });
  }

  for (const path of ['package.json', 'src/mcp.ts', '.vscode/launch.json', 'config/settings.json', 'codex/config.toml']) {
    it(`leaves ${path} to others`, () => {
      assert.equal(clientOf(headOfBytes(path, Buffer.from('{}'))), undefined);
    });
  }

  it('takes the settings of an editor only where they list servers', () => {
    const path = '.vscode/settings.json';

    assert.equal(clientOf(headOfBytes(path, Buffer.from('{"mcp": {"servers": {}}}')))?.name, 'VS Code');
    assert.equal(clientOf(headOfBytes(path, Buffer.from('{"editor.tabSize": 2}'))), undefined);
  });

  it('finds the password in the address of a server, and carries it nowhere', async () => {
    const url = (login: string) => JSON.stringify({ mcpServers: { s: { url: `https://${login}@mcp.example.com/sse` } } });

    const [both, alone, name] = [
      await scan('.mcp.json', url('ann:Hs8Kd3Jf6Gw1%40a5')),
      await scan('.mcp.json', url('Hs8Kd3Jf6Gw1Qa5x')),
      await scan('.mcp.json', url('ann')),
    ];

    assert.deepEqual(
      [both, alone, name].map((rows) => kinds(rows, 'sighting').map(({ type, confidence, at }) => [type, confidence, at?.line])),
      [[['password', 'medium', 1]], [['password', 'medium', 1]], []],
    );
    assert.deepEqual(
      kinds(both, 'consumer').map(({ detail }) => [detail?.position, detail?.literal, detail?.host]),
      [['url', true, 'mcp.example.com']],
    );
    assert.doesNotMatch(JSON.stringify(both), /Hs8Kd3Jf6Gw1/);
  });

  it('tells each secret that a server gets, where it stands, with what is known of the server', async () => {
    const text = `{
  // comments are allowed
  "mcpServers": {
    "tickets": {
      "command": "npx",
      "args": ["-y", "tickets-server@2.0.1", "--token", "\${TICKETS_TOKEN}"],
      "env": { "LOG_LEVEL": "debug", "API_KEY": "${FAKE_TOKEN}" },
    },
  },
}`;
    const consumers = kinds(await scan('.mcp.json', text), 'consumer');

    const told = consumers.map(({ secretName, credential, how, at }) => [
      secretName ?? credential?.slice(0, 7),
      how,
      at?.line,
      at?.pointer,
    ]);
    assert.deepEqual(told, [
      ['secret:', 'static-key', 7, 'mcpServers.tickets.env.API_KEY'],
      ['TICKETS_TOKEN', 'secret', 6, 'mcpServers.tickets.args[3]'],
    ]);
    const detail = consumers[1]?.detail as JsonObject;
    assert.deepEqual(
      [detail.runner, detail.package, detail.pinned, detail.transport, detail.server],
      ['npx', 'tickets-server', true, 'stdio', 'tickets'],
    );
    assert.equal(consumers[0]?.consumer, 'harbour/shop:.mcp.json#tickets');
  });

  it('finds the servers of projects in one file', async () => {
    const server = { command: 'x', env: { X_TOKEN: '$X_TOKEN' } };
    const text = JSON.stringify({ mcpServers: { a: server }, projects: { '/home/ann/shop': { mcpServers: { b: server } } } });

    const consumers = kinds(await scan('.claude.json', text), 'consumer');

    assert.deepEqual(
      consumers.map(({ consumer }) => consumer.split('#')[1]),
      ['a', 'b'],
    );
  });

  it('reads TOML with the line of each key', async () => {
    const text = `model = "x"\n\n[mcp_servers.tickets]\nurl = "https://tickets.example/mcp"\nbearer_token_env_var = "TICKETS_TOKEN"\n`;

    const [consumer] = kinds(await scan('.codex/config.toml', text), 'consumer');

    assert.deepEqual([consumer?.secretName, consumer?.at?.line, consumer?.detail?.host], ['TICKETS_TOKEN', 5, 'tickets.example']);
  });

  it('reads YAML lists of servers', async () => {
    const text = `mcpServers:\n  - name: db\n    command: db-server\n    env:\n      DB_PASSWORD: \${{ secrets.DB_PASSWORD }}\n      OTHER_TOKEN: \${OTHER_TOKEN}\n`;

    const consumers = kinds(await scan('.continue/config.yaml', text), 'consumer');

    assert.deepEqual(
      consumers.map(({ secretName, at }) => [secretName, at?.line]),
      [['OTHER_TOKEN', 6]],
    );
  });

  it('reads opencode, which lists its servers below mcp and a command as a list', async () => {
    const text = JSON.stringify({
      mcp: { db: { type: 'local', command: ['bunx', 'db-server'], environment: { DB_TOKEN: '{env:DB_TOKEN}' } } },
    });

    const [consumer] = kinds(await scan('opencode.json', text), 'consumer');

    assert.deepEqual(
      [consumer?.secretName, consumer?.detail?.package, consumer?.detail?.pinned],
      ['DB_TOKEN', 'db-server', false],
    );
  });

  it('keeps the others where one server is odd', async () => {
    const text = JSON.stringify({
      mcpServers: { odd: 7, worse: { command: { a: [{}] }, env: [1] }, db: { command: 'x', env: { DB_TOKEN: '$DB_TOKEN' } } },
    });

    const [consumer] = kinds(await scan('.mcp.json', text), 'consumer');

    assert.equal(consumer?.secretName, 'DB_TOKEN');
  });

  it('never carries a key on in a name', async () => {
    const text = JSON.stringify({
      mcpServers: { [`use ${FAKE_TOKEN}`]: { command: `run-${FAKE_TOKEN}`, env: { [FAKE_TOKEN]: '$X_TOKEN' } } },
    });

    assert.ok(!JSON.stringify(await scan('.mcp.json', text)).includes(FAKE_TOKEN));
  });

  it('says what of a broken file could not be read, and finds the keys in it', async () => {
    const observations = await scan('.mcp.json', `{"mcpServers": {"a": {"env": {"K": "${FAKE_TOKEN}"`);

    const [coverage] = kinds(observations, 'coverage');
    assert.equal(coverage?.outcome, 'partial');
    assert.match(coverage?.why ?? '', /not valid JSON at line 1/);
    assert.equal(kinds(observations, 'sighting').length, 1);
  });

  it('says that broken TOML was only searched', async () => {
    const observations = await scan('.codex/config.toml', `[mcp_servers.a\nkey = "${FAKE_TOKEN}"`);

    assert.match(kinds(observations, 'coverage')[0]?.why ?? '', /not valid TOML/);
    assert.equal(kinds(observations, 'sighting').length, 1);
  });

  it('tells who else may read a login, where the file is on disk', async () => {
    const text = JSON.stringify({ tokens: { access_token: FAKE_TOKEN } });
    const file = {
      ...sourceFile('.codex/auth.json', Buffer.from(text), { path: '.codex/auth.json' }, 'agent-config'),
      mode: 0o640,
    };

    const [consumer] = kinds(await collect(agentConfig.scan(file, testContext())), 'consumer');

    assert.deepEqual([consumer?.detail?.fact, consumer?.detail?.othersMayRead], ['login-file', true]);
  });

  it('takes any text without failing', async () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"mcpServers"',
      ':',
      '"env"',
      '"command"',
      '"npx"',
      ',',
      '"a"',
      '$X_TOKEN',
      '[mcp_servers.a]\n',
      'x = ',
      '- ',
      '\n',
      FAKE_TOKEN,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }),
        fc.constantFrom('.mcp.json', '.codex/config.toml', '.aider.conf.yml'),
        async (pieces, path) => {
          const text = pieces.join('');
          const lines = text.split('\n').length;
          for (const observation of await scan(path, text)) {
            const line = observation.at?.line ?? 1;
            assert.ok(line >= 1 && line <= lines, `${line} of ${lines}`);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('what starts a server', () => {
  for (const [words, runner, name, pinned] of [
    [['npx', '-y', '@a/b'], 'npx', '@a/b', false],
    [['npx', '-y', '@a/b@latest'], 'npx', '@a/b', false],
    [['npx', '-y', '@a/b@1.2.3'], 'npx', '@a/b', true],
    [['npx', '--package=x@1.0.0', 'cmd'], 'npx', 'x', true],
    [['cmd', '/c', 'npx', 'x'], 'npx', 'x', false],
    [['npx -y x'], 'npx', 'x', false],
    [['uvx', '--from', 'x==1.2.3', 'tool'], 'uvx', 'x', true],
    [['uvx', 'x@1.2.3'], 'uvx', 'x', true],
    [['uvx', '--from', 'git+https://code.example/x', 'tool'], 'uvx', 'git+https://code.example/x', false],
    [['docker', 'run', '-i', '-e', 'A=b', 'r.example/x:1'], 'docker', 'r.example/x', false],
    [['docker', 'run', `x@sha256:${'0a'.repeat(32)}`], 'docker', 'x', true],
    [['pnpm', 'dlx', 'x'], 'pnpm', 'x', false],
    [['node', 'server.js'], 'node', undefined, undefined],
    [['/opt/x/server.exe'], 'server', undefined, undefined],
  ] as const) {
    it(`of ${words.join(' ')} is ${name ?? runner}`, () => {
      const started = launch(words);

      assert.deepEqual([started?.runner, started?.package, started?.pinned], [runner, name, pinned]);
    });
  }
});

async function scan(path: string, text: string): Promise<Observation[]> {
  return collect(
    agentConfig.scan(sourceFile(path, Buffer.from(text), { repository: 'harbour/shop', path }, 'agent-config'), testContext()),
  );
}
