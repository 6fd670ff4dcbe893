import type { LayerContent } from './layer.ts';

export interface Removal {
  readonly how: 'deleted' | 'replaced';
  /** Which layer did it, counted from the bottom. */
  readonly layer: number;
}

/** Is a file of one layer taken away, or covered, by one above it? It lies in the image all the same. */
export function removalOf(path: string, index: number, layers: readonly (LayerContent | undefined)[]): Removal | undefined {
  const above: string[] = [];
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) above.push(path.slice(0, slash));
  for (let layer = index + 1; layer < layers.length; layer++) {
    const content = layers[layer];
    if (content === undefined) continue;
    if (content.paths.has(path)) return { how: 'replaced', layer };
    if (
      content.whiteouts.has(path) ||
      above.some(
        (directory) => content.whiteouts.has(directory) || content.opaque.has(directory) || content.paths.has(directory),
      ) ||
      content.opaque.has('')
    ) {
      return { how: 'deleted', layer };
    }
  }
  return undefined;
}
