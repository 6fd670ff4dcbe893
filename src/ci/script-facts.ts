import type { CiFact } from './model.ts';
import type { SecretUse, StepScript } from './uses.ts';

/** `env`, `printenv`, `export -p`, `Get-ChildItem env:`: everything at once; a filter behind it lets some through only. */
const DUMPS =
  /^(?:sudo\s+)?(?:env|printenv|export(?:\s+-p)?|declare\s+-x|(?:Get-ChildItem|gci|dir|ls)\s+env:\*?)\s*(?:>{1,2}\s*(?<target>\S+)|$)/i;
const SHOWS_ALL = /^(?:sort|tee|cat|base64|nl|less|more|uniq|head|tail|grep\s+-v|sed)\b/;
const ROOT = /(?:^|\s)(?:ssh|scp|rsync)\b[^\n]{0,500}?(?:\s|=)["']?root@/;

/** What scripts do with everything they have at hand. */
export function scriptFacts(text: string, uses: readonly SecretUse[], scripts: readonly StepScript[]): CiFact[] {
  if (uses.length === 0) return [];
  const facts: CiFact[] = [];
  const keys = uses.filter(({ name, jobToken }) => !jobToken && /SSH|PRIVATE_?KEY|DEPLOY_?KEY|RSA|PEM/i.test(name));
  for (const { scalar, script } of scripts) {
    for (const command of script.commands) {
      const stages = command.stages.map((stage) => stage.trim());
      const [first = '', ...rest] = stages;
      const dumped = DUMPS.exec(first);
      if (dumped !== null && rest.every((stage) => SHOWS_ALL.test(stage))) {
        const target = dumped.groups?.target ?? />{1,2}\s*(?<to>\S+)/.exec(stages.at(-1) ?? '')?.groups?.to;
        if (target?.startsWith('/dev/null')) continue;
        const place = placeOf(text, scalar, first);
        facts.push({
          fact: 'environment-dump',
          place,
          secretName: '*',
          detail: {
            target: target === undefined ? 'log' : 'file',
            secrets: uses
              .filter((use) => !use.jobToken)
              .map(({ name }) => name)
              .slice(0, 50),
          },
        });
      }
      const [key] = keys;
      if (key !== undefined && stages.some((stage) => ROOT.test(` ${stage}`))) {
        facts.push({ fact: 'root-login', place: placeOf(text, scalar, first), secretName: key.name });
      }
    }
  }
  return facts;
}

/** Where a command begins in the file. */
export function placeOf(text: string, scalar: StepScript['scalar'], command: string) {
  const head = command.split('\n', 1)[0]?.trim() ?? '';
  const from = head === '' ? -1 : text.indexOf(head, scalar.start);
  return from < 0 || from >= scalar.end ? scalar : { start: from, end: scalar.end, pointer: scalar.pointer };
}
