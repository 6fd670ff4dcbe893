import { find } from './dom.ts';

type Theme = 'auto' | 'light' | 'dark';
const NEXT: { readonly [theme in Theme]: Theme } = { auto: 'dark', dark: 'light', light: 'auto' };
const SAYS: { readonly [theme in Theme]: string } = { auto: 'as the system', light: 'light', dark: 'dark' };
const MARKS: { readonly [theme in Theme]: string } = { auto: '◐', light: '☀', dark: '☾' };
const KEY = 'nhi-audit-theme';

/** A switch of three: as the system, dark, light. Remembered where the browser lets a file remember. */
export function startTheme(changed: () => void): void {
  const button = find('#theme');
  let theme: Theme = remembered();
  const show = (): void => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    if (button === undefined) return;
    button.textContent = MARKS[theme];
    button.setAttribute('aria-label', `Colours: ${SAYS[theme]}`);
    button.title = `Colours: ${SAYS[theme]}`;
  };
  show();
  button?.addEventListener('click', () => {
    theme = NEXT[theme];
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Not kept, then.
    }
    show();
    changed();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}

function remembered(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  } catch {
    return 'auto';
  }
}

/** A colour of the style sheet, as it is now. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
