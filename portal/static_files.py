"""Static files under names that carry a hash, also where one of our scripts imports another."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, _IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]  # stubs lack it


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Only our own scripts are searched for imports: in a bundle of others, text may look like one."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("portal/*.js", _IMPORTS))
