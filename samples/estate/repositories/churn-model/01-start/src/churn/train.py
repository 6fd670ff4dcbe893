"""Nightly training of the churn model."""

import argparse
import os

import boto3
import pandas as pd

BUCKET = "hc-loyalty-prod"


def load(since: str) -> pd.DataFrame:
    s3 = boto3.client("s3", region_name=os.environ.get("AWS_DEFAULT_REGION", "eu-north-1"))
    body = s3.get_object(Bucket=BUCKET, Key=f"visits/{since}.parquet")["Body"]
    return pd.read_parquet(body)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--since", default="2025-01-01")
    args = parser.parse_args()
    frame = load(args.since)
    print(f"{len(frame)} visits since {args.since}")


if __name__ == "__main__":
    main()
