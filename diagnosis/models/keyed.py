"""Columns that hold the search key of another column, and follow it whoever writes the row."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from diagnosis import spelling

TWIN = "/TWIN-"
"""Marks the key of a number that looked like another patient's before keys were unique.

In capitals, which no key has, so that nothing that anybody types can lead to it.
"""


class KeyField(models.CharField):
    """The key of the text in column `of`; compared byte by byte, so that no database folds it further."""

    def __init__(
        self, *args: Any, of: str, made_by: Callable[[str], str] = spelling.key, **kwargs: Any
    ) -> None:
        self.of, self.made_by = of, made_by
        kwargs |= {"max_length": spelling.KEY_LENGTH + 24, "editable": False, "default": ""}
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_length", "editable", "default"):
            kwargs.pop(fixed, None)
        if self.made_by is not spelling.key:
            kwargs["made_by"] = self.made_by
        return name, path, args, {**kwargs, "of": self.of}

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        given = super().db_parameters(connection)
        return {**given, "collation": "utf8mb4_bin"} if connection.vendor == "mysql" else given

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        made = self.made_by(getattr(model_instance, self.of) or "")
        kept: str = getattr(model_instance, self.attname)
        if not kept.startswith(f"{made}{TWIN}"):
            setattr(model_instance, self.attname, made)
        return str(getattr(model_instance, self.attname))


def _keys(model: type[models.Model]) -> list[KeyField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, KeyField)]


class KeyedQuerySet(models.QuerySet[Any]):
    """Keeps the keys right in updates of many rows, which know no `pre_save`."""

    def update(self, **values: Any) -> int:
        keys = {
            field.name: field.made_by(values[field.of])
            for field in _keys(self.model)
            if isinstance(values.get(field.of), str)
        }
        return super().update(**keys | values)


class Keyed(models.Model):
    """A row whose keys are written together with what they are made of."""

    objects = KeyedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if update_fields is not None:
            wanted = set(update_fields)
            update_fields = wanted | {field.name for field in _keys(type(self)) if field.of in wanted}
        super().save(*args, update_fields=update_fields, **kwargs)
