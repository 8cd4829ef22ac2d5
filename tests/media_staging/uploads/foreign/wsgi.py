import os

from django.core.wsgi import get_wsgi_application

from media_staging.whole_bodies import WholeBodies

application = get_wsgi_application()
if os.environ["FOREIGN_WHOLE_BODIES"]:
    application = WholeBodies(application)
