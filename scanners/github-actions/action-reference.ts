/** What stands after `uses:`. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsuses */
export interface ActionReference {
  readonly uses: string;
  /** `owner/name` in lower case, without path and ref; `undefined` for local actions and images. */
  readonly action: string | undefined;
  /** By a full commit id, or an image by digest; local actions move with the workflow itself. */
  readonly pinned: boolean;
  /** Neither local, nor of the repository's owner, nor GitHub's own. */
  readonly thirdParty: boolean;
}

export function readActionReference(uses: string, repository: string | undefined): ActionReference {
  // `$/` is the repository that the workflow itself comes from.
  if (/^(?:\.{1,2}|\$)\//.test(uses)) return { uses, action: undefined, pinned: true, thirdParty: false };
  if (uses.startsWith('docker://')) {
    return { uses, action: undefined, pinned: /@sha256:[0-9a-f]{64}$/.test(uses), thirdParty: true };
  }
  const [path = '', ref = ''] = uses.split('@', 2);
  const [owner = '', name = ''] = path.toLowerCase().split('/', 2);
  const ownOwner = repository?.includes('/') ? repository.toLowerCase().split('/', 1)[0] : undefined;
  return {
    uses,
    action: `${owner}/${name}`,
    pinned: /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(ref),
    thirdParty: owner !== ownOwner && owner !== 'actions' && owner !== 'github',
  };
}
