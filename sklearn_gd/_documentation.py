"""Where the documentation is: the address in the package's metadata, and nowhere else."""

from functools import cache


@cache
def _address():
    # It takes longer to import than most modules here, and few ask for a link.
    from importlib import metadata

    try:
        urls = metadata.metadata("sklearn-gd").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:  # imported from its folder, never installed
        return ""
    named = dict(url.split(", ", 1) for url in urls)
    return named.get("Documentation", "")


class Documented:
    """An estimator that has a page in the documentation, to which scikit-learn's diagram links."""

    _doc_link_module = "sklearn_gd"

    @property
    def _doc_link_template(self):
        """Address of the page, in which scikit-learn fills in the estimator's name."""
        if "_doc_link_template" in vars(self):
            return vars(self)["_doc_link_template"]
        if not (address := _address()):
            return ""
        return f"{address.rstrip('/')}/generated/{{estimator_module}}.{{estimator_name}}.html"

    @_doc_link_template.setter
    def _doc_link_template(self, template):
        # For one estimator, as scikit-learn's documentation of the diagram shows.
        vars(self)["_doc_link_template"] = template
