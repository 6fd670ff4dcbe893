import { commandsOf } from '../../src/ci/script.ts';

/** One step of a build, as the history of an image tells it. */
export interface Step {
  /** `RUN`, `COPY`, `ENV` … */
  readonly keyword: string;
  /** Build arguments with their values: `|2 TOKEN=… A=b /bin/sh -c npm ci`. */
  readonly arguments: readonly { readonly name: string; readonly value: string; readonly start: number; readonly end: number }[];
  /** What a reader may see of it: never a value. */
  readonly summary: string;
}

const SHELL = /^(?:\/\S*\/)?(?:ba|da|z|a|k|pw)?sh\s+(?:-\w+\s+)*-\w*c\s+|^(?:cmd|powershell)\s+\S+\s+/i;

/** `created_by` of both builders. https://github.com/moby/moby: legacy `/bin/sh -c #(nop) ENV A=b`; BuildKit `RUN |1 A=b /bin/sh -c … # buildkit`. */
export function readStep(text: string): Step {
  const isRun = /^RUN\s+/.exec(text);
  let at = isRun?.[0].length ?? 0;
  const counted = /^\|(?<count>\d{1,3})\s+/.exec(text.slice(at));
  const values: { name: string; value: string; start: number; end: number }[] = [];
  if (counted !== null) {
    at += counted[0].length;
    const tail = text.slice(at);
    const shell = / (?=(?:\/\S{1,60}\/)?(?:ba|da|z|a|k|pw)?sh (?:-\w+ )*-\w*c )/.exec(tail)?.index ?? tail.length;
    const parts = [...tail.slice(0, shell).matchAll(/(?:^| )(?<name>[A-Za-z_]\w*)=/g)].slice(0, Number(counted.groups?.count));
    for (const [index, part] of parts.entries()) {
      const start = at + part.index + part[0].length;
      const end = at + (parts[index + 1]?.index ?? shell);
      values.push({ name: part.groups?.name ?? '', value: text.slice(start, end), start, end });
    }
    at += shell + 1;
  }
  const rest = text.slice(at).replace(/\s*# buildkit\s*$/, '');
  const nop = /^(?:\S*sh -c )?#\(nop\)\s*/.exec(rest);
  const instruction = nop === null ? rest : rest.slice(nop[0].length);
  const keyword =
    /^(?<keyword>ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\b/.exec(
      instruction,
    )?.groups?.keyword;
  if (keyword === 'ARG') {
    const match = /^ARG\s+(?<name>[A-Za-z_]\w*)(?:=(?<value>.*))?$/s.exec(instruction)?.groups;
    const value = match?.value ?? '';
    if (match?.name !== undefined && value !== '') {
      const start = text.indexOf(instruction) + instruction.indexOf('=') + 1;
      values.push({ name: match.name, value, start, end: start + value.length });
    } else if (match?.name !== undefined) values.push({ name: match.name, value: '', start: 0, end: 0 });
  }
  if (keyword !== undefined)
    return {
      keyword,
      arguments: values,
      summary: keyword === 'COPY' || keyword === 'ADD' || keyword === 'WORKDIR' ? shortCopy(instruction) : keyword,
    };
  return { keyword: 'RUN', arguments: values, summary: summaryOf(rest.replace(SHELL, '')) };
}

/** Paths are no secrets, addresses may hold one. */
function shortCopy(instruction: string): string {
  return instruction
    .replace(/\S+:\/\/\S+/g, 'URL')
    .replace(/(?:file|dir|multi):[0-9a-f]{12,}/g, 'files')
    .replace(/\s+/g, ' ')
    .slice(0, 120);
}

/** The programs that a step runs: their arguments may hold what must not be told. */
function summaryOf(script: string): string {
  const programs = new Set<string>();
  for (const [program = ''] of commandsOf(script.slice(0, 20_000))) {
    if (/^[a-z][\w./+-]{0,30}$/.test(program) && programs.size < 5) programs.add(program.replace(/^.*\//, ''));
  }
  return ['RUN', [...programs].join(', ')].join(' ').trim();
}
