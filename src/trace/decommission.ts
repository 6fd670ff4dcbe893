import { pasteableWord } from '../util/shell-word.ts';

/** One step of taking an identity away: text to review. Nothing of it is ever run. */
export interface Step {
  /** What can be undone comes first, then a wait, then what cannot. */
  readonly phase: 'disable' | 'wait' | 'delete';
  readonly text: string;
  readonly command?: string;
  /** How to undo it, where it can be. */
  readonly undo?: string;
}

export interface Departing {
  readonly identity: string;
  readonly provider: string;
  readonly type: string;
  readonly credentials: readonly {
    readonly id: string;
    readonly type: string;
    readonly publicId?: string;
    readonly isActive: boolean;
  }[];
}

interface Named extends Departing {
  readonly scope: string;
  /** Of `user/ci`: `ci`. */
  readonly name: string;
}

/** Disable, wait, delete, with the commands of the provider; where its ways are not known here, in words. */
export function decommissionSteps(departing: Departing): readonly Step[] {
  const { identity } = departing;
  const local = identity.replace(/^[^:]*:[^:]*:/, '');
  const named: Named = {
    ...departing,
    scope: decode(/^[^:]*:([^:]*):/.exec(identity)?.[1] ?? '-'),
    name: departing.provider === 'k8s' || departing.provider === 'spiffe' ? local : local.slice(local.indexOf('/') + 1),
  };
  const plan = PLANS[departing.provider]?.(named) ?? inWords;
  return [...plan.disable, { phase: 'wait', text: plan.wait ?? WAIT }, ...plan.remove];
}

const WAIT = 'Wait a month, over the end of a month and of a quarter if it may be part of one, and look for errors.';

interface Plan {
  readonly disable: readonly Step[];
  readonly wait?: string;
  readonly remove: readonly Step[];
}

const inWords: Plan = {
  disable: [{ phase: 'disable', text: 'Disable it, or its credentials, where it is kept.' }],
  remove: [{ phase: 'delete', text: 'Delete its credentials, then the identity.' }],
};

const PLANS: { readonly [provider: string]: (named: Named) => Plan } = {
  aws: (named) => (named.type === 'role' ? awsRole(named) : awsUser(named)),
  gcp: gcpAccount,
  entra: entraApp,
  azure: entraApp,
  github: (named) => github(named),
  okta: (named) => okta(named),
  postgres: (named) => postgres(named),
  k8s: (named) => kubernetes(named),
  hoop: (named) => ({
    disable: [{ phase: 'disable', text: `Revoke or deactivate ${named.name} in the gateway.` }],
    remove: [{ phase: 'delete', text: `Delete ${named.name} in the gateway.` }],
  }),
  'google-workspace': () => ({
    disable: [
      {
        phase: 'disable',
        text: 'Take the client out of the domain-wide delegation (Admin console, Security, API controls), or set it to blocked.',
      },
    ],
    remove: [{ phase: 'delete', text: 'Delete the client in the Google Cloud project that has it.' }],
  }),
  spiffe: (named) => ({
    disable: [
      {
        phase: 'disable',
        text: 'List the entries and keep them, to be able to make them again.',
        command: `spire-server entry show -spiffeID ${word(`spiffe://${named.scope}/${named.name}`)}`,
      },
    ],
    remove: [{ phase: 'delete', text: 'Delete each entry.', command: 'spire-server entry delete -entryID ENTRY' }],
  }),
};

function awsUser({ name, credentials }: Named): Plan {
  const user = `--user-name ${word(name)}`;
  const keys = credentials.filter(({ type }) => type === 'access-key');
  return {
    disable: [
      ...keys
        .filter(({ isActive }) => isActive)
        .map(
          ({ publicId }): Step => ({
            phase: 'disable',
            text: `Deactivate the access key ${publicId ?? ''}`.trim(),
            command: `aws iam update-access-key ${user} --access-key-id ${word(publicId)} --status Inactive`,
            undo: `aws iam update-access-key ${user} --access-key-id ${word(publicId)} --status Active`,
          }),
        ),
      {
        phase: 'disable',
        text: 'Deny it everything, whatever else it can sign in with (passwords, service-specific credentials, certificates)',
        command: `aws iam attach-user-policy ${user} --policy-arn arn:aws:iam::aws:policy/AWSDenyAll`,
        undo: `aws iam detach-user-policy ${user} --policy-arn arn:aws:iam::aws:policy/AWSDenyAll`,
      },
    ],
    remove: [
      ...keys.map(
        ({ publicId }): Step => ({
          phase: 'delete',
          text: `Delete the access key ${publicId ?? ''}`.trim(),
          command: `aws iam delete-access-key ${user} --access-key-id ${word(publicId)}`,
        }),
      ),
      { phase: 'delete', text: 'Delete the password, if it has one', command: `aws iam delete-login-profile ${user}` },
      {
        phase: 'delete',
        text: 'Detach each policy, delete each inline policy, leave each group',
        command: `aws iam list-attached-user-policies ${user}; aws iam list-user-policies ${user}; aws iam list-groups-for-user ${user}`,
      },
      { phase: 'delete', text: 'Delete the user', command: `aws iam delete-user ${user}` },
    ],
  };
}

function awsRole({ name }: Named): Plan {
  const role = `--role-name ${word(name)}`;
  return {
    disable: [
      { phase: 'disable', text: 'Keep what it is now', command: `aws iam get-role ${role} > ${word(`${name}.json`)}` },
      {
        phase: 'disable',
        text: 'Deny it everything; sessions that run are denied, too',
        command: `aws iam attach-role-policy ${role} --policy-arn arn:aws:iam::aws:policy/AWSDenyAll`,
        undo: `aws iam detach-role-policy ${role} --policy-arn arn:aws:iam::aws:policy/AWSDenyAll`,
      },
    ],
    remove: [
      { phase: 'delete', text: 'Take it out of instance profiles', command: `aws iam list-instance-profiles-for-role ${role}` },
      {
        phase: 'delete',
        text: 'Detach each policy and delete each inline policy',
        command: `aws iam list-attached-role-policies ${role}; aws iam list-role-policies ${role}`,
      },
      { phase: 'delete', text: 'Delete the role', command: `aws iam delete-role ${role}` },
    ],
  };
}

function gcpAccount({ name }: Named): Plan {
  const email = word(name);
  return {
    disable: [
      {
        phase: 'disable',
        text: 'Disable the account: its keys and tokens stop',
        command: `gcloud iam service-accounts disable ${email}`,
        undo: `gcloud iam service-accounts enable ${email}`,
      },
    ],
    remove: [
      {
        phase: 'delete',
        text: 'Find its bindings, and take them away: after the deletion they stay behind',
        command: `gcloud asset search-all-iam-policies --scope=organizations/ORG --query=policy:${email}`,
      },
      {
        phase: 'delete',
        text: 'Delete the account (it can be undeleted for 30 days)',
        command: `gcloud iam service-accounts delete ${email}`,
      },
    ],
  };
}

function entraApp({ name, type }: Named): Plan {
  const id = word(name);
  if (type === 'managed-identity') {
    return {
      disable: [
        { phase: 'disable', text: 'Take the identity off the resources that have it (Azure portal, the resource, Identity).' },
      ],
      remove: [
        { phase: 'delete', text: 'Delete the identity', command: 'az identity delete --name NAME --resource-group GROUP' },
      ],
    };
  }
  return {
    disable: [
      {
        phase: 'disable',
        text: 'Switch sign-in off',
        command: `az ad sp update --id ${id} --set accountEnabled=false`,
        undo: `az ad sp update --id ${id} --set accountEnabled=true`,
      },
    ],
    remove: [
      { phase: 'delete', text: 'Take away its role assignments', command: `az role assignment list --assignee ${id} --all` },
      {
        phase: 'delete',
        text: 'Delete the application (it can be restored for 30 days)',
        command: `az ad app delete --id ${id}`,
      },
    ],
  };
}

function github({ scope, name, type }: Named): Plan {
  const repository = word(scope);
  switch (type) {
    case 'deploy-key':
      return {
        disable: [
          {
            phase: 'disable',
            text: 'A deploy key cannot be disabled: keep its public half, to be able to add it again',
            command: `gh api repos/${repository}/keys/${word(name)}`,
          },
        ],
        wait: 'Ask whoever may deploy from the repository: the next step cannot be undone without the public half.',
        remove: [
          { phase: 'delete', text: 'Delete the key', command: `gh repo deploy-key delete ${word(name)} --repo ${repository}` },
        ],
      };
    case 'app-installation':
      return {
        disable: [
          { phase: 'disable', text: 'Suspend the installation (Organisation settings, GitHub Apps, Configure, Suspend)' },
        ],
        remove: [{ phase: 'delete', text: 'Uninstall it there' }],
      };
    default:
      return {
        disable: [
          {
            phase: 'disable',
            text: 'Revoke it (Settings of the organisation, Personal access tokens; or ask its holder). It cannot be undone: the holder makes a new one.',
          },
        ],
        remove: [
          {
            phase: 'delete',
            text: 'Delete the secret that holds it wherever it is kept',
            command: `gh secret list --repo ${repository}`,
          },
        ],
      };
  }
}

function okta({ scope, name, type }: Named): Plan {
  const host = `https://${word(scope)}`;
  if (type === 'api-token') {
    return {
      disable: [
        { phase: 'disable', text: 'A token cannot be paused: restrict it to a network that nobody has (Security, API, Tokens)' },
      ],
      remove: [
        {
          phase: 'delete',
          text: 'Revoke it',
          command: `curl -X DELETE -H "Authorization: SSWS $OKTA_API_TOKEN" ${host}/api/v1/api-tokens/${word(name)}`,
        },
      ],
    };
  }
  const app = `${host}/api/v1/apps/${word(name)}`;
  const curl = 'curl -H "Authorization: SSWS $OKTA_API_TOKEN"';
  return {
    disable: [
      {
        phase: 'disable',
        text: 'Deactivate the application',
        command: `${curl} -X POST ${app}/lifecycle/deactivate`,
        undo: `${curl} -X POST ${app}/lifecycle/activate`,
      },
    ],
    remove: [{ phase: 'delete', text: 'Delete the application', command: `${curl} -X DELETE ${app}` }],
  };
}

function postgres({ name }: Named): Plan {
  const role = quoted(name);
  return {
    disable: [
      {
        phase: 'disable',
        text: 'Take the login away; sessions that are open go on',
        command: `ALTER ROLE ${role} NOLOGIN;`,
        undo: `ALTER ROLE ${role} LOGIN;`,
      },
    ],
    remove: [
      {
        phase: 'delete',
        text: 'In each database: hand over what it owns, then take away what it was granted',
        command: `REASSIGN OWNED BY ${role} TO NEW_OWNER; DROP OWNED BY ${role};`,
      },
      { phase: 'delete', text: 'Drop the role', command: `DROP ROLE ${role};` },
    ],
  };
}

function kubernetes({ name }: Named): Plan {
  const [namespace = '', account = ''] = name.split('/');
  const where = `-n ${word(namespace)}`;
  return {
    disable: [
      { phase: 'disable', text: 'Keep what it is now', command: `kubectl ${where} get serviceaccount ${word(account)} -o yaml` },
      {
        phase: 'disable',
        text: 'Take it out of its bindings (in code, if they come from there)',
        command: `kubectl get rolebindings,clusterrolebindings -A -o wide | grep ${word(account)}`,
      },
    ],
    remove: [
      {
        phase: 'delete',
        text: 'Delete the account; its tokens end with it',
        command: `kubectl ${where} delete serviceaccount ${word(account)}`,
      },
    ],
  };
}

/** Names are strangers' text that somebody may paste: what is no plain word leaves its placeholder. */
function word(text: string | undefined): string {
  return (text === undefined || text === '-' ? undefined : pasteableWord(text)) ?? 'NAME';
}

function quoted(name: string): string {
  return /^[\w .@-]{1,63}$/.test(name) ? `"${name}"` : 'NAME';
}

function decode(scope: string): string {
  try {
    return decodeURIComponent(scope);
  } catch {
    return scope;
  }
}
