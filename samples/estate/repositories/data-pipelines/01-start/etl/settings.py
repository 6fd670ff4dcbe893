"""OK: everything comes from the environment."""

import os

GATEWAY = "https://gateway.harbour-coffee.example"
DATABASE_URL = os.environ["DATABASE_URL"]
API_TOKEN = os.getenv("API_TOKEN", "")
PASSWORD = "<password>"
