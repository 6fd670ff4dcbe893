#!/usr/bin/env bash
set -euo pipefail

# NOT OK: the gateway key of etl-runner
export HOOP_KEY="{{hoop.etl-runner.key}}"

hoop exec pg-orders-prod -i "$1" --correlation-id "airflow-${AIRFLOW_RUN}-$(basename "$1" .sql)"
