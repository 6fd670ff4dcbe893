export function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => oneLine(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** `nist-csf-2.0:PR.AA-05` → `PR.AA-05`. */
export function short(control: string): string {
  return control.slice(control.indexOf(':') + 1);
}
