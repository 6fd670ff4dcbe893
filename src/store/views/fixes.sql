-- Steps of a fix, with the commands of each provider.

-- What to do, as one sentence with the command of the provider; NULL for a provider whose way is not known here.
-- Names are strangers' text that somebody may paste into a shell: what is no plain word leaves its placeholder.
CREATE OR REPLACE MACRO word_or(text, placeholder) AS
  CASE WHEN regexp_full_match(text, '[A-Za-z0-9_][A-Za-z0-9@._+=,/-]{0,199}') THEN text ELSE placeholder END;
CREATE OR REPLACE MACRO aws_user_word(identity_id) AS word_or(regexp_extract(identity_id, '^aws:[^:]*:user/(.+)$', 1), 'NAME');
CREATE OR REPLACE MACRO gcp_account_word(identity_id) AS word_or(regexp_extract(identity_id, '^gcp:[^:]*:serviceAccount/(.+)$', 1), 'EMAIL');
CREATE OR REPLACE MACRO entra_app_word(identity_id) AS word_or(regexp_extract(identity_id, '^entra:[^:]*:app/(.+)$', 1), 'CLIENTID');
CREATE OR REPLACE MACRO database_role_word(identity_id) AS word_or(regexp_extract(identity_id, '^postgres:[^:]*:role/(.+)$', 1), 'ROLE');
CREATE OR REPLACE MACRO hoop_key_words(identity_id) AS
  concat(CASE WHEN contains(identity_id, ':agent/') THEN 'agent ' ELSE 'API key ' END,
    word_or(regexp_extract(identity_id, '^hoop:[^:]*:(?:api-key|agent)/(.+)$', 1), 'NAME'));

CREATE OR REPLACE MACRO github_key_command(identity_id) AS
  concat('`gh repo deploy-key delete ', word_or(regexp_extract(identity_id, '/(\d+)$', 1), 'ID'), ' --repo ', word_or(identity_scope(identity_id), 'OWNER/REPO'), '`');
CREATE OR REPLACE MACRO deactivate_step(credential_id, identity_id, public_id) AS
  CASE
    WHEN regexp_matches(identity_id, '^github:[^:]*:deploy-key/\d+$')
      THEN concat('Remove the key, which GitHub cannot switch off: ', github_key_command(identity_id), '.')
    WHEN regexp_matches(credential_id, '^github:(personal-access-token|token|hashed-token)/')
      THEN 'Revoke the token; whoever holds it can: `curl -X POST https://api.github.com/credentials/revoke -d ''{"credentials":["TOKEN"]}''`.'
    WHEN starts_with(credential_id, 'aws:access-key/') AND starts_with(public_id, 'ASIA')
      THEN 'The key is temporary: end the sessions of its role (IAM console, the role, "Revoke sessions").'
    WHEN starts_with(credential_id, 'aws:access-key/') AND ends_with(identity_id, ':root')
      THEN concat('Sign in as root and deactivate the key ', word_or(public_id, 'ID'), ' under "Security credentials".')
    WHEN starts_with(credential_id, 'aws:access-key/')
      THEN concat('Deactivate the key: `aws iam update-access-key --user-name ', aws_user_word(identity_id), ' --access-key-id ', word_or(public_id, 'ID'), ' --status Inactive`.')
    WHEN starts_with(credential_id, 'gcp:service-account-key/')
      THEN concat('Disable the key: `gcloud iam service-accounts keys disable ', word_or(public_id, 'KEY'), ' --iam-account=', gcp_account_word(identity_id), '`.')
    WHEN starts_with(credential_id, 'gcp:hmac-key/')
      THEN concat('Deactivate the key: `gcloud storage hmac update ', word_or(public_id, 'KEY'), ' --deactivate`.')
    WHEN starts_with(credential_id, 'entra:client-secret/')
      THEN concat('Remove the secret, for Entra has no way to switch one off: `az ad app credential delete --id ', entra_app_word(identity_id), ' --key-id ', word_or(public_id, 'KEYID'), '`.')
    WHEN starts_with(credential_id, 'entra:certificate/')
      THEN concat('Remove the certificate with this thumbprint: `az ad app credential list --cert --id ', entra_app_word(identity_id), '`, then `az ad app credential delete --cert --id ', entra_app_word(identity_id), ' --key-id KEYID`.')
    WHEN starts_with(credential_id, 'hoop:api-key/')
      THEN concat('Revoke the ', hoop_key_words(identity_id), ' in the gateway.')
    WHEN regexp_matches(identity_id, '^postgres:[^:]*:role/')
      THEN concat('Change the password, and give the new one to the consumers from a secret store: `\password ', database_role_word(identity_id), '` in psql. End the sessions that are open: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ''ROLE''`.')
  END;
CREATE OR REPLACE MACRO delete_step(credential_id, identity_id, public_id) AS
  CASE
    WHEN starts_with(credential_id, 'aws:access-key/') AND ends_with(identity_id, ':root')
      THEN concat('Sign in as root and delete the key ', word_or(public_id, 'ID'), ' under "Security credentials".')
    WHEN starts_with(credential_id, 'aws:access-key/')
      THEN concat('Delete the key: `aws iam delete-access-key --user-name ', aws_user_word(identity_id), ' --access-key-id ', word_or(public_id, 'ID'), '`.')
    WHEN starts_with(credential_id, 'gcp:service-account-key/')
      THEN concat('Delete the key: `gcloud iam service-accounts keys delete ', word_or(public_id, 'KEY'), ' --iam-account=', gcp_account_word(identity_id), '`.')
    WHEN starts_with(credential_id, 'gcp:hmac-key/')
      THEN concat('Delete the key: `gcloud storage hmac delete ', word_or(public_id, 'KEY'), '`.')
    WHEN starts_with(credential_id, 'hoop:api-key/')
      THEN concat('Delete the ', hoop_key_words(identity_id), ' in the gateway.')
  END;
CREATE OR REPLACE MACRO create_key_step(credential_id, identity_id) AS
  CASE
    WHEN regexp_matches(identity_id, '^github:[^:]*:deploy-key/\d+$')
      THEN concat('Make a new pair where it is used, and add its public half: `gh repo deploy-key add KEY.pub --repo ', word_or(identity_scope(identity_id), 'OWNER/REPO'), ' --title TITLE`.')
    WHEN starts_with(credential_id, 'aws:access-key/') AND NOT ends_with(identity_id, ':root')
      THEN concat('Make a new key and give it to the consumers: `aws iam create-access-key --user-name ', aws_user_word(identity_id), '`.')
    WHEN starts_with(credential_id, 'gcp:service-account-key/')
      THEN concat('Make a new key and give it to the consumers: `gcloud iam service-accounts keys create FILE --iam-account=', gcp_account_word(identity_id), '`.')
    WHEN starts_with(credential_id, 'entra:client-secret/')
      THEN concat('Let the workload sign in without a secret (`az ad app federated-credential create --id ', entra_app_word(identity_id), ' --parameters FILE`), or add a new one beside it: `az ad app credential reset --append --years 1 --id ', entra_app_word(identity_id), '`.')
    WHEN starts_with(credential_id, 'hoop:api-key/') THEN 'Make a new key in the gateway and give it to the consumers.'
    WHEN regexp_matches(identity_id, '^postgres:[^:]*:role/')
      THEN concat('A role has one password. Where none may fail for a moment, make a second role for the change-over: `CREATE ROLE NEW LOGIN IN ROLE ', database_role_word(identity_id), '`.')
  END;
CREATE OR REPLACE MACRO owner_step(identity_id) AS
  CASE
    WHEN regexp_matches(identity_id, '^aws:[^:]*:user/')
      THEN concat('Name an owner, the team that would notice if it stopped: `aws iam tag-user --user-name ', aws_user_word(identity_id), ' --tags Key=owner,Value=TEAM`.')
    WHEN regexp_matches(identity_id, '^aws:[^:]*:role/')
      THEN concat('Name an owner, the team that would notice if it stopped: `aws iam tag-role --role-name ', word_or(regexp_extract(identity_id, '^aws:[^:]*:role/(.+)$', 1), 'NAME'), ' --tags Key=owner,Value=TEAM`.')
    WHEN regexp_matches(identity_id, '^gcp:[^:]*:serviceAccount/')
      THEN concat('Name an owner, the team that would notice if it stopped, in the description: `gcloud iam service-accounts update ', gcp_account_word(identity_id), ' --description="owner: TEAM"`.')
    WHEN regexp_matches(identity_id, '^entra:[^:]*:app/')
      THEN concat('Name an owner, somebody of the team that would notice if it stopped: `az ad app owner add --id ', entra_app_word(identity_id), ' --owner-object-id USER`.')
    WHEN regexp_matches(identity_id, '^postgres:[^:]*:role/')
      THEN concat('Name an owner, the team that would notice if it stopped: `COMMENT ON ROLE ', database_role_word(identity_id), ' IS ''owner: TEAM''`.')
  END;
CREATE OR REPLACE MACRO delete_identity_step(identity_id) AS
  CASE
    WHEN regexp_matches(identity_id, '^github:[^:]*:deploy-key/\d+$') THEN concat('Remove the key: ', github_key_command(identity_id), '.')
    WHEN regexp_matches(identity_id, '^github:[^:]*:app-installation/')
      THEN concat('Uninstall the app: https://github.com/organizations/', word_or(identity_scope(identity_id), 'ORG'), '/settings/installations.')
    WHEN regexp_matches(identity_id, '^aws:[^:]*:user/')
      THEN concat('Delete the keys, then the user: `aws iam delete-user --user-name ', aws_user_word(identity_id), '`.')
    WHEN regexp_matches(identity_id, '^gcp:[^:]*:serviceAccount/')
      THEN concat('Delete the account: `gcloud iam service-accounts delete ', gcp_account_word(identity_id), '`.')
    WHEN regexp_matches(identity_id, '^hoop:[^:]*:(api-key|agent)/')
      THEN concat('Delete the ', hoop_key_words(identity_id), ' in the gateway.')
    WHEN regexp_matches(identity_id, '^entra:[^:]*:app/')
      THEN concat('Switch sign-in off first: `az ad sp update --id ', entra_app_word(identity_id), ' --set accountEnabled=false`; after a month `az ad app delete --id ', entra_app_word(identity_id), '`.')
    WHEN regexp_matches(identity_id, '^postgres:[^:]*:role/')
      THEN concat('Lock it for a month first: `ALTER ROLE ', database_role_word(identity_id), ' NOLOGIN`; then, in each database, `REASSIGN OWNED BY` and `DROP OWNED BY`, and `DROP ROLE`.')
  END;

-- Advice in the words of the CI system at hand; what belongs to several is NULL, and says what holds for all.
CREATE OR REPLACE MACRO the_platform(platforms) AS CASE WHEN count(DISTINCT coalesce(platforms, 'github-actions')) = 1 THEN min(coalesce(platforms, 'github-actions')) END;
CREATE OR REPLACE MACRO keep_at_environment(platform) AS
  CASE platform
    WHEN 'github-actions' THEN '`gh secret set NAME --env production`'
    WHEN 'gitlab-ci' THEN '`glab variable set NAME --scope production --masked --protected` (Settings, CI/CD, Variables)'
    WHEN 'circleci' THEN 'a context with a restriction (Organization Settings, Contexts)'
    WHEN 'bitbucket-pipelines' THEN 'a secured variable of the deployment (Repository settings, Deployments)'
    WHEN 'azure-pipelines' THEN 'a variable group with an approval (Pipelines, Library)'
    ELSE 'the secret store of the CI system, for that environment alone' END;
CREATE OR REPLACE MACRO delete_ci_secret(platform) AS
  CASE platform
    WHEN 'github-actions' THEN '`gh secret delete NAME`'
    WHEN 'gitlab-ci' THEN '`glab variable delete NAME`'
    ELSE 'delete the variable at the CI system' END;

CREATE OR REPLACE VIEW credential_steps AS
SELECT
  credential_id,
  deactivate_step(credential_id, identity_id, public_id) AS deactivate,
  delete_step(credential_id, identity_id, public_id) AS remove,
  create_key_step(credential_id, identity_id) AS renew
FROM (
  SELECT c.credential_id, coalesce(c.identity_id, ci.identity_id) AS identity_id, c.public_id
  FROM credentials AS c
  LEFT JOIN credential_identities AS ci USING (credential_id)
);
COMMENT ON VIEW credential_steps IS 'How to deactivate, delete and replace each credential of an inventory, with the commands of its provider';
