import type { Statement } from '../document.ts';
import { decide, OTHER_TAGS, type Request } from '../evaluate.ts';
import { mentionedCalls } from '../mentions.ts';
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

/** What is known of a call on the target: the tags it has. One that it lacks here may have been given elsewhere, if not all are told. */
export function tagContext(target: Subject, tags: Iterable<string>): Context {
  const context: { [key: string]: readonly string[] | null } = {};
  for (const tag of tags) {
    const value = tagOf(target, tag);
    if (value === undefined && target.tagsTold !== true) continue;
    const known = value === undefined ? null : [value];
    context[`aws:resourcetag/${tag}`] = known;
    context[`iam:resourcetag/${tag}`] = known;
  }
  return context;
}

/** The same call, when the service does not look at tags of the resource. */
export function withoutTags(context: Context): Context {
  return Object.fromEntries(Object.entries(context).filter(([key]) => !TAG_KEY.test(key)));
}

export const TAGGING: readonly string[] = ['iam:TagUser', 'iam:TagRole'];

/** May the subject give the target the tags that it lacks? */
export function mayTag(subject: Subject, target: Subject, now: Date): boolean {
  const action = target.type === 'user' ? 'iam:TagUser' : 'iam:TagRole';
  if (!mentionedCalls(subject).has(action)) return false;
  return decide(subject, { action, resource: target.arn, context: allTags(target) }, now).outcome !== 'deny';
}

/** All of its tags: for a call on this target alone. */
export function allTags(target: Subject): Context {
  const own = tagContext(
    target,
    Object.keys(target.tags).map((tag) => tag.toLowerCase()),
  );
  return target.tagsTold === true ? { ...own, [OTHER_TAGS]: null } : own;
}
