"""The first implementation: Django REST Framework, gunicorn's sync workers, a blocking call."""
