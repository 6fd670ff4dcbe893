import type { FileHead } from '../../src/contracts/index.ts';

export interface Client {
  /** As people call it. */
  readonly name: string;
  readonly format: 'json' | 'yaml' | 'toml';
  /** Keeps logins of the client itself, and nothing else. */
  readonly isLogin?: boolean;
}

/**
 * Where agents keep their configuration, below a home directory or a project, as their makers document it:
 * https://code.claude.com/docs/en/mcp · https://cursor.com/docs/context/mcp · https://code.visualstudio.com/docs/copilot/customization/mcp-servers ·
 * https://developers.openai.com/codex/mcp · https://docs.windsurf.com/windsurf/cascade/mcp · https://kiro.dev/docs/mcp/configuration/ ·
 * https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md · https://opencode.ai/docs/mcp-servers/ ·
 * https://docs.cline.bot/mcp/configuring-mcp-servers · https://docs.roocode.com/features/mcp/using-mcp-in-roo ·
 * https://docs.continue.dev/customize/deep-dives/mcp · https://zed.dev/docs/ai/mcp · https://aider.chat/docs/config/aider_conf.html ·
 * https://block.github.io/goose/docs/guides/config-files
 */
const CLIENTS: readonly (readonly [path: RegExp, client: Client])[] = [
  [/(?:^|\/)\.claude\/\.credentials\.json$/i, { name: 'Claude Code', format: 'json', isLogin: true }],
  [/(?:^|\/)\.codex\/auth\.json$/i, { name: 'Codex', format: 'json', isLogin: true }],
  [/(?:^|\/)\.gemini\/oauth_creds\.json$/i, { name: 'Gemini CLI', format: 'json', isLogin: true }],
  [/(?:^|\/)opencode\/auth\.json$/i, { name: 'opencode', format: 'json', isLogin: true }],
  [/(?:^|\/)github-copilot\/(?:hosts|apps)\.json$/i, { name: 'GitHub Copilot', format: 'json', isLogin: true }],
  [/(?:^|\/)goose\/secrets\.ya?ml$/i, { name: 'Goose', format: 'yaml', isLogin: true }],
  [
    /(?:^|\/)\.claude\.json$|(?:^|\/)\.claude\/settings(?:\.local)?\.json$|(?:^|\/)managed-mcp\.json$/i,
    { name: 'Claude Code', format: 'json' },
  ],
  [/(?:^|\/)claude_desktop_config\.json$/i, { name: 'Claude Desktop', format: 'json' }],
  [/(?:^|\/)\.cursor\/mcp\.json$/i, { name: 'Cursor', format: 'json' }],
  [/(?:^|\/)(?:\.vscode|Code\/User|User)\/mcp\.json$|(?:^|\/)\.copilot\/mcp-config\.json$/i, { name: 'VS Code', format: 'json' }],
  [/(?:^|\/)\.codex\/(?:[^/]+\.)?config\.toml$|^\/?etc\/codex\/config\.toml$/i, { name: 'Codex', format: 'toml' }],
  [/(?:^|\/)(?:\.windsurf\/mcp|\.codeium\/windsurf\/mcp_config)\.json$/i, { name: 'Windsurf', format: 'json' }],
  [/(?:^|\/)antigravity\/mcp_config\.json$|(?:^|\/)\.agents\/mcp_config\.json$/i, { name: 'Antigravity', format: 'json' }],
  [/(?:^|\/)\.kiro\/(?:settings\/mcp|agents\/[^/]+)\.json$/i, { name: 'Kiro', format: 'json' }],
  [/(?:^|\/)\.gemini\/settings\.json$/i, { name: 'Gemini CLI', format: 'json' }],
  [/(?:^|\/)opencode\.jsonc?$/i, { name: 'opencode', format: 'json' }],
  [/(?:^|\/)(?:cline_)?mcp_settings\.json$/i, { name: 'Cline or Roo', format: 'json' }],
  [/(?:^|\/)\.roo\/mcp\.json$/i, { name: 'Roo', format: 'json' }],
  [/(?:^|\/)\.amazonq\/(?:mcp|agents\/[^/]+)\.json$|(?:^|\/)amazonq\/mcp\.json$/i, { name: 'Amazon Q', format: 'json' }],
  [/(?:^|\/)\.continue\/(?:config|mcpServers\/[^/]+)\.ya?ml$/i, { name: 'Continue', format: 'yaml' }],
  [/(?:^|\/)\.continue\/(?:config|mcpServers\/[^/]+)\.json$/i, { name: 'Continue', format: 'json' }],
  [/(?:^|\/)\.?zed\/settings\.json$/i, { name: 'Zed', format: 'json' }],
  [/(?:^|\/)\.aider\.conf\.ya?ml$/i, { name: 'Aider', format: 'yaml' }],
  [/(?:^|\/)goose\/config\.ya?ml$/i, { name: 'Goose', format: 'yaml' }],
  [/(?:^|\/)\.mcp\.json$|(?:^|\/)mcp(?:_config|-config)?\.json$/i, { name: 'an MCP client', format: 'json' }],
];

/** Settings of editors hold servers among much else: their text decides. */
const EDITORS = /(?:^|\/)(?:\.vscode\/settings|Code\/User\/settings|\.?devcontainer)\.json$|\.code-workspace$/i;

/** Whose configuration a file is, by its path; `undefined` for any other file. */
export function clientOf(file: FileHead): Client | undefined {
  if (!/\.(?:jsonc?|ya?ml|toml|code-workspace)$/i.test(file.path)) return undefined;
  const known = CLIENTS.find(([path]) => path.test(file.path))?.[1];
  if (known !== undefined) return known;
  if (!EDITORS.test(file.path)) return undefined;
  return /"(?:mcp|mcpServers|mcp\.servers)"/.test(file.head()) ? { name: 'VS Code', format: 'json' } : undefined;
}
