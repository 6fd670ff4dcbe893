"""Shelf labels: a short name for every article."""

import os

from openai import OpenAI

# NOT OK: falls back to a key in source
client = OpenAI(api_key=os.environ.get("OPENAI_API_KEY", "{{openai.shelf-labels.key}}"))


def label(article: str) -> str:
    answer = client.responses.create(model="gpt-5-mini", input=f"Shelf label, at most 20 letters: {article}")
    return answer.output_text.strip()
