"""The usual demo of such a network, to compare with: a page that decodes, resizes, predicts and forgets.

    python benchmarks/usual_demo.py MODEL.keras PORT

Keras' `predict` in the request of a plain Django, nothing kept: no film, no picture, no row, no user. It runs
in a process of its own, because it loads TensorFlow; `throughput.py` starts it.
"""

import io
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    ROOT_URLCONF=__name__,
    SECRET_KEY="only-for-a-measurement",
)
django.setup()

import keras
import numpy as np
import tensorflow as tf
from PIL import Image


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """No line a request."""


def answer(request: HttpRequest) -> JsonResponse:
    """The probabilities of the film in the body."""
    with Image.open(io.BytesIO(request.body)) as film:
        small = film.convert("L").resize((SIZE, SIZE))
    pixels = np.asarray(small, dtype=np.float32)[np.newaxis, ..., np.newaxis]
    return JsonResponse({"probabilities": model.predict(pixels, verbose=0)["probabilities"][0].tolist()})


urlpatterns = [path("", answer)]

if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    model = keras.models.load_model(sys.argv[1])
    SIZE = int(model.input_shape[1])
    model.predict(np.zeros((1, SIZE, SIZE, 1), np.float32), verbose=0)
    make_server("127.0.0.1", int(sys.argv[2]), get_wsgi_application(), handler_class=Quiet).serve_forever()
