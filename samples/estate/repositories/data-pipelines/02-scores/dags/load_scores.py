"""Churn scores into the feature store, every night."""

from datetime import datetime

from airflow.decorators import dag, task

# NOT OK: the password that the gateway keeps for pg-features-prod, a second time and around the gateway
FEATURES = "postgres://feature_loader:{{postgres.feature-loader.password}}@features.db.harbour-coffee.internal:5432/features"


@dag(schedule="40 4 * * *", start_date=datetime(2025, 12, 1), catchup=False)
def load_scores():
    @task
    def load():
        import psycopg

        with psycopg.connect(FEATURES) as connection:
            connection.execute("CALL features.load_scores()")

    load()


load_scores()
