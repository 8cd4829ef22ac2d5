"""The web server: read by `gunicorn --pythonpath site wsgi`, started in this folder."""

worker_class = "gthread"
workers = 2
threads = 8
graceful_timeout = 10
# A wrong environment ends the start with its one line, instead of worker after worker.
preload_app = True
control_socket_disable = True
