import { hash } from 'node:crypto';

/** SHA-256, hex. */
export function sha256(data: string | Uint8Array): string {
  // In one call: for a text of a kilobyte a quarter of what a `Hash` takes.
  return hash('sha256', data, 'hex');
}

/**
 * JSON with sorted keys and without undefined members: the same content gives the same text, whatever the order in
 * which it was put together.
 */
export function canonicalJson(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if ('toJSON' in value && typeof value.toJSON === 'function') return canonicalJson(value.toJSON());
  // Joined as they come: lists of members to join would be most of the time, and of what is thrown away.
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${canonicalJson(item)}`;
    return `[${text}]`;
  }
  for (const key of Object.keys(value).sort()) {
    const member = (value as { readonly [key: string]: unknown })[key];
    if (member !== undefined) text += `${text === '' ? '' : ','}${nameText(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

/** Observations have few names, each thousands of times; those that strangers make up are not kept without end. */
const NAMES = new Map<string, string>();
const MAX_NAMES = 2_000;

function nameText(key: string): string {
  const known = NAMES.get(key);
  if (known !== undefined) return known;
  const text = JSON.stringify(key);
  if (NAMES.size < MAX_NAMES) NAMES.set(key, text);
  return text;
}

/** 128 bits of SHA-256 over the canonical JSON, hex: names an observation, a finding, a run. */
export function contentId(value: unknown): string {
  return sha256(canonicalJson(value)).slice(0, 32);
}
