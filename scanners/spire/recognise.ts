import type { FileHead } from '../../src/contracts/index.ts';

const ENTRY = /"(?:spiffe_id|spiffeId)"\s*:\s*(?:\{\s*"(?:trust_domain|trustDomain|path)"|"spiffe:\/\/)/;
const AGENT = /"(?:attestation_type|attestationType|x509svid_serial_number|x509svidSerialNumber)"\s*:/;
const FEDERATION = /"(?:federation_relationships|federationRelationships|bundle_endpoint_url|bundleEndpointUrl)"\s*:/;

/** By the first 4 KiB: a list in an answer (`entries`, `agents`, `federation_relationships`), or bare. */
export function isSpireExport(file: FileHead): boolean {
  if (!/\.(?:json|jsonl|ndjson|txt|out)$/i.test(file.path) && /\.[^./]{1,5}$/.test(file.path)) return false;
  const head = file.head();
  if (!/^\s*(?:\[\s*)?\{\s*"/.test(head)) return false;
  if (ENTRY.test(head)) return /"(?:parent_id|parentId|selectors)"\s*:/.test(head);
  if (AGENT.test(head)) return /"(?:trust_domain|trustDomain)"\s*:/.test(head);
  if (FEDERATION.test(head)) return /"(?:trust_domain|trustDomain)"\s*:/.test(head) || isEmptyList(head);
  return isEmptyList(head) && /(?:^|[/._-])spire(?:[/._-]|$)/i.test(file.path);
}

/** A server without entries answers so too, and so do others: only the file's name tells whose it is. */
function isEmptyList(head: string): boolean {
  return /^\s*\{\s*"(?:entries|agents|federation_?[rR]elationships)"\s*:\s*\[\s*\]\s*(?:,\s*"next_?[pP]age_?[tT]oken"\s*:\s*""\s*)?\}\s*$/.test(
    head,
  );
}
