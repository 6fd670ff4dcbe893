import type { Evidence, Finding } from '../../src/contracts/finding.ts';
import type { Location } from '../../src/contracts/observation.ts';
import { placeText } from '../../src/util/report-text.ts';

/** Is it told by where a credential lies? What rests on other facts too is told by its message. */
export function isPlaces(finding: Finding): boolean {
  return (
    finding.credential !== undefined && finding.evidence.length > 0 && finding.evidence.every((item) => item.kind === 'sighting')
  );
}

/** Where the credential lies, each place once, as short as it stays findable. */
export function placesOf(finding: Finding, oneRepository: boolean): string[] {
  const sightings = finding.evidence.filter((item) => item.kind === 'sighting');
  return [...new Set(sightings.map(({ at, summary }) => (at === undefined ? '' : shortPlace(at, oneRepository)) || summary))];
}

/** Places that the message, as printed, does not tell already. */
export function untoldPlaces(finding: Finding, message: string): string[] {
  const sightings = finding.evidence.filter((item) => item.kind === 'sighting');
  const told = new Set(message.split(/[\s,;]+/).map((word) => word.replace(/[.)]+$/, '')));
  const untold = sightings.filter((item) => !isInMessage(item, told));
  return [...new Set(untold.map(({ at, summary }) => (at === undefined ? '' : placeText(at)) || summary))];
}

/** Where the facts come from that a finding without sightings rests on; a fact without a source speaks for itself. */
export function sourcesOf(finding: Finding, oneRepository: boolean, isTold: (item: Evidence) => boolean = () => true): string[] {
  const sources = finding.evidence
    .filter(isTold)
    .map(({ at, summary }) => (at === undefined ? '' : shortPlace(at, oneRepository)) || summary);
  return [...new Set(sources)];
}

function isInMessage({ kind, at }: Evidence, told: ReadonlySet<string>): boolean {
  if (kind !== 'sighting' || at?.path === undefined) return false;
  if (at.repository !== undefined && !told.has(at.repository)) return false;
  return at.cell === undefined ? told.has(`${at.path}:${at.line}`) : told.has(at.path);
}

/** The commit only where it is the place: for what is gone from HEAD. */
function shortPlace(at: Location, oneRepository: boolean): string {
  const { repository, commit, date: _date, pointer, atHead, ...place } = at;
  const gone = atHead === false && commit !== undefined ? ` @ ${commit.slice(0, 8)}` : '';
  const text = placeText({
    ...place,
    ...(repository === undefined || (oneRepository && at.path !== undefined) ? {} : { repository }),
    ...(at.path === undefined && pointer !== undefined ? { pointer } : {}),
  });
  return text + gone;
}
