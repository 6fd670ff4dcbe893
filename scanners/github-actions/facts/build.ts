import { namedArgument } from '../../../src/ci/describe.ts';
import { type Fact, givenTo, isMadeSecret, type JobView, nameOf } from './view.ts';

/** `build-args` of docker/build-push-action, `build_args`, `buildargs`, `extra_build_args` of others. */
const INPUT = /(?:^|[-_])build[-_]?args?$/i;
const ARGUMENT = /^\s*(?:--build-arg[=\s]+)?["']?(?<name>[A-Za-z_]\w*)=/;

/** Secrets that an action hands to the build of an image as arguments. */
export function* buildFacts(view: JobView): Generator<Fact> {
  for (const step of view.job.steps) {
    if (step.uses === undefined) continue;
    for (const { use, key, scalar, offset } of givenTo(view, step)) {
      if (!INPUT.test(key) || !isMadeSecret(use)) continue;
      const named = new RegExp(`\\bsecrets\\s*(?:\\.|\\[\\s*')\\s*${use.name}\\b`, 'i');
      const line = scalar.value.split(/[\n,]/).find((text) => named.test(text)) ?? '';
      const argument = ARGUMENT.exec(line)?.groups?.name ?? use.name;
      const detail = { step: nameOf(step), uses: step.uses.uses, ...namedArgument(argument, use.name) };
      yield { fact: 'build-argument', secretName: use.name, offset, pointer: scalar.pointer, detail };
    }
  }
}
