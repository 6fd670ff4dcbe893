import type { FileHead } from '../../src/contracts/index.ts';

export function recognises(file: FileHead): boolean {
  if (!/\.ya?ml$/i.test(file.path) || /(?:^|\/)\.(?:github|circleci|gitlab|buildkite)\//i.test(file.path)) return false;
  if (/(?:^|[/.])(?:azure-?pipelines?|vsts-ci|azure-ci)[^/]*\.ya?ml$/i.test(file.path)) return true;
  if (/(?:^|\/)\.(?:azure-?pipelines?|azuredevops|ado|vsts|pipelines)\/.+$/i.test(file.path)) return isPipeline(file.head());
  return (
    /(?:^|[/._-])(?:azure|pipelines?|templates?|stages?|ci|build|deploy|eng|release)(?:[/._-]|$)/i.test(file.path) &&
    isPipeline(file.head()) &&
    /^[ \t]*-[ \t]+(?:task|deployment|pwsh|powershell)[ \t]*:|^[ \t]+(?:vmImage|azureSubscription)[ \t]*:/m.test(file.head())
  );
}

function isPipeline(head: string): boolean {
  return (
    /^(?:pool|trigger|pr|stages|jobs|steps|variables|resources|extends|parameters|schedules)[ \t]*:/m.test(head) &&
    !/^(?:on|apiVersion|kind|language|services|pipelines|image)[ \t]*:/m.test(head)
  );
}
