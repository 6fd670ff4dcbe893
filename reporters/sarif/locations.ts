import type { Finding } from '../../src/contracts/finding.ts';
import type { Location } from '../../src/contracts/observation.ts';
import { type Located, located, primaryPlace } from '../../src/util/places.ts';
import { placeText } from '../../src/util/report-text.ts';
import { message, relativeUri } from './text.ts';

/** Code scanning takes no more locations for one result. */
const MAX_LOCATIONS = 1000;
/** Where results go that no file tells: the place where the user says how such things are judged. */
export const UNLOCATED = 'nhi-audit.config.yml';

export interface Placed {
  readonly locations: object[];
  readonly relatedLocations: object[];
  readonly unlocated: boolean;
  readonly dropped: number;
  /** Path of the primary location, as a URI. */
  readonly uri: string;
}

/**
 * The primary location is what `primaryPlace` says. The others are related locations. A finding without any file stands on line 1 of the
 * configuration file: a pseudo artifact that is the same in every run.
 */
export function placesOf(finding: Finding): Placed {
  const primary = primaryPlace(finding);
  if (primary === undefined) {
    const uri = UNLOCATED;
    return { locations: [physical(uri, undefined)], relatedLocations: [], unlocated: true, dropped: 0, uri };
  }
  const others = located(finding).filter((item) => item !== primary);
  return {
    locations: [describe(primary)],
    relatedLocations: others.slice(0, MAX_LOCATIONS - 1).map((item, index) => ({ id: index + 1, ...describe(item) })),
    unlocated: false,
    dropped: Math.max(0, others.length - (MAX_LOCATIONS - 1)),
    uri: relativeUri(primary.at.path),
  };
}

function describe(evidence: Located): object {
  const { at } = evidence;
  const text = evidence.kind === 'sighting' ? placeText(at) : evidence.summary;
  return {
    ...physical(relativeUri(at.path), at),
    ...(at.pointer === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: message(at.pointer, 500).text }] }),
    message: message(text, 500),
    ...properties(at),
  };
}

function physical(uri: string, at: Location | undefined): { physicalLocation: object } {
  return { physicalLocation: { artifactLocation: { uri, uriBaseId: '%SRCROOT%' }, region: region(at) } };
}

/** Always one line: code scanning annotates a pull request only when every line of the region is in the diff. */
function region(at: Location | undefined): object {
  const startLine = Math.max(1, at?.line ?? 1);
  const startColumn = Math.max(1, at?.column ?? 1);
  const sameLine = at?.endColumn !== undefined && (at.endLine === undefined || at.endLine === at.line);
  // endColumn points behind the last character.
  const endColumn = sameLine ? Math.max(startColumn + 1, at.endColumn ?? 0) : startColumn + 1;
  return { startLine, startColumn, endLine: startLine, endColumn };
}

function properties(at: Location): { properties?: object } {
  const known = {
    ...(at.repository === undefined ? {} : { repository: message(at.repository, 500).text }),
    ...(at.commit === undefined ? {} : { commit: message(at.commit, 64).text }),
    ...(at.date === undefined ? {} : { date: message(at.date, 40).text }),
    ...(at.atHead === undefined ? {} : { atHead: at.atHead }),
    ...(at.cell === undefined ? {} : { cell: at.cell }),
    ...(at.part === undefined ? {} : { part: message(at.part, 100).text }),
    ...(at.layer === undefined ? {} : { layer: message(at.layer, 100).text }),
  };
  return Object.keys(known).length === 0 ? {} : { properties: known };
}
