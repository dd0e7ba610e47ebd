"""Settings, read once from the environment (docs/operations.md lists them)."""

from datetime import timedelta
from pathlib import Path

import dj_database_url
import dj_email_url
import structlog
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
FI_MODE = env.choice("FI_MODE", ("production", "demo", "test", "dev"), "production")
PRODUCTION = FI_MODE == "production"
DEMO = FI_MODE == "demo"
DEBUG = False
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / ".data"))).resolve()
SECRET_KEY = env.text("SECRET_KEY", None if PRODUCTION else "not-a-secret-outside-production")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
if FI_MODE == "demo":
    ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "*")
BASE_URL = env.text("BASE_URL", f"http://localhost:{env.integer('PORT', 8000, 1, 65535)}")
if PRODUCTION and not BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("BASE_URL must start with https:// in production.")

INSTALLED_APPS = [
    "common",
    "journal",
    "notifications",
    "accounts",
    "documents",
    "fund",
    "applications",
    "reviews",
    "payments",
    "reports",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "config.apps.AdminConfig",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "accounts.proconnect",
    "csp",
    "django_fsm",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "import_export",
    "pghistory",
    "pgtrigger",
    "rules",
]
if FI_MODE in ("demo", "test"):
    INSTALLED_APPS.insert(10, "demo")

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "common.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.middleware.SafeHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "documents.uploads.BodyLimitMiddleware",
    "accounts.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.SessionLimitsMiddleware",
    "accounts.middleware.StaffSecondFactorMiddleware",
    "common.middleware.DomainErrorMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "common.forms.FieldRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.context.page",
            ],
            "builtins": ["common.templatetags.ui", "django_htmx.templatetags.django_htmx"],
        },
    }
]

# Two roles (ARCHITECTURE: what the database refuses): the application never holds the owner's address.
DATABASE_ROLE = env.choice("DATABASE_ROLE", ("app", "owner"), "app")
DATABASE_APP_URL = env.text("DATABASE_URL")
DATABASES = {
    "default": dj_database_url.parse(
        env.text("DATABASE_OWNER_URL") if DATABASE_ROLE == "owner" else DATABASE_APP_URL,
        conn_max_age=0 if DATABASE_ROLE == "owner" else 600,
        conn_health_checks=True,
    )
}
DATABASES["default"].setdefault("OPTIONS", {})["application_name"] = f"fonds-{DATABASE_ROLE}"
DATABASE_APP_ROLE = dj_database_url.parse(DATABASE_APP_URL)["USER"]
DATABASE_TIMEOUTS = {"lock_timeout": "3s", "statement_timeout": "15s", "idle_in_transaction_session_timeout": "10s"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.passwords.RoleLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Requests to join a commune: from one machine, and mails to one address (the page answers the same).
JOIN_RATES = {"join": "20/h/ip", "join_address": "3/d/key"}
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = False if FI_MODE == "test" else JOIN_RATES
# Behind the reverse proxy the client's address is the last one it wrote; what the client itself claims is not believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXIES", 1 if env.boolean("BEHIND_PROXY", False) else 0, 0, 5)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Fonds d'initiative"
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "accounts.second_factor.Authenticate",
    "reauthenticate": "accounts.second_factor.Reauthenticate",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
# The demonstration's accounts come without a second factor; production refuses to start with this on.
WAIVE_SECOND_FACTOR = env.boolean("WAIVE_SECOND_FACTOR", FI_MODE in ("demo", "test"))
PASSWORD_LENGTH = 12
PASSWORD_LENGTH_STAFF = 16
PASSWORD_RESET_TIMEOUT = 3600
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.first_password.FirstPasswordTokens"  # noqa: S105
INVITATION_HOURS = 72
# Working days after which the fund's team hears of a request to join that a commune leaves alone.
JOIN_WAITING_DAYS = env.integer("JOIN_WAITING_DAYS", 3, 1, 30)
# Days after which a request to join whose address was never confirmed is removed; said in its mail.
JOIN_FORGOTTEN_DAYS = env.integer("JOIN_FORGOTTEN_DAYS", 30, 7, 365)

# The public company directory (SIRET and address of a commune); empty means that it is never asked.
COMPANY_DIRECTORY_URL = env.text("COMPANY_DIRECTORY_URL", "")
COMPANY_DIRECTORY_AGENT = env.text("COMPANY_DIRECTORY_AGENT", f"fonds-initiative ({BASE_URL})")
if PRODUCTION and COMPANY_DIRECTORY_URL and not COMPANY_DIRECTORY_URL.startswith("https://"):
    raise ImproperlyConfigured("COMPANY_DIRECTORY_URL must start with https:// in production.")

# ProConnect, the sign-in of professionals; off as long as there is no discovery address.
PROCONNECT_DISCOVERY_URL = env.text("PROCONNECT_DISCOVERY_URL", "")
PROCONNECT_CLIENT_ID = env.text("PROCONNECT_CLIENT_ID", None if PROCONNECT_DISCOVERY_URL else "")
PROCONNECT_CLIENT_SECRET = env.text("PROCONNECT_CLIENT_SECRET", None if PROCONNECT_DISCOVERY_URL else "")
PROCONNECT_SCOPES = env.text("PROCONNECT_SCOPES", "openid given_name usual_name email siret organization_label").split()
# ProConnect's identity providers answer for the address they give; say 0 where yours only repeats what people type.
PROCONNECT_TRUSTS_EMAIL = env.boolean("PROCONNECT_TRUSTS_EMAIL", True)
# Levels of assurance that are accepted, asked of ProConnect as an essential claim; empty: whatever it gives.
PROCONNECT_ACR = env.text("PROCONNECT_ACR", "").split()
if PRODUCTION and PROCONNECT_DISCOVERY_URL and not PROCONNECT_DISCOVERY_URL.startswith("https://"):
    raise ImproperlyConfigured("PROCONNECT_DISCOVERY_URL must start with https:// in production.")
SOCIALACCOUNT_ADAPTER = "accounts.proconnect.adapter.SocialAdapter"
# A link, not a form: the answer leads to other hosts, which form-action refuses; the state guards the way back.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, list[dict[str, object]]]] = {"proconnect": {"APPS": []}}
if PROCONNECT_DISCOVERY_URL:
    SOCIALACCOUNT_PROVIDERS["proconnect"]["APPS"].append(
        {
            "client_id": PROCONNECT_CLIENT_ID,
            "secret": PROCONNECT_CLIENT_SECRET,
            "name": "ProConnect",
            "settings": {"server_url": PROCONNECT_DISCOVERY_URL, "token_auth_method": "client_secret_post"},
        }
    )

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = int(timedelta(hours=10).total_seconds())
SESSION_IDLE_SECONDS = env.integer("SESSION_IDLE_MINUTES", 30, 1, 600) * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "common.views.csrf_failure"
if PRODUCTION:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.boolean("SECURE_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = 63072000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if env.boolean("BEHIND_PROXY", False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "report-uri": ["/rapport-csp/"],
    }
}

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Europe/Paris"
USE_I18N = USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if FI_MODE in ("production", "demo")
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = FI_MODE in ("dev", "test")
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
UPLOAD_MAX_BYTES = 20 * 1024 * 1024
UPLOAD_MAX_BYTES_PER_APPLICATION = 100 * 1024 * 1024
UPLOAD_MAX_BODY = UPLOAD_MAX_BYTES_PER_APPLICATION + DATA_UPLOAD_MAX_MEMORY_SIZE
FILE_UPLOAD_HANDLERS = [
    "documents.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# "clamav" everywhere; "none" keeps the checks of type and structure only, and production refuses it.
ANTIVIRUS = env.choice("ANTIVIRUS", ("clamav", "none"), "clamav" if PRODUCTION else "none")
CLAMAV_SOCKET = env.text("CLAMAV_SOCKET", "127.0.0.1:3310")

REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "common.cache.PatientRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

EMAIL_URL = env.text("EMAIL_URL", None if PRODUCTION else "demo://")
if EMAIL_URL.startswith("demo:"):
    EMAIL_BACKEND = "demo.mailbox.Backend"
else:
    _email = dj_email_url.parse(EMAIL_URL)
    EMAIL_BACKEND = _email["EMAIL_BACKEND"]
    EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"], _email["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"], _email["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _email["EMAIL_USE_TLS"], _email["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = env.integer("EMAIL_TIMEOUT", 20, 1, 60)
# How long a worker holds a message it is sending; one that died gives it back after that.
MAIL_LEASE_SECONDS = env.integer("MAIL_LEASE_SECONDS", 100, 5, 600)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Fonds d'initiative <fonds-initiative@metropole.invalid>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MESSAGE_ID_DOMAIN = env.text("MESSAGE_ID_DOMAIN", "fonds-initiative.invalid")

CSV_SEPARATOR = env.choice("CSV_SEPARATOR", (";", ","), ";")
# What the accountant knows of the collectivity (PES); all four, or no pre-flow is offered.
PES = {
    "codique": env.text("PES_CODIQUE", "" if PRODUCTION else "013099"),
    "siret": env.text("PES_SIRET", "" if PRODUCTION else "20005480700017"),
    "collectivity": env.text("PES_COLLECTIVITY", "" if PRODUCTION else "123"),
    "budget": env.text("PES_BUDGET", "" if PRODUCTION else "00"),
    "flow": env.choice("PES_FLOW", ("PESALR1", "PESALR2"), "PESALR2"),
}
# A fund that holds its own account pays by SEPA itself; a métropole's payments go through its public accountant.
SEPA = {
    "holds_account": env.boolean("FUND_HOLDS_ACCOUNT"),
    "name": env.text("SEPA_NAME", ""),
    "iban": env.text("SEPA_IBAN", ""),
    "bic": env.text("SEPA_BIC", ""),
}
ANSWER_DELAY_DAYS = env.integer("ANSWER_DELAY_DAYS", 60, 1, 365)
SILENCED_SYSTEM_CHECKS: list[str] = []
PGTRIGGER_MIGRATIONS = True
PGHISTORY_APPEND_ONLY = True
IMPORT_EXPORT_USE_TRANSACTIONS = True

DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(ensure_ascii=False),
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.processors.format_exc_info,
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")},
}

if PRODUCTION and WAIVE_SECOND_FACTOR:
    raise ImproperlyConfigured(
        "WAIVE_SECOND_FACTOR is for the demonstration only: production refuses to start with it."
    )
if PRODUCTION and ANTIVIRUS != "clamav":
    raise ImproperlyConfigured("ANTIVIRUS must be clamav in production: no file is served unscanned.")
