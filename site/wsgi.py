"""WSGI entry point: `gunicorn --pythonpath site wsgi`, started in the repository root."""

import os

from django.core.wsgi import get_wsgi_application

from media_staging.whole_bodies import WholeBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

application = WholeBodies(get_wsgi_application())
