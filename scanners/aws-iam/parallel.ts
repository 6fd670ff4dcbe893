export { inParallel } from '../../src/live/index.ts';
