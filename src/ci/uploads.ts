import type { CiFact, CiUpload } from './model.ts';
import type { SecretUse } from './uses.ts';

/** Files that hold credentials, by what people call them. */
const FILES: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\/)\.git(?:\/(?:config|\*{1,2})?)?$/, 'the git configuration'],
  [/(?:^|\/)\.env(?:\.(?!example|sample|template|dist|test|ci)[\w.*-]+)?$/, 'an environment file'],
  [/(?:^|\/)\.(?:npmrc|yarnrc|yarnrc\.yml|pypirc|netrc|git-credentials)$/, 'a file of logins'],
  [
    /(?:^|\/)\.(?:aws|kube|azure|gnupg|ssh|config\/gcloud|config\/gh|docker)(?:\/(?:config|config\.json|credentials|\*{1,2}))?\/?$/,
    'a directory of logins',
  ],
  [
    /(?:^|\/)(?:kubeconfig(?:\.ya?ml)?|id_(?:rsa|ed25519|ecdsa)|(?:gcp|gcloud|google|service[_-]account|sa)[_-]?(?:key|credentials?|account)?\.json)$/i,
    'a key file',
  ],
  [/(?:^|\/)[\w*.-]*\.tfstate$/, 'the Terraform state'],
];

/** What artifacts and caches carry away: files of logins by their name, and files that a script wrote a secret to. */
export function uploadFacts(uploads: readonly CiUpload[], uses: readonly SecretUse[]): CiFact[] {
  const facts: CiFact[] = [];
  const told = new Set<string>();
  const add = (what: string, path: string, upload: CiUpload, use?: SecretUse) => {
    const key = `${what} ${use?.name}`;
    if (told.has(key)) return;
    told.add(key);
    facts.push({
      fact: 'secret-in-artifact',
      place: upload.place,
      secretName: use?.name ?? '*',
      ...(use?.identity === undefined ? {} : { identity: use.identity }),
      detail: { what, path: path.slice(0, 200), target: upload.target, named: use !== undefined },
    });
  };
  for (const upload of uploads) {
    for (const path of upload.paths) {
      const clean = path.replace(/^\.\//, '').replace(/^\$\{?\w+\}?\//, '');
      for (const use of uses) {
        for (const file of use.files)
          if (covers(clean, file.replace(/^\.\//, '').replace(/^\$\{?\w+\}?\//, '')))
            add(`the file ${file.slice(0, 100)}`, path, upload, use);
      }
      const known = FILES.find(([pattern]) => pattern.test(clean));
      if (known !== undefined && !facts.some(({ place, secretName }) => place === upload.place && secretName !== '*'))
        add(known[1], path, upload);
    }
  }
  return facts;
}

/** Does a path of an upload, a directory or with stars, take this file? */
function covers(path: string, file: string): boolean {
  if (path === file) return true;
  if (/^(?:\.|\*{1,2}|\*\*\/\*|\.\/)?$/.test(path)) return !/^[~/$]/.test(file);
  if (!path.includes('*')) return file.startsWith(path.endsWith('/') ? path : `${path}/`);
  const pattern = path
    .slice(0, 300)
    .split(/(\*\*\/?|\*)/)
    .map((part) => (part.startsWith('**') ? '.*' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')));
  return pattern.filter((part) => part === '.*').length < 4 && new RegExp(`^${pattern.join('')}$`).test(file);
}
