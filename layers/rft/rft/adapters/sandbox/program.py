"""Runs the answer in a sealed process. Standard library only.

As a program, the answer is `__main__` with the test's standard input. For tests, it is the module `solution`, whose
objects are accessed by requests. Its output is treated as data only, so this module does not need protection from the
code that it runs.
"""

from __future__ import annotations

import builtins
import operator
import random
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, BinaryIO

from rft.adapters.sandbox import wire

MAX_REASON = 200

_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "getattr": getattr,
    "setattr": setattr,
    "iter": iter,
    "next": next,
    "len": len,
    "str": str,
    "repr": repr,
    "bool": bool,
    **{
        name: getattr(operator, name)
        for name in ("getitem", "setitem", "delitem", "contains", "eq", "lt", "le", "gt", "ge", "add", "sub", "mul")
    },
}
"""Operations of tests on objects of the answer, except calls."""


def run_program(code: str) -> int:
    """Runs `code` as a program. Returns its exit status."""
    random.seed()  # otherwise all programs would share the fork server's random state
    main = ModuleType("__main__")
    sys.modules["__main__"] = main
    status: object = 0
    try:
        exec(compile(code, "solution.py", "exec", dont_inherit=True), main.__dict__)  # noqa: S102  runs in a sealed process
    except SystemExit as left:
        status = left.code
    except BaseException:  # noqa: BLE001  any exception of the answer is its own failure
        status = 1
    try:
        sys.stdout.flush()
    except Exception:  # noqa: BLE001
        status = 1
    return 0 if status is None or status == 0 else 1


def serve(code: str, requests: BinaryIO, replies: BinaryIO) -> None:
    """Loads `code`, reports success or failure, then serves requests until end of input."""
    random.seed()
    solution = ModuleType("solution")
    sys.modules["solution"] = solution
    try:
        exec(compile(code, "solution.py", "exec", dont_inherit=True), solution.__dict__)  # noqa: S102
    except BaseException as error:  # noqa: BLE001
        wire.send(replies, {"failed": _reason(error)})
        return
    wire.send(replies, {"loaded": True})
    side = Server(solution, requests, replies)
    while True:
        side.answer(wire.receive(requests))


class Server:
    """The answer's endpoint of the wire protocol. `_objects` keeps objects alive that tests refer to."""

    def __init__(self, solution: ModuleType, requests: BinaryIO, replies: BinaryIO) -> None:
        self._solution, self._requests, self._replies = solution, requests, replies
        self._objects: dict[int, Any] = {}

    def answer(self, request: Mapping[str, Any]) -> None:
        """Performs a request and sends its result or exception."""
        try:
            reply = self._done(request)
        except wire.Broken:
            raise
        except BaseException as error:  # noqa: BLE001  exceptions are sent to the tests
            bases = [base.__name__ for base in type(error).__mro__ if getattr(builtins, base.__name__, None) is base]
            reply = {"error": type(error).__name__, "bases": bases, "text": str(error)[:MAX_REASON]}
        wire.send(self._replies, reply)

    def _done(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["op"] == "names":
            return {"names": {name: self._named(name) for name in request["names"] if hasattr(self._solution, name)}}
        args = [wire.decode(arg, self._resolve) for arg in request["args"]]
        target = self._objects[request["on"]]
        if request["op"] == "call":
            keywords = {name: wire.decode(arg, self._resolve) for name, arg in request["keywords"].items()}
            value = target(*args, **keywords)
        else:
            value = _OPERATIONS[request["op"]](target, *args)
        return {"value": self.encoded(value), "args": [self.encoded(arg) for arg in args]}

    def encoded(self, value: Any) -> wire.Encoded:
        """Encodes a value for the tests."""
        return wire.encode(value, self._refer)

    def _named(self, name: str) -> wire.Encoded:
        value = getattr(self._solution, name)
        if isinstance(value, type) and issubclass(value, Exception):
            base = next(b.__name__ for b in value.__mro__ if getattr(builtins, b.__name__, None) is b)
            return {"exception": base}
        return self.encoded(value)

    def _refer(self, value: Any) -> wire.Encoded:
        self._objects[id(value)] = value
        return {"ref": id(value)}

    def _resolve(self, reference: Mapping[str, Any]) -> Any:
        if "iter" in reference:
            return iter([wire.decode(item, self._resolve) for item in reference["iter"]])
        if "callback" in reference:
            return self._callback(reference["callback"])
        return self._objects[reference["ref"]]

    def _callback(self, number: int) -> Callable[..., Any]:
        """Proxy of a function of the tests, which runs in their process."""

        def call(*args: Any) -> Any:
            wire.send(self._replies, {"callback": number, "args": [self.encoded(arg) for arg in args]})
            while "op" in (reply := wire.receive(self._requests)):
                self.answer(reply)
            if "error" in reply:
                kind = getattr(builtins, reply["error"], Exception)
                raise kind(reply["text"])
            return wire.decode(reply["value"], self._resolve)

        return call


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:MAX_REASON]
