import type { Match, Observation } from '../contracts/index.ts';

/** No token of a known form is shorter; most paths are told apart by this alone. */
const LONG_WORD = /[A-Za-z0-9_-]{16,}/;

/** Credentials stand in names of files and branches, too: these are masked before anything is stored or printed. */
export function redactNames(observation: Observation, detect: (text: string) => readonly Match[]): Observation {
  const { at } = observation;
  const path = redact(at?.path, detect);
  const pointer = redact(at?.pointer, detect);
  const subject = observation.kind === 'coverage' ? redact(observation.subject, detect) : undefined;
  if (
    path === at?.path &&
    pointer === at?.pointer &&
    (subject === undefined || observation.kind !== 'coverage' || subject === observation.subject)
  ) {
    return observation;
  }
  return {
    ...observation,
    ...(at === undefined
      ? {}
      : { at: { ...at, ...(path === undefined ? {} : { path }), ...(pointer === undefined ? {} : { pointer }) } }),
    ...(subject === undefined ? {} : { subject }),
  } as Observation;
}

function redact(text: string | undefined, detect: (text: string) => readonly Match[]): string | undefined {
  if (text === undefined || !LONG_WORD.test(text)) return text;
  let [clean, end] = ['', 0];
  for (const match of detect(text)) {
    // What has a public id shows only that in places: an ARN or a key id in a pointer is no secret.
    if (match.start < end || match.secret.reveal() === match.publicId) continue;
    clean += text.slice(end, match.start) + match.masked;
    end = match.end;
  }
  return end === 0 ? text : clean + text.slice(end);
}
