"""Second factors: an authenticator app, passkeys, recovery codes; who needs one, and what happens to them.

allauth keeps and checks them; here stand Carina's rules about them.
"""

from accounts.second_factor.rules import has_one, is_missing, is_required, without_one
from accounts.second_factor.service import remove_all

__all__ = ["has_one", "is_missing", "is_required", "remove_all", "without_one"]
