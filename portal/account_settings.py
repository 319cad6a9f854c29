"""The settings of accounts, sign-in and sessions, read from the environment like all others."""

from pathlib import Path

import environs
from environs import validate

env = environs.FileAwareEnv()
env.read_env(str(Path(__file__).resolve().parent.parent / ".env"), recurse=False)

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    }
]
# script/demo alone sets it: the sign-in page then lists the demonstration's people and their password.
DEMO_LOGINS = env.bool("DEMO_LOGINS", default=False)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "worklist"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # only in the browser that registered
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_FORMS = {
    "signup": "accounts.forms.RegistrationForm",
    "login": "accounts.sign_in_forms.SignInForm",
    "reauthenticate": "accounts.sign_in_forms.ConfirmForm",
    "change_password": "accounts.sign_in_forms.ChangeForm",
    "set_password": "accounts.sign_in_forms.SetForm",
    "reset_password": "accounts.sign_in_forms.ForgottenForm",
    "reset_password_from_key": "accounts.sign_in_forms.NewByMailForm",
}
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Carina] "
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password is mailed to its owner
ACCOUNT_REAUTHENTICATION_TIMEOUT = env.int("REAUTHENTICATION_MINUTES", default=10) * 60
ACCOUNT_SESSION_REMEMBER = False  # shared ward computers: a session ends with the browser

# Wrong passwords are counted in accounts/sign_in_limits.py. These are brakes against floods: a hospital whose
# people all start at seven comes from one address.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "5/5m/key",  # codes of a second factor
    "reset_password": "60/m/ip,5/m/key",
}

# Second factors. Everybody may set one up; a clinic may require it of its people, this setting of more.
SECOND_FACTOR_FOR = env.str(
    "SECOND_FACTOR_FOR",
    default="nobody",
    validate=validate.OneOf(["nobody", "administrators", "everybody"]),
)
MFA_ADAPTER = "accounts.second_factor.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    name: f"accounts.second_factor.forms.{form}"
    for name, form in {
        "authenticate": "CodeForm",
        "reauthenticate": "CodeAgainForm",
        "activate_totp": "AppForm",
        "add_webauthn": "AddPasskeyForm",
        "authenticate_webauthn": "PasskeyForm",
        "reauthenticate_webauthn": "PasskeyAgainForm",
    }.items()
}
MFA_TOTP_ISSUER = "Carina"
MFA_TOTP_TOLERANCE = 1  # the code before and the one after: phones' clocks differ, and typing takes a while
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not env.bool("HTTPS", default=not env.bool("DEBUG", default=False))

SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_MINUTES", default=30, validate=validate.Range(min=1)) * 60
SESSION_COOKIE_AGE = env.int("SESSION_HOURS", default=12) * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
