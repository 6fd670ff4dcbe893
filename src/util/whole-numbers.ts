import type { OptionsSchema } from '../contracts/reporter.ts';

/** Options that are numbers from 1 on, with what holds where nothing is said. A small schema for what loads in no time. */
export function wholeNumbers<Options extends { readonly [name: string]: number }>(defaults: Options): OptionsSchema<Options> {
  const issuesOf = (given: unknown) =>
    Object.entries(Object(given)).flatMap(([name, value]) => {
      if (!Object.hasOwn(defaults, name)) return [{ path: [], message: `Unrecognized key: "${name}"` }];
      return isWhole(value) ? [] : [{ path: [name], message: 'expected a whole number from 1 on' }];
    });
  return {
    parse(given) {
      const [issue] = issuesOf(given);
      if (issue !== undefined) throw new TypeError([...issue.path, issue.message].join(': '));
      const said = Object.entries(Object(given)).map(([name, value]) => [name, Number(value)]);
      return { ...defaults, ...Object.fromEntries(said) };
    },
    safeParse(given) {
      const issues = issuesOf(given);
      return issues.length === 0 ? { success: true } : { success: false, error: { issues } };
    },
  };
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(Number(value)) && Number(value) >= 1;
}
