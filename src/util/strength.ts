/** What a value says by its make alone: made by a generator (or a careful person), or the first that anybody would try. */
type Strength = 'strong' | 'weak';

const WELL_KNOWN =
  /^(?:(?:my|super|some|the|dev|local|test|root|admin|user|postgres|mysql|maria|mongo|redis|rabbit|db|app|default)?[_-]?(?:pass(?:word|wd)?|passw0rd|p@ssw0rd|secret|token|key)[!\d]{0,6}|admin(?:istrator)?|root|toor|postgres(?:ql)?|mysql|mongo|guest|user|test(?:ing)?|default|minio|minioadmin|minio123|grafana|prom-operator|rabbitmq|redis|welcome|super[-_]?secret\w{0,10}|changeme|change[-_ ]?(?:me|this|it)[-_\w]{0,20}|1234\d{0,6}|qwerty\d*|letmein|example|demo|dev|docker|nextcloud|wordpress|elastic|keycloak|sonar|nhost)[!\d]{0,4}$/i;

/** A password that everybody tries first. */
export function isWellKnown(value: string): boolean {
  return WELL_KNOWN.test(value);
}

/** Words and runs that people put into what they make up for a test, a sample or a place to fill in; `@`, `$`, `0` read as letters. */
const MADE_UP =
  /pass|pwd|secret|admin|root|user|login|test|example|sample|dummy|demo|fake|mock|foo|bar(?![a-z])|change|replace|insert|your|enter|welcome|qwert|asdf|zxcv|letme|default|local|string|value|token|abcd|abc123|123456|12345|1234|4321|1q2w|0123|xxxx|random|generat|encrypt|hash|crypt|prefix|field|label|placeholder|redact|super|hello|world|iloveyou|monkey|dragon|oauth/;

/** Names in programs, paths, calls, ids, versions: what stands where a value would, and is none. */
const NO_VALUE =
  /^[A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)+$|^[a-z0-9]+(?:[-_/.][a-z]{3,}[a-z0-9]*)+$|^[~./\\@#&*-]|^\$|:\/\/|[(){}<>[\]\s]|\$[{(A-Za-z_]|%[A-Za-z_]\w*%|^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|^\d+(?:[.:/-]\d+)*$|^(?:arn|vault|ref\+|op|enc|sha\d+|md5|bcrypt|pbkdf2\w*|argon2\w*|scrypt)[:\-[{]/i;

/**
 * How a value is made. `strong`: letters and digits that change places all the time, or three kinds of signs one of which
 * no word has, with nothing in it that people write for a test. Tells nothing of the rest: most passwords of people.
 */
export function strengthOf(value: string): Strength | undefined {
  if (isWellKnown(value)) return 'weak';
  if (value.length < 10 || value.length > 200 || new Set(value).size < 8 || !/[A-Za-z]/.test(value) || !/\d/.test(value))
    return undefined;
  if (NO_VALUE.test(value) || MADE_UP.test(folded(value))) return undefined;
  // A word that begins with a capital is one change, a made-up value has them everywhere.
  const changes = value.match(/[a-z](?=[A-Z\d])|[A-Z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
  if (changes >= 3 && changes * 4 >= value.length) return 'strong';
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^\w.:/@-]/].filter((kind) => kind.test(value)).length;
  return kinds === 4 || (kinds === 3 && /[^\w.:/@-]/.test(value) && changes >= 2) ? 'strong' : undefined;
}

function folded(value: string): string {
  return `${value.toLowerCase()} ${value.toLowerCase().replaceAll('0', 'o').replaceAll('@', 'a').replaceAll('$', 's').replaceAll('3', 'e').replaceAll('1', 'i').replaceAll('4', 'a').replaceAll('5', 's')}`;
}

/** Names that end in the word: `DB_PASSWORD`, `dbPassword2`; `passwordHash` is about one. */
const PASSWORD_NAME = /(?:password|passwd|passphrase|pwd|pass)\d{0,2}$/i;

/** What the make of a value adds to what its name says, for guesses at passwords. */
export function strengthUnder(name: string | undefined, value: string): Strength | undefined {
  return name === undefined || PASSWORD_NAME.test(name) ? strengthOf(value) : undefined;
}
