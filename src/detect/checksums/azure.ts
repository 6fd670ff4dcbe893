import { base62 } from './crc.ts';
import { type CheckInput, VALID, type Verdict } from './types.ts';

/**
 * Marvin32: https://github.com/dotnet/runtime/blob/main/src/libraries/System.Private.CoreLib/src/System/Marvin.cs
 * Microsoft's keys carry it as their checksum, seeded by a name of eight letters that says what kind of key it is.
 */
export function marvin32(bytes: Buffer, seedName: string): number {
  const seed = Buffer.from(seedName, 'latin1');
  let low = seed.readInt32BE(4);
  let high = seed.readInt32BE(0);
  function mix(): void {
    high ^= low;
    low = rotate(low, 20);
    low = (low + high) | 0;
    high = rotate(high, 9);
    high ^= low;
    low = rotate(low, 27);
    low = (low + high) | 0;
    high = rotate(high, 19);
  }
  const whole = bytes.length - (bytes.length % 4);
  for (let at = 0; at < whole; at += 4) {
    low = (low + bytes.readInt32LE(at)) | 0;
    mix();
  }
  let rest = 0x80;
  for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8) | (bytes[at] as number);
  low = (low + rest) | 0;
  mix();
  mix();
  return (low ^ high) >>> 0;
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

const HEAD = 80;
const COMMON_SEED = 'Default0';

/** The last characters of a common annotated key, as both ways of writing them. */
export function annotatedChecksums(head: string): readonly [plain: string, base62: string] {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(marvin32(Buffer.from(head, 'base64'), COMMON_SEED));
  return [sum.toString('base64'), base62(sum.readUInt32BE()).padEnd(6, '0')];
}

/** Form and place of the mark are right, the checksum is not: made by hand, or by a service that counts otherwise. */
const DOUBTFUL: Verdict = { valid: true, confidence: 'medium' };

/** `…JQQJ99…`, 80 characters and a checksum of four or six: https://github.com/microsoft/security-utilities */
export function judgeAnnotatedKey({ secret }: CheckInput): Verdict {
  const key = secret.replace(/=+$/, '');
  const tail = key.slice(HEAD);
  const [plain, letters] = annotatedChecksums(key.slice(0, HEAD));
  // Four characters of base64 are three bytes: the fourth byte of the sum does not show.
  return tail !== '' && (plain.startsWith(tail) || letters.startsWith(tail)) ? VALID : DOUBTFUL;
}

/** What the older keys of single services are seeded with: their kinds, by the same library. */
const SEEDS = [
  'Default0 Access00 Send0000 Manage00 Listen00 Unknown0 System00 Master00 Functi00 SysAll00 Resour00 MastRO00',
  'SystRO00 Encryp00 MastRW00 SystRW00 IoTHub00 DpsKey00 Device00 Classic0 Tenant00 Gatewy00 GitKey00 SendRecv Query000',
  'PAdmin00 ACRDflt0 AbAcct00',
].flatMap((line) => line.split(' '));

/** A mark of the service and a checksum over all before it (`…+ASt…==`, `…AzSe…`). */
export function judgeIdentifiableKey({ secret }: CheckInput): Verdict {
  const bytes = Buffer.from(secret, 'base64');
  if (bytes.length < 16) return DOUBTFUL;
  const sum = bytes.readUInt32LE(bytes.length - 4);
  return SEEDS.some((seed) => marvin32(bytes.subarray(0, -4), seed) === sum) ? VALID : DOUBTFUL;
}
