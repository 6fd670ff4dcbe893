import type { Job, Workflow } from './workflow.ts';

// https://docs.github.com/en/actions/reference/security/oidc#oidc-claims-used-to-define-trust-conditions-on-cloud-roles

/** A subject that the job's OIDC token may have; `*` stands for what the file leaves open. */
export interface Subject {
  readonly subject: string;
  readonly isPattern: boolean;
  /** Which of the context decides: an environment goes before all else. */
  readonly from: 'environment' | 'pull_request' | 'branch' | 'tag';
  readonly events: readonly string[];
  readonly environment?: string;
  readonly ref?: string;
}

const MAX_SUBJECTS = 20;

/** Subjects in GitHub's default form. An owner may change the form for a repository; its files do not tell. */
export function subjectsOf(job: Job, workflow: Workflow, repository: string | undefined): Subject[] {
  if (repository === undefined || !repository.includes('/') || workflow.composite) return [];
  const subjects = new Map<string, Subject>();
  const add = (rest: string, subject: Omit<Subject, 'subject' | 'isPattern'>) => {
    const text = `repo:${repository}:${rest}`;
    const known = subjects.get(text);
    const events = [...new Set([...(known?.events ?? []), ...subject.events])];
    if (known !== undefined || subjects.size < MAX_SUBJECTS)
      subjects.set(text, { ...subject, subject: text, isPattern: rest.includes('*'), events });
  };
  const events = job.triggers;
  if (job.environments.length > 0 || job.dynamicEnvironment) {
    for (const environment of job.environments) add(`environment:${environment}`, { from: 'environment', events, environment });
    if (job.environments.length === 0) add('environment:*', { from: 'environment', events });
    return [...subjects.values()];
  }
  for (const event of events) {
    // The caller's context counts, and the caller is described on its own.
    if (event === 'workflow_call') continue;
    if (event === 'pull_request') add('pull_request', { from: 'pull_request', events: [event] });
    else if (event === 'push') {
      for (const [kind, patterns] of [
        ['heads', workflow.on.branches],
        ['tags', workflow.on.tags],
      ] as const) {
        for (const pattern of patterns) {
          const ref = `refs/${kind}/${wildcard(pattern)}`;
          add(`ref:${ref}`, { from: kind === 'heads' ? 'branch' : 'tag', events: [event], ref });
        }
      }
    } else if (event === 'release') add('ref:refs/tags/*', { from: 'tag', events: [event], ref: 'refs/tags/*' });
    else add('ref:refs/heads/*', { from: 'branch', events: [event], ref: 'refs/heads/*' });
  }
  return [...subjects.values()];
}

/** GitHub's patterns of branches in the one wildcard that trust policies know; `main` stays `main`. */
function wildcard(pattern: string): string {
  return pattern
    .replace(/\[[^\]]*\]\+?/g, '*')
    .replace(/[?+]/g, '*')
    .replace(/\*+/g, '*')
    .slice(0, 200);
}
