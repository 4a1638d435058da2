"""Cross-validation of learning rates and numbers of steps."""
