/*---
id: policy-changed-without-record
title: A rule of the gateway changed, and its log does not say by whom
severity: high
confidence: medium
about: usage
identityFields: [policy_id, change]
needs: ['policy@gateway', 'usage:admin-audit@gateway']
population: policies WHERE provider = 'hoop' AND type <> 'approval'
inconclusive: >
  SELECT 'no earlier run in this store read the rules' WHERE NOT EXISTS (FROM obs.policies ANTI JOIN current_parts USING (part_id))
  UNION ALL
  SELECT concat('whether ', listed(list(DISTINCT concat('the ', replace(type, '-', ' '), ' ', name) ORDER BY concat('the ', replace(type, '-', ' '), ' ', name))), CASE WHEN count(*) = 1 THEN ' was ' ELSE ' were ' END, change,
    ' is not known: the export of ', CASE change WHEN 'removed' THEN 'this run' ELSE 'the run before' END, ' does not hold all of the kind')
  FROM policy_changes WHERE NOT is_sure GROUP BY change
  UNION ALL
  SELECT concat('who changed ', listed(list(DISTINCT concat('the ', replace(type, '-', ' '), ' ', name) ORDER BY concat('the ', replace(type, '-', ' '), ' ', name))),
    ' is not known: the log of administrators was not given of the whole time from ', strftime(min(after_time), '%Y-%m-%d %H:%M'), ' to ', strftime(max(before_time), '%Y-%m-%d %H:%M'), ' UTC')
  FROM policy_changes_logged WHERE is_sure AND len(entries) = 0 AND NOT is_spanned AND NOT is_unlogged(type) HAVING count(*) > 0
controls:
  - owasp-nhi-2025:NHI5:2025
  - nist-csf-2.0:ID.RA-07
  - nist-csf-2.0:PR.PS-01
why: >
  Rules decide who needs an approval and what is masked. One that is different today, with nobody's name to it, may have been taken out of the way for an hour.
fix: >
  Compare the two states (the evidence names both), ask the administrators, and put the rule back if nobody knows. Keep rules as code (Terraform), so that each change has an author.
limits: >
  Compared with the run before that had rules of the kind, in the same store; an entry explains a change of what it names, between the two runs. hoop writes no entry for changes of access request rules, plugins, attributes and reviews: for those the finding says
  that nobody can know, with less severity.
since: '0.1'
---*/
SELECT
  c.policy_id,
  c.change,
  concat(
    'The ', replace(c.type, '-', ' '), ' ', c.name, ' was ', c.change, ' between ', strftime(c.after_time, '%Y-%m-%d %H:%M'), ' and ', strftime(c.before_time, '%Y-%m-%d %H:%M'), ' UTC',
    CASE WHEN is_unlogged(c.type) THEN '; the gateway writes no entry for this kind, so nobody can say by whom.'
      ELSE ', and no entry of the gateway''s log of administrators speaks of it.' END) AS message,
  CASE WHEN is_unlogged(c.type) THEN 'medium' ELSE 'high' END AS severity,
  c.evidence
FROM policy_changes_logged AS c
WHERE c.is_sure AND len(c.entries) = 0 AND (c.is_spanned OR is_unlogged(c.type))
