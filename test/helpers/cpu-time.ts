/**
 * Milliseconds of processor time of this process, for tests that say that something is quick: what else runs on the machine
 * meanwhile, other tests among it, is not its doing.
 */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
