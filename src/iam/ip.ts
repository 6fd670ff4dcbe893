import { BlockList, isIP } from 'node:net';

/** Is the address in the range (`10.0.0.0/8`, `2001:db8::/32`, one address)? A malformed side is in nothing. */
export function isInRange(address: string, range: string): boolean {
  const [network = '', bits] = range.split('/');
  const version = isIP(network);
  if (version === 0 || isIP(address) !== version) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const length = bits === undefined ? (version === 4 ? 32 : 128) : Number(bits);
  if (!Number.isInteger(length) || length < 0 || length > (version === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, length, family);
  return list.check(address, family);
}

export function isEveryAddress(range: string): boolean {
  return /^(?:0\.0\.0\.0|::)\/0$/.test(range);
}
