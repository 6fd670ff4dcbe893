import { get, textOf } from '../../../src/formats/tree.ts';
import type { Step } from '../workflow.ts';
import { type Fact, inputOf, isMadeSecret, type JobView, majorOf, nameOf } from './view.ts';

const WORKSPACE = /^(?:\.?\/?|\*{1,2}|\.\/\*{1,2}(?:\/\*)?|\*\*\/\*|\$\{\{\s*github\.workspace\s*\}\}\/?(?:\*{1,2})?)$/;

/** Files that hold credentials, by what people call them. */
const FILES: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\/)\.git(?:\/(?:config|\*{1,2})?)?$/, 'the git configuration'],
  [/(?:^|\/)\.env(?:\.(?!example|sample|template|dist|test|ci)[\w.*-]+)?$/, 'an environment file'],
  [/(?:^|\/)\.(?:npmrc|yarnrc|yarnrc\.yml|pypirc|netrc|git-credentials)$/, 'a file of logins'],
  [
    /(?:^|\/)\.(?:aws|kube|azure|gnupg|ssh|config\/gcloud|config\/gh|docker(?:\/config\.json)?)(?:\/(?:config|credentials|\*{1,2}))?\/?$/,
    'a directory of logins',
  ],
  [/(?:^|\/)gha-creds-[\w*-]*\.json$/, 'the login of Google Cloud'],
  [
    /(?:^|\/)(?:kubeconfig(?:\.ya?ml)?|id_(?:rsa|ed25519|ecdsa)|\.m2\/settings\.xml|(?:gcp|gcloud|google|service[_-]account|sa)[_-]?(?:key|credentials?|account)?\.json)$/i,
    'a key file',
  ],
  [/(?:^|\/)[\w*.-]*\.tfstate$/, 'the Terraform state'],
];

/** What artifacts and caches carry away: whoever can read the repository can fetch them. */
export function* uploadFacts(view: JobView): Generator<Fact> {
  for (const step of view.job.steps) {
    const kind = uploadKind(step);
    if (kind === undefined) continue;
    const tree = get(step.with, 'path');
    const paths = (textOf(tree) ?? '')
      .split('\n')
      .map((path) => path.trim())
      .filter((path) => path !== '' && !path.startsWith('!'));
    const isHiddenKept =
      kind === 'cache' ||
      // Pages are packed without `.git`.
      (kind === 'artifact' && (inputOf(step, 'include-hidden-files') === 'true' || (majorOf(step) ?? 4) < 4));
    const told = new Set<string>();
    for (const path of paths) {
      for (const found of carried(view, step, path, isHiddenKept)) {
        const key = `${found.secretName ?? found.identity}\u0000${found.what}`;
        if (told.has(key)) continue;
        told.add(key);
        const { secretName, identity, what } = found;
        yield {
          fact: 'secret-in-artifact',
          ...(secretName === undefined ? {} : { secretName }),
          ...(identity === undefined ? {} : { identity }),
          offset: tree?.start ?? step.tree.start,
          pointer: tree?.pointer ?? step.tree.pointer,
          detail: { step: nameOf(step), target: kind, path: path.slice(0, 200), what },
        };
      }
    }
  }
}

function uploadKind({ uses }: Step): 'artifact' | 'cache' | 'pages' | undefined {
  const action = uses?.action;
  if (action === 'actions/upload-artifact' || action === 'actions/upload-pages-artifact')
    return action.endsWith('pages-artifact') ? 'pages' : 'artifact';
  return action === 'actions/cache' && !uses?.uses.includes('/restore') ? 'cache' : undefined;
}

interface Carried {
  readonly secretName?: string;
  readonly identity?: Fact['identity'];
  readonly what: string;
}

function* carried(view: JobView, step: Step, path: string, isHiddenKept: boolean): Generator<Carried> {
  const clean = path.replace(/^\$\{\{\s*github\.workspace\s*\}\}\/|^\.\/(?=.)/, '');
  const before = view.job.steps.slice(0, view.job.steps.indexOf(step));
  if (WORKSPACE.test(path)) {
    if (isHiddenKept && before.some(leavesToken))
      yield { identity: view.jobToken, what: 'the token that the checkout left in .git/config' };
    const login = before.find(
      (one) => one.uses?.action === 'google-github-actions/auth' && inputOf(one, 'create_credentials_file') !== 'false',
    );
    if (login !== undefined) yield { ...secretOf(view, login), what: 'the login file of Google Cloud (gha-creds-….json)' };
    for (const use of view.uses) {
      const file = [...use.files].find(
        (name) => isInWorkspace(name) && (isHiddenKept || !/(?:^|\/)\./.test(name.replace(/^\.\//, ''))),
      );
      if (isMadeSecret(use) && file !== undefined) yield { secretName: use.name, what: `the file ${file}` };
    }
    return;
  }
  let isKnown = false;
  for (const use of view.uses) {
    const file = [...use.files].find((name) => sameFile(name, clean));
    if (!isMadeSecret(use) || file === undefined || (!isHiddenKept && /(?:^|\/)\./.test(clean))) continue;
    isKnown = true;
    yield { secretName: use.name, what: `the file ${file}` };
  }
  if (isKnown) return;
  const known = FILES.find(([pattern]) => pattern.test(clean))?.[1];
  if (known === undefined || (!isHiddenKept && /(?:^|\/)\.[^./]/.test(clean.replace(/^~\//, '')))) return;
  if (known === 'the git configuration' && !before.some(leavesToken)) return;
  yield { identity: view.jobToken, what: known };
}

function leavesToken({ uses, with: inputs }: Step): boolean {
  return uses?.action === 'actions/checkout' && textOf(get(inputs, 'persist-credentials')) !== 'false';
}

/** The secret that a login was made with, else the job itself. */
function secretOf(view: JobView, step: Step): Carried {
  const use = view.uses.find((one) => isMadeSecret(one) && one.occurrences.some((occurrence) => occurrence.step === step));
  return { what: '', ...(use === undefined ? { identity: view.jobToken } : { secretName: use.name }) };
}

function isInWorkspace(file: string): boolean {
  return !/^(?:\/|~|\$(?:HOME|RUNNER_TEMP|TMP)|\$\{(?:HOME|RUNNER_TEMP|TMP))/.test(file) || file.startsWith('$GITHUB_WORKSPACE');
}

function sameFile(file: string, path: string): boolean {
  const plain = (text: string) => text.replace(/^(?:\.\/|~\/|\$HOME\/|\$\{HOME\}\/|\$GITHUB_WORKSPACE\/)/, '').replace(/\/$/, '');
  const [written, taken] = [plain(file), plain(path)];
  return taken !== '' && (written === taken || written.startsWith(`${taken}/`));
}
