"""Where the documentation is: the address in the package's metadata, and nowhere else."""

from importlib import metadata


def _address():
    try:
        urls = metadata.metadata("sklearn-gd").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:  # imported from its folder, never installed
        return ""
    named = dict(url.split(", ", 1) for url in urls)
    return named.get("Documentation", "")


# Address of an estimator's page; scikit-learn fills in the estimator's name.
LINK_TEMPLATE = (
    f"{address.rstrip('/')}/generated/{{estimator_module}}.{{estimator_name}}.html"
    if (address := _address())
    else ""
)
