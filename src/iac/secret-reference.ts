import { secretKind } from '../formats/plain-value.ts';
import type { Value } from './value.ts';

/** Names of places where a secret lies, and not the secret: `secret_name`, `password_policy`. */
export function isAbout(name: string): boolean {
  return /_(?:id|ids|name|names|arn|arns|policy|length|version|type|path|url|uri|enabled|reset_required|length_limit|data_key_reuse_period)$/i.test(
    name,
  );
}

/** Names of what is kept elsewhere: the key of a key service, by its name. */
const KEY_OF_SERVICE = /(?:^|[_.-])(?:encryption|kms|cmk|cmek|customer_managed|ssh_public|public)_?key$/i;

/** Does a variable, parameter or setting of this name hold a secret itself? */
export function holdsSecret(name: string): boolean {
  return secretKind(name) !== undefined && !isAbout(name) && !KEY_OF_SERVICE.test(name);
}

/** Where secrets are kept or made, as references name them. */
const SECRET_SOURCE =
  /^(?:data\.|ephemeral\.)?(?:aws_secretsmanager_secret_version\.[\w-]+\.secret_string|aws_secretsmanager_random_password|google_secret_manager_secret_version\.[\w-]+\.secret_data|azurerm_key_vault_secret\.[\w-]+\.value|vault_\w+\.|random_password\.[\w-]+\.(?:result|bcrypt)|aws_iam_access_key\.[\w-]+\.(?:secret|ses_smtp)|google_service_account_key\.[\w-]+\.private_key|tls_private_key\.[\w-]+\.private_key)/;

export function secretReference(value: Value | undefined): string | undefined {
  const references = value?.kind === 'unknown' || value?.kind === 'text' ? (value.references ?? []) : [];
  return references.find((reference) => {
    if (SECRET_SOURCE.test(reference)) return true;
    const variable = /^var\.(?<name>[\w-]+)/.exec(reference)?.groups?.name;
    return variable !== undefined && holdsSecret(variable);
  });
}
