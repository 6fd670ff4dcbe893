import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The page's script and style, as one text each. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/**
 * Puts them together with the charts' library. `npm run build` writes the outcome into the package; from source it is done
 * when the first report is made, so that the page at hand is always the one of the source.
 */
export async function bundlePage(): Promise<PageAssets> {
  const { rolldown } = await import('rolldown');
  const page = join(dirname(fileURLToPath(import.meta.url)), 'page');
  const build = async (file: string, format: 'iife' | 'esm'): Promise<string> => {
    const bundle = await rolldown({
      input: join(page, file),
      platform: 'browser',
      moduleTypes: { '.css': 'text' },
      transform: { target: 'es2022' },
    });
    const { output } = await bundle.generate({ format, minify: true, comments: false });
    await bundle.close();
    return output[0].code;
  };
  const script = await build('main.ts', 'iife');
  const styled = (await import(`data:text/javascript,${encodeURIComponent(await build('style.ts', 'esm'))}`)) as {
    style: string;
  };
  // A comment with a closing tag would end the element that holds it.
  return { script: script.replaceAll('</script', '<\\/script').trim(), style: shortened(styled.style) };
}

function shortened(css: string): string {
  return css
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s*\n\s*/g, '\n')
    .trim();
}
