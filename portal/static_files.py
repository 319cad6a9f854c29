"""Static files under names that carry a hash, also where one of our scripts imports another."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Django's own pattern, for the one form that we write: import { name } from "./part.js";
_IMPORT = r"""(?P<matched>import (?P<names>\{[^}]*\}) from "(?P<url>\./[^"]+)";)"""


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Only our own scripts are searched for imports: in a bundle of others, text may look like one."""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("portal/*.js", ((_IMPORT, 'import %(names)s from "%(url)s";'),)),
    )
