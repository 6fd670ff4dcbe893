/*---
id: aws-cloudtrail
title: AWS CloudTrail
surface: audit-log
types: [event]
via: cloud
as: json
records: Records
recognises:
  head: ['"Records"', '"eventSource"', '"userIdentity"']
# Events reach their file after five minutes on average; that is no promise.
delay: 3600
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html: an object is delivered once.
sealed: '_\d{8}T\d{4}Z_[A-Za-z0-9]{16}\.json(?:\.gz)?$'
columns:
  eventID: VARCHAR
  eventTime: TIMESTAMP
  eventSource: VARCHAR
  eventName: VARCHAR
  awsRegion: VARCHAR
  sourceIPAddress: VARCHAR
  userAgent: VARCHAR
  errorCode: VARCHAR
  readOnly: VARCHAR
  recipientAccountId: VARCHAR
  userIdentity: >-
    STRUCT("type" VARCHAR, arn VARCHAR, accountId VARCHAR, accessKeyId VARCHAR, userName VARCHAR, invokedBy VARCHAR,
    sessionContext STRUCT(sessionIssuer STRUCT("type" VARCHAR, arn VARCHAR), sourceIdentity VARCHAR))
made:
  when: [CreateUser, CreateRole, CreateAccessKey, DeleteUser, DeleteRole, DeleteAccessKey]
  columns:
    eventID: VARCHAR
    eventTime: TIMESTAMP
    eventSource: VARCHAR
    eventName: VARCHAR
    errorCode: VARCHAR
    recipientAccountId: VARCHAR
    userIdentity: >-
      STRUCT("type" VARCHAR, arn VARCHAR, accountId VARCHAR, userName VARCHAR,
      sessionContext STRUCT(attributes STRUCT(mfaAuthenticated VARCHAR)))
    requestParameters: JSON
    responseElements: JSON
references:
  - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
  - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
---*/
WITH events AS (
  SELECT
    * EXCLUDE (userIdentity),
    userIdentity.type AS who_type,
    userIdentity.accessKeyId AS key_id,
    userIdentity.invokedBy AS invoked_by,
    userIdentity.sessionContext.sourceIdentity AS source_identity,
    coalesce(userIdentity.accountId, recipientAccountId) AS account,
    -- The session's name is who took the role, as far as whoever took it says.
    CASE WHEN userIdentity.arn LIKE '%:assumed-role/%' THEN split_part(userIdentity.arn, '/', 3) END AS session_name,
    CASE WHEN userIdentity.sessionContext.sessionIssuer.type = 'Role' THEN userIdentity.sessionContext.sessionIssuer.arn
      ELSE userIdentity.arn END AS arn,
    replace(replace(eventSource, '.amazonaws.com.cn', ''), '.amazonaws.com', '') AS service
  FROM records
  -- AWS's own services, and calls of nobody, are no identity's use.
  WHERE userIdentity.arn IS NOT NULL OR userIdentity.type = 'Root'
)
SELECT
  file,
  eventID AS record_id,
  eventTime AS used_at,
  CASE
    WHEN who_type = 'Root' OR arn LIKE '%:root' THEN concat('aws:', account, ':root')
    WHEN arn LIKE 'arn:aws%:iam::%:user/%' THEN concat('aws:', split_part(arn, ':', 5), ':user/', split_part(arn, '/', -1))
    WHEN arn LIKE 'arn:aws%:iam::%:role/%' THEN concat('aws:', split_part(arn, ':', 5), ':role/', split_part(arn, '/', -1))
    WHEN arn LIKE 'arn:aws%:sts::%:assumed-role/%' THEN concat('aws:', split_part(arn, ':', 5), ':role/', split_part(arn, '/', 2))
  END AS identity_id,
  -- Temporary keys are those of the session: their role is named.
  CASE WHEN key_id LIKE 'AKIA%' THEN concat('aws:access-key/', key_id) END AS credential_id,
  service AS target,
  CASE
    WHEN eventName = 'ConsoleLogin' OR eventName LIKE 'AssumeRole%' OR eventName IN ('GetSessionToken', 'GetFederationToken') THEN 'connect'
    WHEN readOnly = 'true' THEN 'read'
    WHEN service IN ('iam', 'organizations', 'sso', 'sso-directory') AND (readOnly = 'false' OR NOT regexp_matches(eventName, '^(?:Get|List|Describe)')) THEN 'privilege'
    WHEN readOnly IS NULL AND regexp_matches(eventName, '^(?:Get|List|Describe|Head|Lookup|BatchGet|Query|Scan|Search|Select)') THEN 'read'
    ELSE 'write'
  END AS action,
  coalesce(source_identity, session_name) AS actor,
  CASE
    WHEN who_type IN ('IdentityCenterUser') OR arn LIKE '%/AWSReservedSSO\_%' ESCAPE '\' THEN 'human'
    ELSE 'unknown'
  END AS actor_type,
  CASE WHEN source_identity IS NOT NULL THEN 'high' WHEN session_name IS NOT NULL THEN 'low' END AS actor_confidence,
  -- Calls that a service makes for somebody name the service here.
  CASE WHEN regexp_full_match(sourceIPAddress, '[0-9a-fA-F.:]+') THEN sourceIPAddress END AS source_ip,
  -- Versions and platforms behind it change by the day.
  split_part(userAgent, ' ', 1) AS user_agent,
  eventName AS operation,
  CASE
    WHEN errorCode IS NULL THEN 'ok'
    WHEN regexp_matches(errorCode, 'AccessDenied|Unauthorized|Forbidden|InvalidClientTokenId|SignatureDoesNotMatch|ExpiredToken|AuthFailure') THEN 'denied'
    ELSE 'failed'
  END AS outcome,
  to_json({'region': awsRegion, 'invokedBy': invoked_by}) AS detail
FROM events
-- made
SELECT
  file,
  eventID AS record_id,
  CASE
    WHEN eventName LIKE '%User' THEN concat('aws:', account, ':user/', requestParameters->>'$.userName')
    WHEN eventName LIKE '%Role' THEN concat('aws:', account, ':role/', requestParameters->>'$.roleName')
    WHEN eventName = 'CreateAccessKey'
      THEN concat('aws:', account, ':user/', coalesce(responseElements->>'$.accessKey.userName', requestParameters->>'$.userName'))
    WHEN (requestParameters->>'$.userName') IS NOT NULL THEN concat('aws:', account, ':user/', requestParameters->>'$.userName')
  END AS identity_id,
  CASE
    WHEN eventName = 'CreateAccessKey' THEN concat('aws:access-key/', responseElements->>'$.accessKey.accessKeyId')
    WHEN eventName = 'DeleteAccessKey' THEN concat('aws:access-key/', requestParameters->>'$.accessKeyId')
  END AS credential_id,
  eventTime AS made_at,
  userIdentity.arn AS made_by,
  -- Single sign-on's sessions carry the name that a person signs in with; a user with a second factor is a person.
  CASE
    WHEN split_part(userIdentity.arn, '/', 3) LIKE '%@%' THEN lower(split_part(userIdentity.arn, '/', 3))
    WHEN userIdentity.arn LIKE '%/AWSReservedSSO\_%' ESCAPE '\' THEN split_part(userIdentity.arn, '/', 3)
    WHEN userIdentity.type = 'IAMUser'
      AND (userIdentity.userName LIKE '%@%' OR userIdentity.sessionContext.attributes.mfaAuthenticated = 'true') THEN userIdentity.userName
  END AS person,
  eventName LIKE 'Delete%' AS gone
FROM (SELECT *, coalesce(recipientAccountId, userIdentity.accountId) AS account FROM records)
WHERE eventSource = 'iam.amazonaws.com' AND errorCode IS NULL
  AND eventName IN ('CreateUser', 'CreateRole', 'CreateAccessKey', 'DeleteUser', 'DeleteRole', 'DeleteAccessKey')
