/** Words of a line, quotes kept on; each with where it stands. */
export function wordsAt(line: string): { readonly text: string; readonly start: number }[] {
  return [...line.matchAll(/(?:[^\s"']|"(?:[^"\\]|\\.)*"?|'[^']*'?)+/g)].map((match) => ({ text: match[0], start: match.index }));
}

/** The texts between `{{` and `}}`. */
export function expressionsIn(text: string): { readonly start: number; readonly end: number; readonly body: string }[] {
  const found: { start: number; end: number; body: string }[] = [];
  for (let start = text.indexOf('{{'); start >= 0; ) {
    const end = text.indexOf('}}', start + 2);
    if (end < 0) break;
    found.push({ start, end: end + 2, body: text.slice(start + 2, end) });
    start = text.indexOf('{{', end + 2);
  }
  return found;
}

/** Names in the expressions of a template: `{{ db_password }}`, `{{ item.password | mandatory }}`. */
export function namesIn(text: string): string[] {
  const names: string[] = [];
  for (const expression of expressionsIn(text)) {
    // Texts in it are none, nor what stands behind a filter's bar or a call.
    const body = expression.body
      .slice(0, 5000)
      .replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, (quoted) => ' '.repeat(quoted.length));
    for (const match of body.matchAll(/(?<![\w.|])(?<!\|\s{0,4})(?<name>[A-Za-z_]\w*(?:\.\w+|\[\s*\])*)(?!\w*\s*\()/g))
      names.push(match.groups?.name ?? '');
  }
  return names;
}

export function isTemplate(text: string): boolean {
  return /\{\{|\{%/.test(text);
}

export function isVaulted(text: string): boolean {
  return /^\s*\$ANSIBLE_VAULT;/.test(text);
}

/** `yes`, `True`, `1`: what Ansible takes for true. */
export function isTrue(text: string | undefined): boolean {
  return /^(?:y|yes|true|on|1|t)$/i.test(text?.trim() ?? '');
}

export function isFalse(text: string | undefined): boolean {
  return /^(?:n|no|false|off|0|f)$/i.test(text?.trim() ?? '');
}
