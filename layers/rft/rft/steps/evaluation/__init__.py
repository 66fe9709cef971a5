"""Steps that measure the base model before training and the trained model after it."""
