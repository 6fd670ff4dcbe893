/*---
id: vault-password-in-repository
title: The password of the vault lies beside what it protects
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [consumer_id]
needs: [consumer@iac]
population: consumers WHERE platform = 'ansible' OR fact = 'vault-password'
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.AA-01
why: >
  Whoever has the repository opens every vault in it: encryption whose key lies beside it protects nothing.
fix: |
  1. Take the file out of the repository and its history; let `vault_password_file` name a program that asks a secret store.
  2. `ansible-vault rekey` all vaults, and rotate what was in them.
limits: >
  Told by the file's name; a file that begins with `#!` is a program that asks for the password.
references:
  - https://docs.ansible.com/ansible/latest/vault_guide/vault_managing_passwords.html
platforms: [ansible]
since: '0.1'
---*/
SELECT
  v.consumer_id,
  concat('The vault password lies in ', v.detail->>'$.file', CASE WHEN count(s.observation_id) > 0 THEN concat(' (named in ', listed(list(DISTINCT s.location->>'$.path')), ')') ELSE '' END, '.') AS message,
  list(DISTINCT v.observation_id) || coalesce(list(DISTINCT s.observation_id) FILTER (s.observation_id IS NOT NULL), []) AS evidence
FROM consumers AS v
LEFT JOIN consumers AS s
  ON s.fact = 'vault-password-file' AND (s.detail->>'$.file') = (v.detail->>'$.file')
  AND (s.location->>'$.repository') IS NOT DISTINCT FROM (v.location->>'$.repository')
WHERE v.fact = 'vault-password'
GROUP BY v.consumer_id, v.detail->>'$.file'
