import type { Location, Observation, ScanContext, SightingObservation } from '../../src/contracts/index.ts';
import { entriesOf, get, itemsOf, type Tree } from '../../src/formats/tree.ts';
import { literalOf, literalSighting, weakLiteral } from './literal.ts';
import type { KubeObject, World } from './object.ts';
import { common } from './object.ts';

/** A template's text in which its expressions have given way to fillers, and what each filler stands for. */
export interface Blanked {
  readonly text: string;
  /** With its fillers turned back: `{{include "shop.fullname" .}}-reader`. */
  restore(text: string): string;
}

const FIRST_FILLER = 0xe000;
const LAST_FILLER = 0xf8ff;
const FILLERS = /([\uE000-\uF8FF])\1*/g;

/** Does a value hold what only a template knows? */
export function isFilled(text: string): boolean {
  return /[\uE000-\uF8FF]/.test(text);
}

/**
 * A template without its expressions, every offset kept: lines of control are blanked, and what stands for a value
 * becomes letters that no file has, the same for the same expression. Both branches of a condition stay.
 */
export function blankTemplate(text: string, release: string): Blanked {
  const fillers = new Map<string, string>();
  const expressions = new Map<string, string>();
  const blank = (found: string, offset: number): string => {
    if (isControl(text, offset, found)) return found.replace(/[^\r\n]/g, ' ');
    const expression = normal(found, release);
    let filler = fillers.get(expression);
    if (filler === undefined) {
      filler = String.fromCharCode(Math.min(FIRST_FILLER + fillers.size, LAST_FILLER));
      fillers.set(expression, filler);
      expressions.set(filler, expression);
    }
    const [first = '', ...more] = found.split('\n');
    return [filler.repeat(first.length), ...more.map((line) => ' '.repeat(line.length))].join('\n');
  };
  let blanked = '';
  let done = 0;
  for (const [start, end] of expressionsOf(text)) {
    blanked += text.slice(done, start) + blank(text.slice(start, end), start);
    done = end;
  }
  return {
    text: blanked + text.slice(done),
    restore: (given) => given.replace(FILLERS, (_, filler: string) => `{{${expressions.get(filler) ?? '…'}}}`),
  };
}

/** `{{ … }}` and `{% … %}`. What is not closed is none, and is looked for once: a pattern would look again from each brace. */
function* expressionsOf(text: string): Generator<readonly [number, number]> {
  const ends = new Map<string, number>();
  for (let at = text.indexOf('{'); at >= 0 && at < text.length - 1; at = text.indexOf('{', at)) {
    const close = text[at + 1] === '{' ? '}}' : text[at + 1] === '%' ? '%}' : undefined;
    if (close === undefined || ends.get(close) === -1) {
      at += 1;
      continue;
    }
    const end = text.indexOf(close, at + 2);
    ends.set(close, end);
    if (end < 0) {
      at += 1;
      continue;
    }
    yield [at, end + 2];
    at = end + 2;
  }
}

/** A line of control is short; a long one is looked at no more than that, for each of the many expressions it may have. */
const MAX_LINE = 1000;

/** Alone on its line, with others of its kind or none. */
function isControl(text: string, offset: number, found: string): boolean {
  const before = text.slice(Math.max(0, offset - MAX_LINE), offset);
  const after = text.slice(offset + found.length, offset + found.length + MAX_LINE);
  const [start, end] = [before.lastIndexOf('\n'), after.indexOf('\n')];
  if ((start < 0 && before.length === MAX_LINE) || (end < 0 && after.length === MAX_LINE)) return false;
  const line = before.slice(start + 1) + (end < 0 ? after : after.slice(0, end));
  return line.replace(/\{\{[^}]*\}\}|\{%[^%]*%\}/g, '').trim() === '';
}

/** The same value written in two ways is one: `{{ .Release.Name | quote }}`, `{{- .Release.Name -}}`. */
function normal(found: string, release: string): string {
  const inner = found
    .replace(/^\{[{%]-?\s*|\s*-?[}%]\}$/g, '')
    .replace(/\s*\|\s*(?:quote|squote|toString|trunc\s+\d+|trimSuffix\s+"-")(?=\s*(?:\||$))/g, '')
    .replace(/\s+/g, ' ')
    .slice(0, 120);
  return inner === '.Release.Namespace' ? release : inner;
}

/** Values of a chart: what a release gets when nobody sets anything. `at` is given offsets in the file. */
export function* readValues(
  root: Tree | undefined,
  options: {
    readonly consumer: string;
    readonly place: SightingObservation['place'];
    readonly at: (node: Tree) => Location;
    readonly context: Pick<ScanContext, 'fingerprint' | 'detect'>;
    readonly cover: (text: string) => string;
    readonly environment?: string | undefined;
  },
): Generator<Observation> {
  const { consumer, place, at, context, cover, environment } = options;
  const pending: { readonly key: string; readonly tree: Tree; readonly path: string }[] = [
    { key: '', tree: root ?? EMPTY, path: '' },
  ];
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    const { tree } = one;
    if (tree.type === 'mapping') {
      for (const { key, value } of tree.entries)
        pending.push({ key, tree: value, path: one.path === '' ? key : `${one.path}.${key}` });
      continue;
    }
    if (tree.type === 'list') {
      for (const item of tree.items) {
        // `- name: DB_PASSWORD` with its value: the way of `extraEnv`.
        const [name, value] = [get(item, 'name'), get(item, 'value')];
        if (name?.type === 'scalar' && value?.type === 'scalar') pending.push({ key: name.value, tree: value, path: one.path });
        else pending.push({ key: one.key, tree: item, path: one.path });
      }
      continue;
    }
    if (tree.value.includes('{{') || isFilled(tree.value)) continue;
    const found = literalOf(one.key, tree.value);
    if (found === undefined) continue;
    const name = cover(one.path.slice(0, 200));
    const detail = { platform: 'kubernetes', source: 'values', kind: 'Values', variable: name, position: 'values' };
    if (found.weak) yield weakLiteral(consumer, name, at(tree), detail);
    else if (context.detect(tree.value).length === 0) yield literalSighting(found, at(tree), place, context, environment);
  }
}

const EMPTY: Tree = { type: 'mapping', entries: [], start: 0, end: 0, pointer: '' };

/** Values that a HelmRelease of Flux carries in it. https://fluxcd.io/flux/components/helm/helmreleases/ */
export function* readHelmRelease(
  object: KubeObject,
  world: World,
  options: { readonly context: Pick<ScanContext, 'fingerprint' | 'detect'>; readonly place: SightingObservation['place'] },
): Generator<Observation> {
  const values = get(get(object.tree, 'spec'), 'values');
  if (entriesOf(values).length === 0 && itemsOf(values).length === 0) return;
  const namespace = object.namespace ?? world.defaultNamespace;
  for (const row of readValues(values, {
    ...options,
    consumer: world.consumerId(object.kind, namespace, object.name),
    at: (node) => object.at(node),
    cover: world.cover,
    environment: world.environmentOf(namespace, object.labels),
  })) {
    yield row.kind === 'consumer' ? { ...row, detail: { ...row.detail, ...common(object, world), position: 'values' } } : row;
  }
}
