/*---
id: leaked-key-owner-left
title: A leaked live credential has no owner left who would notice
severity: critical
confidence: high
about: credential
identityFields: [credential_id]
needs: [sighting, credential, identity, person:roster@people]
population: leaked_credentials WHERE identity_id IS NOT NULL
controls:
  - owasp-nhi-2025:NHI1:2025
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:GV.RR-02
  - nist-csf-2.0:GV.RR-04
  - nist-csf-2.0:PR.AA-01
  - nist-csf-2.0:RS.MI-01
  - nist-csf-2.0:RS.MI-02
why: >
  The person who answered for this identity has left, and may still hold the key. Nobody rotates it, nobody knows what
  breaks, and nobody would ask why it is used at night.
fix: |
  1. Deactivate the key at its provider, for the old owner may hold a copy.
  2. Name a new owner where the identity lives (a tag, the description).
  3. Find its consumers (`nhi-audit trace KEY`), and give them a new key or a federated identity; delete this one.
limits: Ownership is what tags, creators and CODEOWNERS declare, resolved against the roster that was given.
references:
  - https://owasp.org/www-project-non-human-identities-top-10/2025/1-improper-offboarding/
since: '0.1'
---*/
SELECT
  l.credential_id,
  l.identity_id,
  concat(
    l.name, ' of ', l.identity_id, ' is active and lies in ', listed(l.places),
    '; its owner ', o.owner, ' left', coalesce(' on ' || day_text(o.left_at), ''), disabled_note(d.identity_id), '.') AS message,
  unless_disabled(CASE WHEN l.id_only THEN 'medium' ELSE 'critical' END, d.identity_id) AS severity,
  CASE WHEN l.id_only THEN 'medium' ELSE 'high' END AS confidence,
  list_concat(l.evidence, o.evidence) AS evidence,
  CASE WHEN st.deactivate IS NOT NULL THEN numbered([
    st.deactivate,
    coalesce(owner_step(l.identity_id), 'Name an owner: the team that would notice if it stopped.'),
    concat('Find its consumers: `nhi-audit trace ', word_or(l.public_id, 'KEY'), '`; give them a new key or a federated identity.'),
    st.remove]) END AS fix,
  {'owner': o.owner, 'left_at': day_text(o.left_at), 'places': len(l.places)} AS detail
FROM leaked_credentials AS l
LEFT JOIN credential_steps AS st ON st.credential_id = l.inventory_id
LEFT JOIN disabled_identities AS d ON d.identity_id = l.identity_id
JOIN identity_owners AS o ON o.identity_id = l.identity_id
WHERE o.ownership = 'owner-left'
  AND l.inventory_id IS NOT NULL
  AND coalesce(l.status, 'active') = 'active'
  AND (l.expires_at IS NULL OR l.expires_at > run_now())
