import type { ScanContext } from '../../src/contracts/index.ts';
import { declaredEnvironment, environmentOf } from '../../src/util/environment.ts';
import { isTemplated, type World } from './object.ts';

const ENVIRONMENT_LABELS = ['environment', 'env', 'app.kubernetes.io/environment', 'stage', 'tags.datadoghq.com/env'];

export interface WorldOptions {
  readonly cluster?: string;
  readonly source: World['source'];
  readonly defaultNamespace: string;
  readonly path?: string;
  readonly note: (problem: string) => void;
  readonly consumerId: World['consumerId'];
  readonly restore?: (text: string) => string;
  readonly context: Pick<ScanContext, 'detect'>;
}

export function makeWorld(options: WorldOptions): World {
  const { cluster, source, defaultNamespace, path, note, consumerId, restore, context } = options;
  return {
    cluster,
    source,
    defaultNamespace,
    note,
    consumerId,
    environmentOf(namespace, labels) {
      for (const key of ENVIRONMENT_LABELS) {
        const declared = labels?.get(key);
        if (declared !== undefined && /^[\w-]{2,30}$/.test(declared)) return declaredEnvironment(declared);
      }
      return environmentOf(namespace, cluster, path);
    },
    ofCluster: (name) =>
      // `{{.Release.Name}}-reader` is in every other chart.
      source === 'template' && isTemplated(name)
        ? `${name} of ${defaultNamespace.replace(/^\{\{release of (.*)\}\}$/s, '$1')}`
        : name,
    cover(text) {
      return coverSecret(restore === undefined ? text : restore(text), context);
    },
  };
}

/** Long enough, and of the make, that a credential may stand in it. */
const SUSPECT = /(?=[A-Za-z0-9_-]*[0-9])(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{16,}/;

/** A credential that somebody put into a name must not be carried on. */
function coverSecret(text: string, context: Pick<ScanContext, 'detect'>): string {
  if (text.length < 16 || !SUSPECT.test(text)) return text;
  // Names of the API are lower case words and short hashes; no credential that a detector knows looks so.
  if (/^[a-z0-9]+(?:[-.:/][a-z0-9]{1,15})*$/.test(text) && !/[a-z0-9]{24}/.test(text)) return text;
  let covered = text;
  for (const { start, end } of context.detect(text)) {
    covered = covered.slice(0, start) + covered.slice(start, end).replace(/[\p{L}\p{N}]/gu, 'x') + covered.slice(end);
  }
  return covered;
}
