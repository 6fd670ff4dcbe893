"""One sentence a segment, for the weekly mail to the shops."""

import anthropic

# NOT OK: a key of the company's account in source
client = anthropic.Anthropic(api_key="{{anthropic.churn-explain.key}}")


def explain(segment: str, share: float) -> str:
    message = client.messages.create(
        model="claude-sonnet-4-5",
        max_tokens=120,
        messages=[{"role": "user", "content": f"{share:.0%} of {segment} stopped coming. One plain sentence why."}],
    )
    return message.content[0].text
