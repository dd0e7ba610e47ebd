import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from common.startup import refuse_unsafe_database  # noqa: E402 - the settings must be read first

refuse_unsafe_database()
