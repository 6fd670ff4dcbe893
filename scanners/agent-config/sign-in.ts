/**
 * Hosts whose remote servers let a person sign in (OAuth) in place of a token that never ends, as their makers document.
 * https://modelcontextprotocol.io/specification/2025-06-18/basic/authorization
 */
const HOSTS =
  /(?:^|\.)(?:api\.githubcopilot\.com|mcp\.linear\.app|mcp\.notion\.com|mcp\.sentry\.dev|mcp\.atlassian\.com|mcp\.stripe\.com|mcp\.paypal\.com|mcp\.asana\.com|mcp\.intercom\.com|mcp\.cloudflare\.com|mcp\.vercel\.com|mcp\.supabase\.com|mcp\.canva\.com|mcp\.figma\.com|mcp\.neon\.tech|mcp\.plaid\.com|mcp\.square(?:up)?\.com|mcp\.wix\.com|mcp\.webflow\.com|mcp\.box\.com|mcp\.hubspot\.com|mcp\.slack\.com|mcp\.zapier\.com|huggingface\.co)$/;

export function offersSignIn(host: string): boolean {
  return HOSTS.test(host.toLowerCase());
}
