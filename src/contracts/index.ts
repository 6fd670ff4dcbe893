// Types only, where the values are schemas: who parses with one imports its file, and no one else loads zod.
export type * from './check.ts';
export type * from './detector.ts';
export * from './finding.ts';
export type * from './framework.ts';
export * from './identity-id.ts';
export * from './observation.ts';
export * from './report-parts.ts';
export * from './reporter.ts';
export * from './scanner.ts';
export * from './target.ts';
