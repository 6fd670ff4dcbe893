import type { ScanContext } from '../../src/contracts/index.ts';
import { clientConfig } from './client-config.ts';

/** Who asks, and how far the clock of this machine is from that of AWS. */
export interface Caller {
  readonly account: string | undefined;
  readonly arn: string | undefined;
  /** AWS is ahead by so many milliseconds; 0 where it is less than five minutes: signatures then hold. */
  readonly clockSkewMs: number;
}

export async function askCaller(profile: string, context: ScanContext): Promise<Caller> {
  const sts = await import('@aws-sdk/client-sts');
  const client = new sts.STSClient(clientConfig('sts', profile, context.env));
  try {
    const { Account, Arn } = await client.send(new sts.GetCallerIdentityCommand({}), { abortSignal: context.signal });
    return { account: Account, arn: Arn, clockSkewMs: client.config.systemClockOffset };
  } finally {
    client.destroy();
  }
}
