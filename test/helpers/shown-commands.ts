import { basename } from 'node:path';
import { isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';

/** A command line of ours as a document shows it. */
export interface ShownCommand {
  readonly line: string;
  readonly argv: readonly string[];
  /** Named in a sentence: what it needs besides may be left out. */
  readonly named: boolean;
}

/** Keys of CI files and hooks whose values a shell runs. */
const SCRIPTS: ReadonlySet<string> = new Set(['run', 'script', 'before_script', 'after_script', 'entry']);
/** Words that may stand before the program: what starts it. */
const BEFORE = /^(npx|exec|time|nohup|node|if|then|do|!|\w+=.*|"?\$\w+.*)$/;

/** What Markdown shows: blocks of shell and YAML, and code in a sentence that begins with the program's name. */
export function commandsInMarkdown(text: string): readonly ShownCommand[] {
  const blocks = [...text.matchAll(/^( *)```(?<language>[\w-]*)[^\n]*\n(?<code>[\s\S]*?)^\1```$/gm)].flatMap(({ groups }) => {
    const { language = '', code = '' } = groups ?? {};
    if (/^(sh|bash|shell|console|)$/.test(language)) return commandsInScript(code.replace(/^\$ /gm, ''));
    return /^ya?ml$/.test(language) ? commandsInYaml(code) : [];
  });
  const sentences = text.replace(/^( *)```[\s\S]*?^\1```$/gm, '');
  const indented = [...sentences.matchAll(/(?<=^\n) {4}(?<code>(?:npx )?nhi-audit [^\n]*)/gm)].map(
    ({ groups }) => groups?.code ?? '',
  );
  const named = [...sentences.matchAll(/`(?<code>(?:npx )?nhi-audit [^`]+)`/g)].flatMap(({ groups }) =>
    commandsInScript((groups?.code ?? '').replaceAll('\n', ' ')).map((command) => ({ ...command, named: true })),
  );
  return [...blocks, ...indented.flatMap(commandsInScript), ...named];
}

/** What CI files, hooks and actions run. Text that is no YAML by itself (a fragment) shows none. */
export function commandsInYaml(text: string): readonly ShownCommand[] {
  const found: ShownCommand[] = [];
  const visit = (node: unknown, runs: boolean): void => {
    if (isMap(node)) for (const { key, value } of node.items) visit(value, isScalar(key) && SCRIPTS.has(String(key.value)));
    else if (isSeq(node)) for (const item of node.items) visit(item, runs);
    else if (runs && isScalar(node) && typeof node.value === 'string') found.push(...commandsInScript(node.value));
  };
  for (const document of parseAllDocuments(text)) visit((document as { contents?: unknown }).contents, false);
  return found;
}

/** The calls of the program in a script of sh or bash; arrays that it fills are put in place. */
export function commandsInScript(script: string): readonly ShownCommand[] {
  const arrays = new Map<string, string>();
  const plain = script.replace(/^(.*?)\b(\w+)\+?=\(([^)]*)\)(.*)$/gm, (_, before, name, words, after) => {
    arrays.set(name, `${arrays.get(name) ?? ''} ${words}`);
    return `${before}:${after}`;
  });
  const whole = plain.replace(/"\$\{(\w+)\[@\]\}"/g, (_, name) => arrays.get(name) ?? '').replace(/\\\n/g, ' ');
  return wordsOf(whole).flatMap((words) => {
    const at = words.findIndex((word) => /^nhi-audit(\.js)?$/.test(basename(word)));
    const before = words.slice(0, Math.max(at, 0)).filter((word, index, all) => word !== 'flock' && all[index - 1] !== 'flock');
    if (at >= 0 && before.every((word) => BEFORE.test(word))) {
      const argv = words.slice(at + 1);
      return [{ line: words.join(' '), argv, named: false }];
    }
    // sh -c '…'
    return words.filter((word) => /\bnhi-audit /.test(word)).flatMap(commandsInScript);
  });
}

/** The words of each command of a script: quotes undone, comments and redirections left out. */
function wordsOf(script: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  let word: string | undefined;
  let target = false;
  const endWord = (): void => {
    if (word !== undefined && !target) commands.at(-1)?.push(word);
    if (word !== undefined) target = false;
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    target = false;
    commands.push([]);
  };
  for (let at = 0; at < script.length; at += 1) {
    const rest = script.slice(at);
    const quoted = /^'([^']*)'|^"((?:[^"\\]|\\.)*)"/s.exec(rest);
    const variable = /^\$\{[^}]*(?:\{[^}]*\}[^}]*)*\}/.exec(rest);
    if (quoted !== null) {
      word = `${word ?? ''}${quoted[1] ?? quoted[2]}`;
      at += quoted[0].length - 1;
    } else if (variable !== null) {
      word = `${word ?? ''}${variable[0]}`;
      at += variable[0].length - 1;
    } else if (rest[0] === '#' && word === undefined) at += (/^[^\n]*/.exec(rest)?.[0].length ?? 1) - 1;
    else if (/^(\$\(|<\(|[|;&()\n])/.test(rest)) {
      endCommand();
      if (/^(\$\(|<\()/.test(rest)) at += 1;
    } else if (/^\d?[<>]/.test(rest) && (word === undefined || !/^\d/.test(rest))) {
      endWord();
      target = true;
      at += (/^\d?[<>]+&?/.exec(rest)?.[0].length ?? 1) - 1;
    } else if (/^\s/.test(rest)) endWord();
    else if (rest[0] === '\\') {
      word = `${word ?? ''}${rest[1] ?? ''}`;
      at += 1;
    } else word = `${word ?? ''}${rest[0]}`;
  }
  endWord();
  return commands.filter((words) => words.length > 0);
}
