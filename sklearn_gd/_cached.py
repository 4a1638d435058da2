"""Attributes that are computed once."""


class cached_property:  # noqa: N801
    """The same as functools' cached_property, without its lock.

    Before Python 3.12 that lock is held while any object of the class computes
    the attribute: fits in several threads would wait for each other, and for
    ever where the computation itself waits for a scheduler with no other thread.
    """

    def __init__(self, function):
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner, name):
        self._name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        value = self._function(instance)
        # Past the check of a frozen class. To ask for the object's dictionary, as functools'
        # does, would make one, of which CPython needs none.
        object.__setattr__(instance, self._name, value)
        return value
