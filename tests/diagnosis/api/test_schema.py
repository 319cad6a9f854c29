"""The documentation of the API is valid, complete, and works under the content security policy."""

import io
import re

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from tests.access_table import TABLE


def test_the_schema_is_valid_and_says_what_can_go_wrong(db: None, client: Client) -> None:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    schema = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    assert schema["openapi"].startswith("3.1.")
    ours = [route for route in TABLE if route.startswith("api/v1/")]
    assert set(schema["paths"]) == {"/" + re.sub("<uuid:(.*?)>", r"{\1}", route) for route in ours}
    answers = schema["paths"]["/api/v1/studies/"]["post"]["responses"]
    assert set(answers) == {
        "200", "201", "202", "400", "401", "403", "406", "409", "413", "415", "422", "429",
    }  # fmt: skip
    assert "application/problem+json" in answers["422"]["content"]
    assert schema["components"]["securitySchemes"]["token"]["name"] == "Authorization"


def test_the_documentation_page_has_no_inline_code(db: None, client: Client) -> None:
    response = client.get("/api/docs/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "<style" not in page
    assert "<script>" not in page
    script = client.get("/api/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.content.decode()


@pytest.mark.parametrize("path", ["/api/docs/", "/api/schema/"])
def test_the_documentation_is_open_to_everybody(db: None, client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("accept", ["application/vnd.oai.openapi", "application/vnd.oai.openapi+json"])
def test_it_is_written_once_and_not_for_every_stranger(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    first = client.get("/api/schema/", headers={"Accept": accept})
    for name in ("OpenApiYamlRenderer", "OpenApiJsonRenderer"):
        monkeypatch.setattr(f"drf_spectacular.renderers.{name}.render", None)
    monkeypatch.setattr(SchemaGenerator, "get_schema", None)
    again = client.get("/api/schema/", headers={"Accept": accept})
    assert again.content == first.content
    assert again.headers["Content-Type"] == accept
