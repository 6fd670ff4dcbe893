import type { Statement } from '../document.ts';
import type { Request } from '../evaluate.ts';
import type { Subject } from '../subject.ts';
import { tagOf } from './population.ts';

export type Context = NonNullable<Request['context']>;

const TAG_KEY = /^(?:aws|iam):resourcetag\/(?<tag>.+)$/;

/**
 * Tags of the target that the condition of a statement asks for, lower case. `iam:PassRole` does not look at them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html
 */
export function tagsAskedFor({ tests }: Statement, call: string): string[] {
  if (tests.length === 0 || call === 'iam:PassRole') return [];
  return tests.flatMap(({ key, values }) => {
    const inValues = values.flatMap((value) => [...value.toLowerCase().matchAll(/\$\{((?:aws|iam):resourcetag\/[^},]+)/g)]);
    return [key.toLowerCase(), ...inValues.map(([, name = '']) => name.trim())].flatMap(
      (name) => TAG_KEY.exec(name)?.groups?.tag ?? [],
    );
  });
}

/** What is known of a call on the target: the tags it has. One that it lacks here may have been given elsewhere. */
export function tagContext(target: Subject, tags: Iterable<string>): Context {
  const context: { [key: string]: readonly string[] } = {};
  for (const tag of tags) {
    const value = tagOf(target, tag);
    if (value === undefined) continue;
    context[`aws:resourcetag/${tag}`] = [value];
    context[`iam:resourcetag/${tag}`] = [value];
  }
  return context;
}

/** All of its tags: for a call on this target alone. */
export function allTags(target: Subject): Context {
  return tagContext(
    target,
    Object.keys(target.tags).map((tag) => tag.toLowerCase()),
  );
}
