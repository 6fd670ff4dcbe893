/*---
id: kubernetes-audit
title: Kubernetes audit log
surface: audit-log
types: [event]
via: direct
as: jsonl
# As the API server writes it, an event a line.
recognises:
  head: ['{"kind":"Event","apiVersion":"audit.k8s.io/']
  # Smaller files are read by the scanner of the same name; they are searched for credentials as well.
  minSize: 67108864
columns:
  auditID: VARCHAR
  stage: VARCHAR
  verb: VARCHAR
  user: JSON
  impersonatedUser: JSON
  sourceIPs: JSON
  userAgent: VARCHAR
  objectRef: JSON
  responseStatus: JSON
  requestReceivedTimestamp: VARCHAR
references:
  - https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Event
  - https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
---*/
WITH parsed AS (
  SELECT
    * EXCLUDE ("user", objectRef),
    from_json("user", '{"username": "VARCHAR", "extra": {"authentication.kubernetes.io/pod-name": ["VARCHAR"]}}') AS told_user,
    from_json(objectRef, '{"resource": "VARCHAR", "subresource": "VARCHAR", "apiGroup": "VARCHAR", "namespace": "VARCHAR"}') AS told_object
  FROM records
  -- Each request has an event a stage; what it came to, the last one tells. A watch that goes on has none yet.
  WHERE coalesce(stage, 'ResponseComplete') = 'ResponseComplete' OR (stage = 'ResponseStarted' AND verb = 'watch')
),
events AS (
  SELECT
    file, auditID, verb, requestReceivedTimestamp,
    told_user.username AS caller,
    impersonatedUser->>'$.username' AS impersonated,
    coalesce(impersonated, caller) AS account,
    told_user.extra."authentication.kubernetes.io/pod-name"[1] AS pod,
    sourceIPs->>'$[0]' AS address,
    userAgent,
    coalesce(told_object.apiGroup, '') AS api_group,
    concat_ws('/', told_object.resource, told_object.subresource) AS resource,
    told_object.namespace AS namespace,
    TRY_CAST(responseStatus->>'$.code' AS INTEGER) AS code,
    -- Without them it is no event.
    verb IS NULL OR caller IS NULL AS is_broken
  FROM parsed
),
told AS (
  SELECT
    *,
    regexp_extract(account, '^system:serviceaccount:([^:]+):([^:]+)$', ['namespace', 'name']) AS of_account,
    regexp_extract(caller, '^system:serviceaccount:([^:]+):([^:]+)$', ['namespace', 'name']) AS of_caller,
    coalesce(code, 200) AS status
  FROM events
  -- Paths that are no resource (/healthz) are nobody's right; parts of the cluster itself are no accounts that anybody gives out.
  WHERE is_broken OR (resource <> '' AND (starts_with(account, 'system:serviceaccount:') OR NOT starts_with(account, 'system:')))
)
SELECT
  file,
  CASE WHEN NOT is_broken THEN auditID END AS record_id,
  TRY_CAST(requestReceivedTimestamp AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS used_at,
  -- The log does not say of which cluster it is.
  CASE
    WHEN of_account.name <> '' THEN concat('k8s:-:', of_account.namespace, '/', of_account.name)
    ELSE concat('k8s:-:rbac-user/', account) END AS identity_id,
  CASE
    WHEN verb IN ('get', 'list', 'watch') AND resource NOT IN ('pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy', 'services/proxy', 'nodes/proxy') THEN 'read'
    WHEN verb IN ('impersonate', 'bind', 'escalate') OR (api_group = 'rbac.authorization.k8s.io' AND verb IN ('create', 'update', 'patch', 'delete', 'deletecollection'))
      OR resource = 'serviceaccounts/token' THEN 'privilege'
    WHEN resource IN ('pods/exec', 'pods/attach', 'pods/portforward') THEN 'connect'
    WHEN verb IN ('create', 'update', 'patch', 'delete', 'deletecollection') THEN 'write'
    ELSE 'unknown'
  END AS action,
  [concat_ws('/', namespace, resource)] AS objects,
  -- A service account is who it is; a pod with its token is told by the token.
  CASE WHEN impersonated IS NOT NULL OR of_account.name = '' THEN caller END AS actor,
  CASE
    WHEN of_caller.name <> '' THEN 'service-account'
    WHEN contains(caller, '@') THEN 'human'
    ELSE 'unknown' END AS actor_type,
  CASE WHEN of_caller.name <> '' THEN 'high' WHEN contains(caller, '@') THEN 'medium' ELSE 'low' END AS actor_confidence,
  CASE WHEN impersonated IS NOT NULL THEN
    CASE WHEN of_caller.name <> '' THEN concat('k8s:-:', of_caller.namespace, '/', of_caller.name) ELSE concat('k8s:-:rbac-user/', caller) END
  END AS actor_identity_id,
  -- What made the pod: its name without what tells one pod from the next.
  CASE WHEN pod IS NOT NULL AND of_caller.name <> ''
    THEN concat(of_caller.namespace, '/', regexp_replace(pod, '(?:-[0-9a-f]{6,10})?-[0-9a-z]{5}$', '')) END AS job,
  address AS source_ip,
  split_part(userAgent, ' ', 1) AS user_agent,
  concat_ws(' ', verb, resource) AS operation,
  CASE WHEN status < 400 THEN 'ok' WHEN status IN (401, 403) THEN 'denied' ELSE 'failed' END AS outcome,
  -- The right that it took: what was refused took none.
  CASE WHEN status < 400 THEN to_json({'verb': verb, 'group': api_group, 'resource': resource, 'namespace': namespace}) END AS detail
FROM told
