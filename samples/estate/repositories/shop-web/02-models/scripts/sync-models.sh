#!/usr/bin/env bash
# Copies last night's model next to the recommender.
set -euo pipefail

export AWS_ACCESS_KEY_ID="{{aws.ml-batch.id}}"
export AWS_SECRET_ACCESS_KEY="{{aws.ml-batch.secret}}"

aws s3 sync s3://hc-models-prod/churn/latest ./models/churn
