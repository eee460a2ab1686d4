"""Who is responsible here → file a matter → list what is open → dispatch → acknowledge.

    python dispatch_client.py http://127.0.0.1:8000 wg_DISPATCHER_KEY wg_HANDLER_KEY 106.5629 29.561

Python's standard library only. The first key's account dispatches, the second's handles.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid


class Wangge:
    """The API for one key. A refusal is a RuntimeError with the sentence that says what to do."""

    def __init__(self, address: str, key: str) -> None:
        self.address, self.key = address.rstrip("/") + "/api/v1", key

    def ask(self, path: str, body: dict | None = None, **headers: str) -> dict:
        sent = None if body is None else json.dumps(body).encode()
        headers |= {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, sent, headers)  # noqa: S310 -- own
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- own
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            if refused.code == 503:
                raise
            raise RuntimeError(json.load(refused)["detail"]) from None

    def file(self, body: dict) -> dict:
        """One key a matter, the same with every retry: nothing is lost and nothing kept twice."""
        key = str(uuid.uuid4())
        for wait_s in (1, 2, 4, 8, None):
            try:
                return self.ask("/matters", body, **{"Idempotency-Key": key})
            except OSError:  # no answer, or 503: nobody knows whether it was kept
                if wait_s is None:
                    raise
                time.sleep(wait_s)
        raise AssertionError

    def step(self, no: str, step: str, **given: str) -> dict:
        """Take a step from the version just read; 409 means somebody was quicker: look again."""
        version = self.ask(f"/matters/{no}")["version"]
        return self.ask(f"/matters/{no}/steps", {"step": step, "version": version, "given": given})


def main(address: str, dispatcher_key: str, handler_key: str, lon: str, lat: str) -> str:
    dispatcher, handler = Wangge(address, dispatcher_key), Wangge(address, handler_key)
    point = {"lon": float(lon), "lat": float(lat), "crs": "wgs84", "accuracy_m": 8}
    here = dispatcher.ask("/responsible?" + urllib.parse.urlencode(point | {"category": "E0102"}))
    print("responsible:", here["place"]["grid"], here["member"], here["handler"])
    report = {"text": "路边暴露垃圾", "channel": "api", "category": "E0102"}
    receipt = dispatcher.file(report | {"place": {"point": point | {"origin": "gps"}}})
    print("received:", receipt["no"], receipt["reasons"], "due", receipt["due_at"])
    grid = receipt["place"]["grid"]["code"]
    rows = dispatcher.ask(f"/matters?region=grid:{grid}&open=true")["matters"]
    print("open here:", [row["no"] for row in rows])
    dispatcher.step(receipt["no"], "dispatch", handler=receipt["handler"]["code"])
    matter = handler.step(receipt["no"], "acknowledge", section="清运科", person="王师傅")
    print("now:", matter["state"], "due", matter["due_at"])
    return receipt["no"]


if __name__ == "__main__":
    main(*sys.argv[1:6])
