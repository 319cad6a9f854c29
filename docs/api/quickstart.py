"""Send a film to Carina, wait for the network's result, and fetch result, heatmap and report.

    python3 quickstart.py https://carina.example carina_… film.dcm [PATIENT-NUMBER]

Needs Python 3.11 and nothing else. Run it again with the same film at any time: the film is stored once, and
the report is fetched as soon as a doctor has signed. The token needs the scopes “send” and “read”.
"""

import hashlib
import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

PATIENCE = 300  # seconds to wait for the network


def ask(url: str, token: str, *, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    """Status and body of the answer; a refusal ends the program with its words."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, {"Authorization": f"Token {token}", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            if ends := answer.headers["X-Token-Expires"]:
                print(f"The token ends on {ends}: ask the administrator for its next key.")
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        problem = json.load(refused)
        if problem["type"] == "urn:carina:problem:not_signed":
            return refused.code, b""
        details = problem.get("errors") or problem.get("films") or ""
        sys.exit(f"{problem['title']}: {problem['detail']} {details}")


def send(portal: str, token: str, film: Path, number: str) -> dict:
    """The answer to the film; the same one when it was sent before."""
    content, boundary = film.read_bytes(), uuid.uuid4().hex
    parts = []
    if number:  # a DICOM film says itself whose it is
        parts.append(f'Content-Disposition: form-data; name="patient_number"\r\n\r\n{number}'.encode())
    name = film.name.replace('"', "")
    parts.append(
        f'Content-Disposition: form-data; name="film"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + content
    )
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    _, answer = ask(
        f"{portal}/api/v1/studies/",
        token,
        body=body + b"--%s--\r\n" % boundary.encode(),
        Content_Type=f"multipart/form-data; boundary={boundary}",
        Idempotency_Key=hashlib.sha256(content + number.encode()).hexdigest(),
    )
    return json.loads(answer)


def finished(url: str, token: str) -> dict:
    """The study once the network is done with it."""
    until = time.monotonic() + PATIENCE
    while True:
        study = json.loads(ask(url, token)[1])
        if study["state"] != "waiting":
            return study
        if time.monotonic() > until:
            sys.exit("The network has not finished yet. Run this again later.")
        time.sleep(2)


def fetch_report(url: str, token: str) -> bytes | None:
    """The signed report as a PDF, or None while no doctor has signed."""
    while True:
        status, document = ask(f"{url}report/", token)
        if status != 202:  # 202: it is being made
            return document if status == 200 else None
        time.sleep(3)


def main(portal: str, token: str, film: str, number: str = "") -> None:
    sent = send(portal.rstrip("/"), token, Path(film), number)
    if "url" not in sent:
        sys.exit("The film is kept, and a person has to say whose it is: see “Films to settle”.")
    study = finished(sent["url"], token)
    print(f"Study {study['id']}: {study['state']}")
    for shown in study["films"]:
        result = shown["prediction"]
        if result is None:
            print(f"{shown['name']}: no result. {shown['message']}")
            continue
        abnormal = 1 - result["probabilities"]["normal"]
        print(f"{shown['name']}: {result['finding'] or 'no finding told'}, abnormal {abnormal:.0%}")
        print(f"  {result['standing_text']}")
        if result["heatmap"]:
            Path("heatmap.png").write_bytes(ask(result["heatmap"], token)[1])
            print("  heatmap.png is written.")
    print(study["notice"])
    report = fetch_report(sent["url"], token)
    if report is None:
        print("No doctor has signed yet: there is no report. Run this again later.")
    else:
        Path("report.pdf").write_bytes(report)
        print("report.pdf is written.")


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
