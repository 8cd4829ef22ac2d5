"""What is made on first use, by one of the threads that share it."""

from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import Any, Generic, ParamSpec, Self, TypeVar, overload

T = TypeVar("T")
P = ParamSpec("P")


class cached_once(Generic[P, T]):
    """`functools.cache` where each answer is one object for all: of threads that come first
    together, that has each of them make one, and keeps the last.
    """

    def __init__(self, make: Callable[P, T]) -> None:
        # Any: functools.cache forgets what the arguments are.
        self._made: Any = cache(make)
        self._turn = RLock()
        self.__doc__ = make.__doc__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._turn:
            found: T = self._made(*args, **kwargs)
        return found

    def cache_clear(self) -> None:
        self._made.cache_clear()


class made_once(Generic[T]):
    """`functools.cached_property` as it was before Python 3.12: threads that come first together
    wait for one of them. Making boto3's clients is not safe in two threads at once.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._turn = RLock()
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        made = vars(instance)
        with self._turn:
            if self._name not in made:
                # From now on the instance's own attribute is found before this descriptor.
                made[self._name] = self._make(instance)
        found: T = made[self._name]
        return found
