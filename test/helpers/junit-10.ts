/** What an element may and must have. */
interface Rule {
  readonly isRoot?: boolean;
  readonly children: readonly string[];
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Text beside elements, other than blanks. */
  readonly hasText: boolean;
  readonly time: RegExp;
}

const ANY = /^/;
/** `SUREFIRE_TIME`: digits, which may be grouped by commas, and decimals. */
const SECONDS = /^(?:(?:\d{0,3},)*\d{3}|\d{0,3})*(?:\.\d*)?$/;
const message: Rule = { children: [], required: [], optional: ['type', 'message'], hasText: true, time: ANY };

/**
 * The rules of `junit-10.xsd` for the elements that are written, as a table: the schema of Jenkins' xunit plugin, which is the
 * strictest in wide use. https://github.com/jenkinsci/xunit-plugin (src/main/resources/…/types/model/xsd)
 */
export const JUNIT_10: { readonly [element: string]: Rule } = {
  testsuites: {
    isRoot: true,
    children: ['testsuite'],
    required: [],
    optional: ['name', 'time', 'tests', 'failures', 'errors'],
    hasText: false,
    time: SECONDS,
  },
  testsuite: {
    isRoot: true,
    children: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
    required: ['name', 'tests', 'failures', 'errors'],
    optional: ['group', 'time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file', 'log', 'url', 'version'],
    hasText: false,
    time: SECONDS,
  },
  properties: { children: ['property'], required: [], optional: [], hasText: false, time: ANY },
  property: { children: [], required: ['name', 'value'], optional: [], hasText: false, time: ANY },
  testcase: {
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
    required: ['name'],
    optional: ['time', 'classname', 'group'],
    hasText: false,
    time: ANY,
  },
  failure: message,
  skipped: message,
};
