import type { FileHead } from '../../src/contracts/index.ts';

export function recognises(file: FileHead): boolean {
  if (!/\.ya?ml$/i.test(file.path)) return false;
  if (/(?:^|[/.])gitlab-ci\.ya?ml$/i.test(file.path)) return true;
  if (/(?:^|\/)\.gitlab\/(?!(?:issue|merge_request|changelog)[^/]*\/|agents\/).*(?:^|[/._-])ci(?:[/._-]|$)/i.test(file.path))
    return true;
  if (/(?:^|\/)\.(?:github|circleci|drone|travis|buildkite|tekton)\b/.test(file.path)) return false;
  // A file that pipelines include: jobs at the top, with a script, and something that only jobs of GitLab have.
  if (!/(?:^|[/._-])(?:ci|gitlab|pipelines?|jobs?|templates?|deploy(?:ment)?s?|builds?|stages?)(?:[/._-]|$)/i.test(file.path))
    return false;
  const head = file.head();
  return (
    /^[ \t]{2,4}script:/m.test(head) &&
    /^[ \t]{2,4}(?:stage|extends|rules|only|except|needs|tags|artifacts|id_tokens|before_script|allow_failure|retry):/m.test(
      head,
    ) &&
    !/^(?:jobs|pipelines|on|pool|steps|kind|apiVersion|language|dist):/m.test(head)
  );
}
