/*---
id: secret-left-in-lower-layer
title: A secret was deleted in a later layer and is still in the image
severity: high
confidence: high
persona: dev
about: consumer
identityFields: [place, subject]
needs: [consumer@iac|consumer@image|sighting@image]
population: (SELECT observation_id FROM consumers WHERE type = 'image' OR fact IN ('credential-file', 'secret-in-layer') UNION ALL SELECT observation_id FROM sightings WHERE place = 'image')
controls:
  - owasp-nhi-2025:NHI2:2025
  - nist-csf-2.0:PR.DS-01
  - nist-csf-2.0:PR.PS-06
why: >
  Layers are only added: a file that a later step deletes is hidden, not gone. `docker save` or any registry client gives the lower layer
  with all that was in it.
fix: |
  1. Make and delete the file in one `RUN`, or better: `RUN --mount=type=secret,id=NAME,target=/path …`, which writes nothing.
  2. Rotate the secret, rebuild, and delete the old tags.
limits: >
  In a Dockerfile, a file is told by its name; squashed builds (`--squash`) lose lower layers.
references:
  - https://docs.docker.com/build/building/secrets/
  - https://github.com/opencontainers/image-spec/blob/main/layer.md
platforms: [dockerfile, image]
since: '0.1'
---*/
SELECT
  consumer_id AS place,
  coalesce(detail->>'$.file', secret_name) AS subject,
  NULL::VARCHAR AS credential_id,
  concat(CASE WHEN (detail->>'$.platform') = 'image' THEN '' ELSE 'The build stage ' END, consumer_id,
    CASE WHEN (detail->>'$.fact') = 'secret-in-layer' THEN concat(' writes ', secret_name, ' into ', detail->>'$.file') ELSE concat(' has ', detail->>'$.file', ' (', detail->>'$.kind', ')') END,
    CASE WHEN (detail->>'$.removedAtLine') IS NULL THEN ' in a layer' ELSE '' END,
    CASE WHEN (detail->>'$.replacedIn') IS NOT NULL THEN ' and covers it in a later one' ELSE concat(' and deletes it in a later one', coalesce(' (line ' || (detail->>'$.removedAtLine') || ')', '')) END,
    ': the lower layer keeps it.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM consumers
WHERE fact IN ('credential-file', 'secret-in-layer') AND (detail->>'$.removedLater') = 'true' AND (detail->>'$.inFinalImage') = 'true'
  AND (detail->>'$.sighted') IS DISTINCT FROM 'true'
GROUP BY consumer_id, secret_name, detail
UNION ALL
SELECT
  concat('image:', location->>'$.repository') AS place,
  credential_id AS subject,
  credential_id,
  concat(seen_as(provider, type, detector, confidence, masked), ' lies in a lower layer of ', location->>'$.repository', ' as ',
    listed(list(DISTINCT location->>'$.path' ORDER BY location->>'$.path')), '; a later layer only hides it.') AS message,
  list(DISTINCT observation_id) AS evidence
FROM sightings
WHERE place = 'image' AND confidence <> 'low' AND NOT at_head(place, location)
GROUP BY credential_id, location->>'$.repository'
