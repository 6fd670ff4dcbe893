import type { Check } from '../contracts/check.ts';
import type { SqlParameters, SqlValue } from '../store/reader.ts';
import { ConfigError } from '../util/errors.ts';

/** What the configuration says of rules: values for their parameters. */
export type ParameterOverrides = { readonly [rule: string]: SqlParameters };

/** Names bound as `$name`, outside of comments and string literals. */
export function parametersIn(sql: string): readonly string[] {
  const code = sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, ' ');
  return [...new Set([...code.matchAll(/\$(?<name>[A-Za-z_]\w*)/g)].map((match) => match.groups?.name ?? ''))];
}

/** The values for one query of a check: only those it binds, for DuckDB refuses the others. */
export function bindings(check: Check, sql: string, overrides: ParameterOverrides = {}): SqlParameters {
  const own = overrides[check.meta.id] ?? {};
  const bound: { [name: string]: SqlValue } = {};
  for (const name of parametersIn(sql)) {
    const value = own[name] ?? check.meta.parameters[name];
    if (value !== undefined) bound[name] = value;
  }
  return bound;
}

/** Refuses values that would silently do nothing: an unknown rule or parameter, or a value of another type. */
export function assertOverrides(checks: readonly Check[], overrides: ParameterOverrides): void {
  for (const [rule, values] of Object.entries(overrides)) assertParameters(checks, rule, values);
}

export function assertParameters(checks: readonly Check[], rule: string, values: SqlParameters): void {
  const check = checks.find((candidate) => candidate.meta.id === rule);
  if (check === undefined) throw wrong(`There is no check ${rule}.`, 'Run `nhi-audit rules list` for the names.');
  const known = check.meta.parameters;
  for (const [name, value] of Object.entries(values)) {
    const standard = known[name];
    if (standard === undefined) {
      const names = Object.keys(known).join(', ');
      throw wrong(`The check ${rule} has no parameter ${name}.`, names === '' ? 'It has none.' : `It has: ${names}.`);
    }
    if (typeof value !== typeof standard) {
      throw wrong(`${name} of the check ${rule} must be a ${typeof standard}.`, `Its default is ${standard}.`);
    }
  }
}

/** Values for every check that has a parameter of the name: `graceDays` for all. What is said of one check goes before. */
export function spread(checks: readonly Check[], general: SqlParameters, own: ParameterOverrides): ParameterOverrides {
  const known = new Set(checks.flatMap(({ meta }) => Object.keys(meta.parameters)));
  for (const name of Object.keys(general)) {
    if (known.has(name)) continue;
    throw wrong(`No check has a parameter ${name}.`, `There are: ${[...known].sort().join(', ')}.`);
  }
  const all: { [rule: string]: SqlParameters } = { ...own };
  for (const { meta } of checks) {
    const named = Object.entries(general).filter(([name]) => Object.hasOwn(meta.parameters, name));
    if (named.length > 0) all[meta.id] = { ...Object.fromEntries(named), ...own[meta.id] };
  }
  return all;
}

function wrong(message: string, hint: string): ConfigError {
  return new ConfigError(message, { code: 'RULE_PARAMETER', hint });
}
