"""The graph that serves: every answer about a film in one pass, for any of the networks."""

import keras
import numpy as np
from keras import layers

from diagnosis.cnn.architectures.efficientnet_lite0 import GATE_LAYER


def serving_model(model: keras.Model, *, temperature: float, gate_layer: str = GATE_LAYER) -> keras.Model:
    """The graph that serves, all answers in one pass, from float32 (n, size, size, 1), 0-255.

    Outputs by name: "probabilities" (n, classes) after temperature scaling (Guo et al. 2017), "logits"
    (n, classes) as the network gave them, "activation" (n, h, w, classes) the class activation map (Zhou et
    al. 2016; its mean plus the head's bias *is* the logit), "pooled" (n, c) the features behind the logits,
    "gate" (n, d) the features of `gate_layer`, in the middle of the network, averaged over the film, for the
    question whether this is a film at all.
    """
    features, pooled = model.get_layer("features").output, model.get_layer("pooled").output
    kernel, bias = model.get_layer("logits").get_weights()
    classes = kernel.shape[1]
    activation_layer = layers.Conv2D(classes, 1, use_bias=False, name="activation")
    activation = activation_layer(features)
    activation_layer.set_weights([kernel[np.newaxis, np.newaxis]])
    head = layers.Dense(classes, name="raw")
    logits = head(pooled)
    head.set_weights([kernel, bias])
    calibrated = layers.Rescaling(1.0 / temperature, name="temperature")(logits)
    outputs = {
        "probabilities": layers.Softmax(name="softmax")(calibrated),
        "logits": logits,
        "activation": activation,
        "pooled": pooled,
        "gate": layers.GlobalAveragePooling2D(name="gate")(model.get_layer(gate_layer).output),
    }
    return keras.Model(model.inputs, outputs, name="serving")
