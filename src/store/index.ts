// Imported dynamically by those who need a store: loading the engine costs 70 ms that `--help` and a clean pre-merge
// check must not pay.
export { type FingerprintKey, fingerprintKey } from './fingerprint-key.ts';
export { openStore } from './open.ts';
export type { Row, SqlParameters, StoreReader } from './reader.ts';
export type { NewRun, Store, Unit } from './store.ts';
