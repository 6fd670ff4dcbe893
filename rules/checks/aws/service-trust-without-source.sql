/*---
id: service-trust-without-source
title: A service may take a role for any customer's resource
severity: low
confidence: medium
about: trust
identityFields: [identity_id, principal]
needs: [trust:role@aws, grant:policy@aws]
population: trusts WHERE effect = 'allow' AND principal_type = 'service' AND starts_with(identity_id, 'aws:')
controls:
  - owasp-nhi-2025:NHI6:2025
  - nist-csf-2.0:PR.AA-05
why: >
  The service works for everybody. Where its trust is not bound to your account or resource, somebody else's resource may be
  made to work with your role (the confused deputy).
fix: >
  Add the condition to the trust policy: `"StringEquals": {"aws:SourceAccount": "ACCOUNT"}`, better `ArnLike` on
  `aws:SourceArn` of the resource it is for.
limits: >
  Only services whose documentation asks for the condition, and only roles that reach something: secrets, data, identities. The whole
  policy is judged for a resource of a stranger's account; a test that his passes (`aws:SourceArn` like `*`, another account
  ruled out) binds nothing. Whether the service checks the owner itself is not known from outside.
references:
  - https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
since: '0.1'
---*/
WITH deputies AS (
  SELECT unnest([
    'appflow', 'bedrock', 'bedrock-agentcore', 'codebuild', 'config', 'datasync', 'dms', 'ecs-tasks', 'firehose', 'iot',
    'kinesisanalytics', 'logs', 'pipes', 'sagemaker', 'scheduler', 'ssm', 'states', 'transfer', 'vpc-flow-logs']) AS service
),
reaching AS (
  SELECT identity_id, list(DISTINCT capability ORDER BY capability) AS capabilities, list(DISTINCT observation_id)[:3] AS evidence
  FROM grants
  WHERE effect = 'allow' AND capability IS NOT NULL
  GROUP BY identity_id
)
SELECT
  t.identity_id,
  t.principal,
  concat(
    t.identity_id, ' may be taken by ', t.principal, ' for a resource of any account',
    CASE WHEN (min(t.detail->>'$.foreignSource')) = 'maybe' THEN concat(', as far as ', listed(flatten(list(DISTINCT json_words(t.detail->'$.foreignSourceIf')))), ' lets it') ELSE '' END,
    '; it ',
    CASE WHEN list_contains(min(r.capabilities), 'admin') THEN 'is an administrator'
      WHEN list_contains(min(r.capabilities), 'reads-secrets') THEN 'reads secrets'
      ELSE concat('amounts to: ', listed(min(r.capabilities))) END, '.') AS message,
  list_distinct(flatten(list([t.observation_id]) || list(r.evidence))) AS evidence
FROM trusts AS t
JOIN identities AS i ON i.identity_id = t.identity_id
JOIN reaching AS r ON r.identity_id = t.identity_id
SEMI JOIN deputies AS d ON d.service = split_part(t.principal, '.', 1)
WHERE t.effect = 'allow' AND t.principal_type = 'service' AND starts_with(t.identity_id, 'aws:') AND NOT i.managed
  AND (t.detail->>'$.foreignSource') IN ('yes', 'maybe')
GROUP BY t.identity_id, t.principal
