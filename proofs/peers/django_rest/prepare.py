"""`python -m peers.django_rest.prepare`: the tables, and a merchant who may log in."""

import os

import django
from django.core.management import call_command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peers.django_rest.settings")
    django.setup()
    from django.contrib.auth import get_user_model

    call_command("migrate", verbosity=0)
    get_user_model().objects.create_user(
        os.environ["PEER_USER"], password=os.environ["PEER_PASSWORD"]
    )


if __name__ == "__main__":
    main()
