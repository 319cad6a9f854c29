"""The web server: gunicorn's processes, requests received whole before a thread takes them."""
