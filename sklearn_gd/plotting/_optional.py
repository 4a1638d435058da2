"""Packages that only pictures need, imported when a picture is drawn."""

from importlib import import_module


def require(module, caller):
    """Import the module; ImportError says who needs it and how to get it."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise ImportError(
            f"{caller} requires {package}. You can install it with `pip install {package}`."
        ) from error
