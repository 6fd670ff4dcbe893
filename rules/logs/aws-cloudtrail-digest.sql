/*---
id: aws-cloudtrail-digest
title: AWS CloudTrail digests
surface: audit-log
via: cloud
as: json
digests: aws-cloudtrail
recognises:
  head: ['"digestS3Object"', '"logFiles"', '"digestEndTime"']
columns:
  logFiles: STRUCT(s3Object VARCHAR, hashValue VARCHAR, hashAlgorithm VARCHAR)[]
references:
  - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
---*/
-- The hash is that of the file before it was packed.
SELECT file, one.s3Object AS name, lower(one.hashValue) AS sha256
FROM (SELECT file, unnest(logFiles) AS one FROM records)
WHERE one.hashAlgorithm = 'SHA-256'
