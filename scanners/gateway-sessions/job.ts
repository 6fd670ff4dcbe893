import type { Confidence } from '../../src/contracts/index.ts';
import { isHarmless, jobName } from '../../src/util/harmless.ts';
import { JOB_KEYS, type Session } from './schema.ts';
import type { Recording } from './stream.ts';

/** The run that was behind a session, and how surely. */
export interface Job {
  readonly job: string;
  /** Where it was read. Only a correlation id was made for this; the others are what clients say of themselves. */
  readonly basis: 'correlation-id' | 'metadata' | 'role-session-name' | 'user-agent' | 'application-name';
  readonly confidence: Confidence;
}

/** Names of programs: which one it was, not which run of it. */
const PROGRAMS =
  /^(?:psql|pg_dump|pg_restore|pgadmin|dbeaver|datagrip|tableplus|navicat|metabase|tableau|jdbc|postgresql jdbc|npgsql|psycopg|pgbouncer|node|python|java|go|ruby|curl|wget|okhttp|axios|boto3|aws-cli|kubectl|hoop|mozilla|azure data studio)\b/i;

/** These name a client, which is not always a run. */
const CLIENT_KEYS: ReadonlySet<string> = new Set(['useragent', 'rolesessionname', 'applicationname']);

/** `digest`: keyed, for correlation ids that people wrote what they liked into. */
export function jobOf(session: Session, recording: Recording, digest: (text: string) => string): Job | undefined {
  if (session.correlationId !== undefined) {
    return { job: jobName(session.correlationId, digest), basis: 'correlation-id', confidence: 'high' };
  }
  const { useragent, rolesessionname, applicationname } = session.named;
  const key = JOB_KEYS.find((name) => !CLIENT_KEYS.has(name) && session.named[name] !== undefined);
  const said = key && session.named[key];
  if (said !== undefined && isName(said)) return { job: said, basis: 'metadata', confidence: 'medium' };
  if (rolesessionname !== undefined && isRun(rolesessionname)) {
    return { job: rolesessionname, basis: 'role-session-name', confidence: 'low' };
  }
  const application = recording.applicationName ?? setName(recording.queries) ?? applicationname;
  if (application !== undefined && isRun(application)) return { job: application, basis: 'application-name', confidence: 'low' };
  if (useragent !== undefined && isRun(useragent)) return { job: useragent, basis: 'user-agent', confidence: 'low' };
  return undefined;
}

/** As the client names itself, without the version and all behind it. */
export function userAgentOf(session: Session, recording: Recording): string | undefined {
  const name = session.named.useragent ?? recording.applicationName ?? session.named.applicationname;
  const program = name?.split(/[/(;]|\s+v?\d/)[0]?.trim();
  return program === undefined || program === '' || !isName(program) || program.length > 80 ? undefined : program;
}

/** `SET application_name = 'nightly-17'`, which clients send when the connection string has it. */
function setName(queries: readonly string[]): string | undefined {
  for (const query of queries.slice(0, 20)) {
    const found = /^\s*set\s+(?:session\s+)?application_name\s*(?:=|to)\s*'(?<name>[^'\\]{1,255})'\s*;?\s*$/i.exec(query);
    if (found?.groups?.name !== undefined) return found.groups.name;
  }
  return undefined;
}

/** One line that can be printed, and neither a key nor the address of a person. */
function isName(text: string): boolean {
  return text.trim() !== '' && isHarmless(text);
}

/** Names of runs end in what tells one from another, or say that they are one; names of programs do not. */
function isRun(text: string): boolean {
  if (!isName(text) || PROGRAMS.test(text)) return false;
  return (
    /\d/.test(text) || /(?:^|[^a-z])(?:job|run|build|pipeline|workflow|dag|task|batch|cron|nightly|ci)(?:[^a-z]|$)/i.test(text)
  );
}
