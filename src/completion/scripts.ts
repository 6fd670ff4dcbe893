import type { CompletionNode, CompletionOption } from './tree.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that teaches the shell the commands, options and words of `nodes`. */
export function completionScript(shell: Shell, nodes: readonly CompletionNode[]): string {
  const lines = shell === 'bash' ? bash(nodes) : shell === 'zsh' ? zsh(nodes) : fish(nodes);
  return `${lines.join('\n')}\n`;
}

function bash(nodes: readonly CompletionNode[]): string[] {
  return [
    '# Completion of nhi-audit for bash: source <(nhi-audit completion bash)',
    '_nhi_audit() {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own
    '  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at= i',
    '  COMPREPLY=()',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own
    ...pathCase(nodes, '${COMP_WORDS[i]}'),
    '  done',
    '  case "$at:$prev" in',
    ...nodes.flatMap((node) =>
      node.options
        .filter(({ takesValue }) => takesValue)
        .map((option) => `    ${patterns(node, option)}) ${bashValues(option)}; return ;;`),
    ),
    '  esac',
    '  if [[ $cur == -* ]]; then',
    '    case "$at" in',
    ...nodes.map(({ path, options }) => `      ${quote(path)}) ${bashWords([...options.flatMap(names), '--help'])} ;;`),
    '    esac',
    '    return',
    '  fi',
    '  case "$at" in',
    ...nodes.flatMap((node) => {
      const words = [...node.commands.map(({ name }) => name), ...node.words];
      return words.length === 0 ? [] : [`    ${quote(node.path)}) ${bashWords(words)} ;;`];
    }),
    '  esac',
    '}',
    // Where it has no answer, files are offered.
    'complete -o bashdefault -o default -F _nhi_audit nhi-audit',
  ];
}

function bashValues({ values }: CompletionOption): string {
  if (values.length === 0) return ':';
  const open = values.some((value) => value.endsWith('=')) ? '; compopt -o nospace 2>/dev/null' : '';
  return `${bashWords(values)}${open}`;
}

function bashWords(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quote(words.map(plain).join(' '))} -- "$cur"))`;
}

function zsh(nodes: readonly CompletionNode[]): string[] {
  const described = (items: readonly (readonly [name: string, description: string])[]): string =>
    items.map(([name, text]) => quote(`${name.replaceAll(':', '\\:')}:${text}`)).join(' ');
  return [
    '#compdef nhi-audit',
    '# Completion of nhi-audit for zsh: nhi-audit completion zsh > DIRECTORY_OF_FPATH/_nhi-audit',
    '_nhi_audit() {',
    '  local cur=$words[CURRENT] prev=$words[CURRENT-1] at= i',
    '  local -a items',
    '  for ((i = 2; i < CURRENT; i++)); do',
    ...pathCase(nodes, '$words[i]'),
    '  done',
    '  case "$at:$prev" in',
    ...nodes.flatMap((node) =>
      node.options
        .filter(({ takesValue }) => takesValue)
        .map((option) => {
          const open = option.values.some((value) => value.endsWith('=')) ? "-S '' " : '';
          const offer = option.values.length === 0 ? '_files' : `compadd ${open}-- ${option.values.map(plain).join(' ')}`;
          return `    ${patterns(node, option)}) ${offer}; return ;;`;
        }),
    ),
    '  esac',
    '  if [[ $cur == -* ]]; then',
    '    case "$at" in',
    ...nodes.map(({ path, options }) => {
      const items = options.flatMap((option) => names(option).map((name) => [name, option.description] as const));
      return `      ${quote(path)}) items=(${described([...items, ['--help', 'what it does']])}) ;;`;
    }),
    '    esac',
    '    _describe option items',
    '    return',
    '  fi',
    '  case "$at" in',
    ...nodes.flatMap(({ path, commands, words }) => {
      const items = [
        ...commands.map(({ name, description }) => [name, description] as const),
        ...words.map((word) => [word, word] as const),
      ];
      return items.length === 0 ? [] : [`    ${quote(path)}) items=(${described(items)}); _describe command items; return ;;`];
    }),
    '  esac',
    '  _files',
    '}',
    // Sourced, it registers itself; from a directory of fpath it is the function.
    'if [[ $funcstack[1] == _nhi-audit ]]; then _nhi_audit "$@"; else compdef _nhi_audit nhi-audit; fi',
  ];
}

function fish(nodes: readonly CompletionNode[]): string[] {
  const lines = [
    '# Completion of nhi-audit for fish: nhi-audit completion fish > ~/.config/fish/completions/nhi-audit.fish',
    'function __nhi_audit_at',
    "  set -l at ''",
    '  for word in (commandline -opc)[2..-1]',
    '    switch "$at $word"',
    ...children(nodes).map(([before, name, path]) => `      case ${quote(`${before} ${name}`)}; set at ${quote(path)}`),
    '    end',
    '  end',
    '  test "$at" = "$argv[1]"',
    'end',
  ];
  for (const { path, commands, options, words } of nodes) {
    const head = `complete -c nhi-audit -n ${quote(`__nhi_audit_at "${path}"`)}`;
    for (const { name, description } of commands) lines.push(`${head} -f -a ${quote(plain(name))} -d ${quote(description)}`);
    if (words.length > 0) lines.push(`${head} -f -a ${quote(words.map(plain).join(' '))}`);
    for (const { short, long, description, takesValue, values } of options) {
      const flags = [short === undefined ? '' : ` -s ${short.slice(1)}`, long === undefined ? '' : ` -l ${long.slice(2)}`].join(
        '',
      );
      const value = !takesValue ? '' : values.length === 0 ? ' -r' : ` -x -a ${quote(values.map(plain).join(' '))}`;
      lines.push(`${head}${flags}${value} -d ${quote(description)}`);
    }
  }
  return lines;
}

/** Which command the words so far name: a word counts only where it is a command below what was named before. */
function pathCase(nodes: readonly CompletionNode[], word: string): string[] {
  return [
    `    case "$at ${word}" in`,
    ...children(nodes).map(([before, name, path]) => `      ${quote(`${before} ${name}`)}) at=${quote(path)} ;;`),
    '    esac',
  ];
}

function children(nodes: readonly CompletionNode[]): readonly (readonly [before: string, name: string, path: string])[] {
  return nodes.flatMap(({ path, commands }) =>
    commands.map(({ name }) => [path, plain(name), path === '' ? name : `${path} ${name}`] as const),
  );
}

function patterns({ path }: CompletionNode, option: CompletionOption): string {
  return names(option)
    .map((name) => quote(`${path}:${name}`))
    .join('|');
}

function names({ short, long }: CompletionOption): readonly string[] {
  return [short, long].filter((name) => name !== undefined).map(plain);
}

/** Words are put into lists that shells split and expand: nothing but these may be in them. */
function plain(word: string): string {
  if (!/^[\w.=-]+$/.test(word)) throw new Error(`not a word for a shell: ${word}`);
  return word;
}

/** Fish knows no more in single quotes than the backslash and the quote; the others take the quote apart. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '/').replaceAll("'", '’')}'`;
}
