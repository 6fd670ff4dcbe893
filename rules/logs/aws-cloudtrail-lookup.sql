/*---
id: aws-cloudtrail-lookup
title: AWS CloudTrail lookup-events
surface: audit-log
types: [event]
via: cloud
as: json
records: Events
like: aws-cloudtrail
recognises:
  head: ['"Events"', '"EventId"', '"EventSource"', ['"CloudTrailEvent"', '"Username"']]
columns:
  CloudTrailEvent: VARCHAR
references:
  - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
---*/
-- The event as a trail has it stands as a text in the answer.
SELECT file, unnest(from_json(TRY_CAST(CloudTrailEvent AS JSON), '{
  "eventID": "VARCHAR", "eventTime": "TIMESTAMP", "eventSource": "VARCHAR", "eventName": "VARCHAR", "awsRegion": "VARCHAR",
  "sourceIPAddress": "VARCHAR", "userAgent": "VARCHAR", "errorCode": "VARCHAR", "readOnly": "VARCHAR", "recipientAccountId": "VARCHAR",
  "requestParameters": "JSON", "responseElements": "JSON",
  "userIdentity": {"type": "VARCHAR", "arn": "VARCHAR", "accountId": "VARCHAR", "accessKeyId": "VARCHAR", "userName": "VARCHAR", "invokedBy": "VARCHAR",
    "sessionContext": {"sessionIssuer": {"type": "VARCHAR", "arn": "VARCHAR"}, "sourceIdentity": "VARCHAR", "attributes": {"mfaAuthenticated": "VARCHAR"}}}}'))
FROM source
