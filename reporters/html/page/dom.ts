/** Elements are made, never written: a text is only ever a text node, whatever it looks like. */

export type Child = Node | string | number | false | undefined | readonly Child[];
interface Attributes {
  readonly [name: string]: string | number | boolean | undefined | ((event: Event) => void);
}

/** `el('a', { href: '#findings', class: 'x', onclick: go }, 'Findings')` */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value !== undefined && (value !== false || name.startsWith('aria-'))) {
      element.setAttribute(name, value === true && !name.startsWith('aria-') ? '' : String(value));
    }
  }
  append(element, children);
  return element;
}

export function append(parent: Node, children: Child): void {
  if (children === undefined || children === false) return;
  if (Array.isArray(children)) for (const child of children as readonly Child[]) append(parent, child);
  else parent.appendChild(children instanceof Node ? children : document.createTextNode(String(children)));
}

export function find<T extends HTMLElement = HTMLElement>(selector: string, within: ParentNode = document): T | undefined {
  return within.querySelector<T>(selector) ?? undefined;
}

export function findAll<T extends HTMLElement = HTMLElement>(selector: string, within: ParentNode = document): T[] {
  return [...within.querySelectorAll<T>(selector)];
}

/** Sentences of a rule: what stands between backticks is code. */
export function prose(text: string): Child[] {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 === 1 ? el('code', {}, part) : part));
}

/** Told to those who do not see the change. */
export function say(text: string): void {
  const status = find('#says');
  if (status !== undefined) status.textContent = text;
}

export function thousands(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${thousands(n)} ${n === 1 ? one : many}`;
}
