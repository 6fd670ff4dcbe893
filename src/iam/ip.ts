import { isIP } from 'node:net';

/** Addresses from first to last; of one IP version. */
export interface AddressRange {
  readonly version: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address; `undefined` when malformed. */
export function readRange(text: string): AddressRange | undefined {
  const [network = '', bits, ...rest] = text.split('/');
  const address = readAddress(network);
  if (address === undefined || rest.length > 0) return undefined;
  const width = address.version === 4 ? 32 : 128;
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return undefined;
  const length = bits === undefined ? width : Number(bits);
  if (length > width) return undefined;
  const free = BigInt(width - length);
  const first = (address.value >> free) << free;
  return { version: address.version, first, last: first + (1n << free) - 1n };
}

/** Is the address in the range? A malformed side is in nothing. */
export function isInRange(text: string, range: AddressRange): boolean {
  const address = readAddress(text);
  if (address === undefined || address.version !== range.version) return false;
  return address.value >= range.first && address.value <= range.last;
}

export function isEveryAddress(range: string): boolean {
  return /^(?:0\.0\.0\.0|::)\/0$/.test(range);
}

/** The addresses at which ranges begin, end and have ended: no other tells more. */
export function edgesOf(ranges: readonly AddressRange[]): string[] {
  const edges = new Set<string>(['0.0.0.0', '255.255.255.255', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']);
  for (const { version, first, last } of ranges) {
    for (const value of [first - 1n, first, last, last + 1n]) {
      if (value >= 0n && value < 1n << (version === 4 ? 32n : 128n)) edges.add(writeAddress(version, value));
    }
  }
  return [...edges];
}

function readAddress(text: string): { readonly version: 4 | 6; readonly value: bigint } | undefined {
  const version = isIP(text);
  if (version === 4) return { version, value: joined(text.split('.').map(Number), 8n) };
  if (version !== 6 || text.includes('%')) return undefined;
  const [head = '', tail] = text.split('::');
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const gap = new Array<number>(8 - left.length - right.length).fill(0);
  return { version, value: joined([...left, ...gap, ...right], 16n) };
}

/** Groups of an IPv6 address; the last two may be written as an IPv4 address. */
function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function joined(parts: readonly number[], bits: bigint): bigint {
  let value = 0n;
  for (const part of parts) value = (value << bits) | BigInt(part);
  return value;
}

function writeAddress(version: 4 | 6, value: bigint): string {
  const [count, bits, radix, glue] = version === 4 ? ([4, 8n, 10, '.'] as const) : ([8, 16n, 16, ':'] as const);
  const parts: string[] = [];
  for (let place = count - 1; place >= 0; place--) {
    parts.push(((value >> (BigInt(place) * bits)) & ((1n << bits) - 1n)).toString(radix));
  }
  return parts.join(glue);
}
