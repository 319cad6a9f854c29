"""The demonstration's logins for the sign-in page."""

from typing import Any

from django import template

from accounts import demo

register = template.Library()


@register.simple_tag
def demo_logins() -> dict[str, Any]:
    return {"people": demo.logins(), "password": demo.PASSWORD}
