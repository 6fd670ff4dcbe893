import type { CoverageObservation, Location, ObservationKind } from '../../src/contracts/index.ts';
import { isServiceAgent } from '../../src/iam/gcp/accounts.ts';
import { projectIn } from '../../src/iam/gcp/hierarchy.ts';
import type { Answers } from './collect.ts';
import { namedKind } from './recognise.ts';

/** What was not exported, though the like of it was. */
export interface Missing {
  readonly what: string;
  readonly why: string;
  readonly covers: readonly ObservationKind[];
}

interface File {
  readonly answers: Answers;
}

const BY_PROJECT = ['service accounts', 'service-account keys', 'IAM policies'] as const;
type ByProject = (typeof BY_PROJECT)[number];

const COVERS: { readonly [kind in ByProject]: readonly ObservationKind[] } = {
  'service accounts': ['identity'],
  'service-account keys': ['credential'],
  'IAM policies': ['grant', 'trust'],
};

/**
 * Of the files that were exported together: which project lacks a list that others have, for an empty list is a file too. What
 * comes of the asset inventory or of one list is taken to be of all projects.
 */
export function missingIn(files: ReadonlyMap<string, File>, projectIds: ReadonlyMap<string, string>): Missing[] {
  const told = toldIn(files, projectIds);
  const missing: Missing[] = [];
  const projects = new Set(BY_PROJECT.flatMap((kind) => [...told[kind].projects]));
  for (const kind of BY_PROJECT) {
    const { projects: have, isOfAll } = told[kind];
    if (isOfAll || have.size === 0) continue;
    for (const project of [...projects].sort()) {
      // A project without accounts has no keys to list.
      if (have.has(project) || (kind === 'service-account keys' && !told['service accounts'].projects.has(project))) continue;
      missing.push({
        what: `${kind} of ${project}`,
        why: `the ${kind} of the project ${project} were not exported, those of ${have.size === 1 ? [...have][0] : `${have.size} others`} were: export them too`,
        covers: COVERS[kind],
      });
    }
  }
  const answers = [...files.values()].map((file) => file.answers);
  if (answers.some(({ bindings }) => bindings.length > 0) && !answers.some(({ kinds }) => kinds.has('deny policies'))) {
    const why = 'grants are judged without deny policies, of which there is no export: what one takes away is told as granted';
    missing.push({ what: 'deny policies', why, covers: [] });
  }
  return missing;
}

export function missingRow({ what, why, covers }: Missing, at: Location): CoverageObservation {
  return { kind: 'coverage', surface: 'gcp', subject: `Google Cloud exports: ${what}`, outcome: 'partial', why, covers, at };
}

interface Told {
  readonly projects: Set<string>;
  isOfAll: boolean;
}

function toldIn(
  files: ReadonlyMap<string, File>,
  projectIds: ReadonlyMap<string, string>,
): { readonly [kind in ByProject]: Told } {
  const told = {
    'service accounts': newTold(),
    'service-account keys': newTold(),
    'IAM policies': newTold(),
  };
  const accountProjects = new Map<string, string>();
  for (const { answers } of files.values()) {
    for (const { email, projectId } of answers.accounts.values()) {
      if (projectId === undefined || isServiceAgent(email)) continue;
      accountProjects.set(email, projectId);
      accountProjects.set(email.replace(/@.*$/s, ''), projectId);
    }
  }
  const known = new Set([...accountProjects.values(), ...projectIds.values()]);
  for (const [path, { answers }] of files) {
    const own: { readonly [kind in ByProject]: readonly (string | undefined)[] } = {
      'service accounts': [...answers.accounts.values()].flatMap(({ email, projectId }) =>
        isServiceAgent(email) ? [] : projectId,
      ),
      'service-account keys': [...answers.keyProjects],
      'IAM policies': answers.bindings.flatMap(({ resource }) =>
        resource.startsWith('projects/') ? projectIn(resource, projectIds) : [],
      ),
    };
    for (const kind of BY_PROJECT) {
      const projects = new Set(
        own[kind].flatMap((one) => (one === undefined || one === '-' ? [] : (projectIds.get(one) ?? one))),
      );
      for (const project of projects) told[kind].projects.add(project);
      if (answers.kinds.has(kind) && (answers.kinds.has('assets') || projects.size > 1)) told[kind].isOfAll = true;
      const named = namedKind(path) === kind ? namedProject(path, known, accountProjects) : undefined;
      if (named !== undefined) told[kind].projects.add(named);
      // An empty list that is named for nothing that is known may be of any project.
      else if (answers.kinds.has(kind) && projects.size === 0) told[kind].isOfAll = true;
    }
  }
  return told;
}

function newTold(): Told {
  return { projects: new Set(), isOfAll: false };
}

/** `keys-PROJECT.json`, `keys-ACCOUNT.json`, `PROJECT-iam-policy.json`. */
function namedProject(path: string, known: ReadonlySet<string>, accounts: ReadonlyMap<string, string>): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.(?:json|jsonl|ndjson|txt|out)$/i, '');
  const rest = name.replace(/^(?:service[-_])?(?:account[-_])?(?:keys|accounts)[-_.]|[-_.]iam[-_.]policy$/gi, '');
  return known.has(rest) ? rest : accounts.get(rest);
}
