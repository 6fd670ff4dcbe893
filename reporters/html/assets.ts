import { bundlePage, type PageAssets } from './bundle.ts';

let made: Promise<PageAssets> | undefined;

/** In the package this module is another one, that holds the texts: see `scripts/build.ts`. */
export function pageAssets(): Promise<PageAssets> {
  made ??= bundlePage();
  return made;
}
