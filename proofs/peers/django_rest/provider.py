"""The blocking call of the provider, and what its answer, or none, means for the payment."""

import requests
from django.conf import settings

TIMEOUT_S = (3, 10)

# A worker serves one request at a time, so one session needs no lock.
_session = requests.Session() if settings.PERSISTENT else None


def credit(*, document, cashback):
    """Return the status that the cashback moves to, the answer's status code and its text."""
    post = _session.post if _session else requests.post
    payload = {"document": document, "cashback": cashback}
    url = f"{settings.PROVIDER_URL}/api/mock/Cashback"
    try:
        answer = post(url, json=payload, timeout=TIMEOUT_S, allow_redirects=False)
    except requests.ConnectTimeout:
        return "pending", None, None  # nothing was sent
    except requests.RequestException:
        return "in_doubt", None, None
    if answer.status_code == 201 and _is_of(answer, payload):
        return "applied", 201, answer.text
    if 400 <= answer.status_code < 500:
        return "rejected", answer.status_code, answer.text
    return "in_doubt", answer.status_code, answer.text


def _is_of(answer, payload):
    """Whether the answer tells of this payment, and of no other."""
    try:
        told = answer.json()
    except requests.JSONDecodeError:
        return False
    return isinstance(told, dict) and all(told.get(name) == payload[name] for name in payload)
