import { agentFacts } from './agent.ts';
import { buildFacts } from './build.ts';
import { checkoutFacts } from './checkout.ts';
import { publishFacts, registryFacts, sshFacts, storeFacts } from './tokens.ts';
import { uploadFacts } from './uploads.ts';
import type { Fact, JobView } from './view.ts';

/** All that is to be said of a job beside which secrets it uses; Apps are apart, for they are identities of their own. */
export function* factsOf(view: JobView): Generator<Fact> {
  if (view.workflow.composite && view.job.steps.length === 0) return;
  yield* checkoutFacts(view);
  yield* uploadFacts(view);
  yield* publishFacts(view);
  yield* buildFacts(view);
  yield* registryFacts(view);
  yield* storeFacts(view);
  yield* sshFacts(view);
  yield* agentFacts(view);
  yield* actorFacts(view);
}

/** A bot is told by who started the run; whoever pushes to its branch, or reopens its pull request, is somebody else. */
function* actorFacts({ job, jobToken }: JobView): Generator<Fact> {
  const places = [
    { condition: job.condition, tree: job.tree, where: 'job' },
    ...job.steps.map(({ condition, tree }) => ({ condition, tree, where: 'step' })),
  ];
  for (const { condition, tree, where } of places) {
    const [bot] = condition.bots;
    if (bot === undefined) continue;
    yield {
      fact: 'actor-check',
      identity: jobToken,
      how: 'token',
      offset: tree.start,
      pointer: tree.pointer,
      detail: { ...bot, where },
    };
    return;
  }
}
