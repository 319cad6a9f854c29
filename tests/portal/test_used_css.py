"""A style sheet loses what no page uses, and nothing else."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from portal import static_files, used_css

WORDS = {"btn", "row", "btn-primary"}


@pytest.mark.parametrize(
    ("sheet", "left"),
    [
        (".btn{color:red}.card{color:blue}", ".btn{color:red}"),
        (".btn,.card{color:red}", ".btn{color:red}"),
        (".row>.card,.row>*{x:1}", ".row>*{x:1}"),
        ("a:not(.card){x:1}", "a:not(.card){x:1}"),
        (":is(.btn,.row) a{x:1}", ":is(.btn,.row) a{x:1}"),
        ("@media print{.card{x:1}.btn{x:2}}", "@media print{.btn{x:2}}"),
        ("@media print{.card{x:1}}", ""),
        ("@keyframes card{0%{x:1}to{x:2}}", "@keyframes card{0%{x:1}to{x:2}}"),
        ('.btn{b:url("data:,{}")}.card{x:1}', '.btn{b:url("data:,{}")}'),
        ('@charset "UTF-8";/*! a licence */.card{x:1}', '@charset "UTF-8";/*! a licence */'),
    ],
)
def test_only_rules_of_classes_that_no_page_has_go(sheet: str, left: str) -> None:
    assert used_css.used(sheet, WORDS) == left


def test_a_variable_goes_when_nobody_asks_for_it_not_even_another_variable() -> None:
    sheet = ":root{--bs-a:1;--bs-b:var(--bs-a);--bs-c:2;--bs-d:3}p{x:var(--bs-c)}"
    assert used_css.without_idle_variables(sheet, "p{y:var(--bs-d)}") == (
        ":root{--bs-c:2;--bs-d:3}p{x:var(--bs-c)}"
    )


def test_every_class_of_bootstrap_that_a_template_names_keeps_its_look() -> None:
    library = Path(settings.BASE_DIR, "node_modules/bootstrap/dist/css")
    whole = (library / "bootstrap.min.css").read_text().partition("/*# sourceMappingURL")[0]
    lighter = static_files._lighter("vendor/bootstrap/css/bootstrap.min.css")
    assert lighter is not None
    collected = lighter(whole)
    classes = re.compile(r"\.([A-Za-z][\w-]*)")
    named = {
        word
        for template in Path(settings.BASE_DIR, "templates").rglob("*.html")
        for names in re.findall(r'class="([^"]*)"', template.read_text())
        for word in names.split()
    }
    lost = named & set(classes.findall(whole)) - set(classes.findall(collected))
    assert not lost
    assert len(collected) < len(whole) / 5
