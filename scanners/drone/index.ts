import { defineFileScanner, type FileHead } from '../../src/contracts/index.ts';

/** Drone pipelines. https://docs.drone.io/pipeline/overview/ */
export const drone = defineFileScanner({
  id: 'drone',
  title: 'Drone',
  emits: ['identity', 'consumer', 'sighting', 'coverage'],
  surfaces: ['ci'],
  version: 1,
  // What is encrypted for the CI system is no secret as it stands.
  content: 'own',
  recognises,
  async *scan(file, context) {
    const { scanDrone } = await import('./read.ts');
    yield* scanDrone(file, context);
  },
});

function recognises(file: FileHead): boolean {
  return /(?:^|[/.])drone\.ya?ml$/i.test(file.path) && /^(?:kind|steps|pipeline|---)/m.test(file.head());
}
