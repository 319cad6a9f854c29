"""What the tests run with, set before Django reads its settings (pytest loads this module first)."""

import os
import tempfile

os.environ["DEBUG"] = "false"
os.environ["HTTPS"] = "false"
os.environ["HASHED_STATIC"] = "false"
os.environ["SECRET_KEY"] = "only-for-tests"
os.environ["AUDIT_KEY"] = "only-for-tests-and-long-enough-for-a-key"  # so no test finds the file of it
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="carina-tests-")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{os.environ['DATA_DIR']}/carina.sqlite3")
os.environ["STATIC_ROOT"] = tempfile.mkdtemp(prefix="carina-static-")  # there, though nothing is collected
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:6379/15")
os.environ.pop("EMAIL_URL", None)
