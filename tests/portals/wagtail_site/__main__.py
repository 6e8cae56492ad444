"""Serve it on a free port of 127.0.0.1, with the people named in ``KIOSK_TEST_PEOPLE``; prints its address.

Started with the Python of Wagtail's own environment. Ends when its input ends.
"""

import json
import os
import sys
import threading

import django
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application


class QuietHandler(WSGIRequestHandler):
    """Without a line for each request."""

    def log_message(self, format, *args):  # noqa: A002 - the name is the base class's
        pass


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "wagtail_site.settings"
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    from django.contrib.auth import get_user_model

    for person in json.loads(os.environ["KIOSK_TEST_PEOPLE"]):
        get_user_model().objects.create_superuser(
            person["user"], f"{person['user']}@desk.invalid", person["password"], first_name=person["name"]
        )
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    server.daemon_threads = True
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
