import type { FileHead } from '../../src/contracts/index.ts';
import type { EndpointId } from './endpoints.ts';
import { readFileName } from './file-name.ts';

/** Fields that stand together in answers of one call and nowhere else; compact or indented. */
const TELLS: readonly RegExp[] = [
  /"token_expires_at"\s*:|"access_granted_at"\s*:/,
  /"credential_authorized_at"\s*:/,
  /"app_slug"\s*:[\s\S]*"(?:access_tokens_url|target_type)"\s*:|"(?:access_tokens_url|target_type)"\s*:[\s\S]*"app_slug"\s*:/,
  /"key"\s*:\s*"(?:ssh-|ecdsa-|sk-)[^"]*"[^{}]*"read_only"\s*:\s*(?:true|false)|"url"\s*:\s*"https?:\/\/[^"]*\/repos\/[^"]*\/keys\/\d+"/,
  /"total_count"\s*:\s*\d+\s*,\s*"(?:secrets|runners|runner_groups|installations)"\s*:\s*\[/,
  /"default_workflow_permissions"\s*:\s*"/,
  /"include_claim_keys"\s*:\s*\[|"use_immutable_subject"\s*:/,
  // The address of a hook, and what `--jq` or an old server leaves of it.
  /"(?:ping_url|deliveries_url|test_url|url)"\s*:\s*"https?:\/\/[^"]*\/(?:repos\/[^"/]+\/[^"/]+|orgs\/[^"/]+)\/hooks\/\d+/,
  /"config"\s*:\s*\{[^{}]*"insecure_ssl"\s*:\s*"?[01]/,
  /"secret_type"\s*:\s*"[\s\S]*"locations_url"\s*:|"locations_url"\s*:\s*"[^"]*\/secret-scanning\/alerts\//,
  /"_document_id"\s*:/,
];

/** Which export this may be, by its name and the first 4 KiB. A payload of a webhook, or any other answer, is not claimed. */
export function isGithubExport(file: FileHead): boolean {
  if (!/\.(?:json|jsonl|ndjson|csv|txt|out)$/i.test(file.path)) return false;
  const head = file.head();
  if (isAuditCsv(head)) return true;
  if (!/^\s*[[{]/.test(head)) return false;
  // The first event that a webhook is sent holds the webhook.
  if (/^\s*\{\s*"zen"\s*:/.test(head)) return false;
  if (TELLS.some((tell) => tell.test(head))) return true;
  const { endpoint } = readFileName(file.path);
  if (endpoint === undefined) return false;
  // By its name alone: an empty list, a list of members, or the refusal that `gh api` prints in place of an answer.
  return (
    /^\s*\[\s*\]\s*$/.test(head) ||
    /"documentation_url"\s*:/.test(head) ||
    /"login"\s*:/.test(head) ||
    isHookList(endpoint.id, head)
  );
}

function isHookList(id: EndpointId, head: string): boolean {
  return (id === 'hooks' || id === 'org-hooks') && /"config"\s*:\s*\{/.test(head);
}

/** The header of an audit log exported as CSV names its columns in any order. */
export function isAuditCsv(head: string): boolean {
  const [line = ''] = head.trimStart().split(/\r?\n/, 1);
  if (!line.includes(',') || /^[[{]/.test(line)) return false;
  const columns = new Set(line.split(',').map((name) => name.trim().replaceAll('"', '')));
  const isTimed = columns.has('@timestamp') || columns.has('created_at');
  return isTimed && columns.has('action') && columns.has('actor') && (columns.has('_document_id') || columns.has('org'));
}
