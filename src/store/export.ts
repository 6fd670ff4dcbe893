/** What is exported: views as they stand for the current run, tables of results cut to it. The order is that of the rows in the file. */
export interface ExportedTable {
  readonly name: string;
  readonly sql: string;
  /** Rows of a file always come in this order. */
  readonly order: string;
}

const view = (name: string, order: string): ExportedTable => ({ name, sql: `SELECT * FROM ${name}`, order });
const ofRun = (name: string, order: string): ExportedTable => ({
  name,
  sql: `SELECT * FROM ${name} WHERE run_id = (SELECT run_id FROM current_run)`,
  order,
});

/** What was observed, how it is joined, and what was made of it. What these are worked out of stays in the store. */
export const EXPORTED: readonly ExportedTable[] = [
  { name: 'run', sql: 'SELECT * FROM current_run', order: 'run_id' },
  ofRun('run_methods', 'run_id'),
  {
    name: 'method_texts',
    sql: 'SELECT * FROM method_texts WHERE sha256 IN (SELECT unnest([config_sha256, rules_sha256, catalogues_sha256]) FROM run_methods SEMI JOIN current_run USING (run_id))',
    order: 'sha256',
  },
  { name: 'parts', sql: 'SELECT * FROM parts SEMI JOIN current_parts USING (part_id)', order: 'part_id' },
  view('coverage', 'observation_id'),
  view('identities', 'identity_id'),
  view('identity_overview', 'identity_id'),
  view('identity_owners', 'identity_id'),
  view('identity_reach', 'identity_id, capability'),
  view('identity_consumers', 'identity_id, consumer_id, how, secret_name'),
  view('identity_use', 'identity_id, path, side, is_around'),
  view('credentials', 'credential_id'),
  view('credential_identities', 'credential_id'),
  view('sightings', 'observation_id, place_text'),
  view('grants', 'observation_id, identity_id'),
  view('trusts', 'observation_id, identity_id'),
  view('may_become', 'identity_id, becomes, basis, observation_id, confidence'),
  view('consumers', 'observation_id'),
  view('people', 'email'),
  view('policies', 'policy_id'),
  view('usages', 'used_at, observation_id'),
  view('gateway_sessions', 'used_at, observation_id'),
  view('granted_used', 'identity_id, side, resource, permission, granted_by'),
  ofRun('findings', 'fingerprint'),
  ofRun('check_results', 'rule'),
  ofRun('control_results', 'framework, control'),
  ofRun('acceptances', 'source, place, entry'),
];
