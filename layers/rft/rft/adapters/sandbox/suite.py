"""Runs a row's tests against an answer in another process. Standard library only.

The answer has no access to this process: it cannot read tests or expected values, and cannot patch or kill the code
that compares them. Its results arrive as plain data or as a `Remote`, which never equals a plain value.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from rft.adapters.sandbox import wire

MAX_REASON = 200
MAX_ITERATOR = 100_000


class Unusable(Exception):
    """The tests themselves cannot be run; the message states the reason."""


def run_suite(suite: Mapping[str, Any], requests: BinaryIO, replies: BinaryIO, results: BinaryIO) -> None:
    """Writes one line of JSON per test, in order: `{"passed": …, "reason": …}`; `{"unusable": …}` ends the results."""
    try:
        for outcome in _outcomes(suite, Link(requests, replies)):
            _write(results, outcome)
    except Unusable as error:
        _write(results, {"unusable": str(error)[:MAX_REASON]})


def _write(results: BinaryIO, outcome: Mapping[str, Any]) -> None:
    results.write(json.dumps(outcome).encode() + b"\n")
    results.flush()


def _outcomes(suite: Mapping[str, Any], link: Link) -> Iterator[Mapping[str, Any]]:
    tests: Sequence[str] = suite["tests"]
    shared: dict[str, Any] = {"__name__": "tests"}
    try:
        exec(compile(suite["setup"], "setup", "exec", dont_inherit=True), shared)  # noqa: S102  the dataset's own code, in a sealed process
        compiled = [compile(test, "test", "exec", dont_inherit=True) for test in tests]
    except BaseException as error:
        raise Unusable(f"{type(error).__name__}: {error}") from error
    try:
        failure = link.loaded()
        found = {} if failure else link.names(sorted(_free_names("\n".join([suite["setup"], *tests]))))
    except wire.Broken:
        failure, found = "the answer ended while it was loaded", {}
    for name, value in found.items():
        shared.setdefault(name, value)  # modified in place, because functions of `setup` use it as their globals
    for code in compiled:
        yield {"passed": False, "reason": failure} if failure else _outcome(code, dict(shared))


def _outcome(code: Any, names: dict[str, Any]) -> Mapping[str, Any]:
    try:
        exec(code, names)  # noqa: S102
    except Unusable:
        raise
    except BaseException as error:  # noqa: BLE001  any exception fails the test
        return {"passed": False, "reason": f"{type(error).__name__}: {error}"[:MAX_REASON]}
    return {"passed": True, "reason": ""}


def _free_names(source: str) -> set[str]:
    """Names that the source uses, except builtins, which the answer must not override."""
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return {name for name in names if not hasattr(builtins, name) and not name.startswith("__")}


class Link:
    """The tests' endpoint of the wire protocol."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._requests, self._replies = requests, replies
        self._remotes: dict[int, Remote] = {}
        self._callbacks: list[Callable[..., Any]] = []
        self._exceptions: dict[str, type[Exception]] = {}

    def loaded(self) -> str | None:
        """Reason why the answer could not be loaded; None if it was loaded. Raises Broken."""
        reply = wire.receive(self._replies)
        return None if "loaded" in reply else str(reply.get("failed"))[:MAX_REASON]

    def names(self, names: Sequence[str]) -> dict[str, Any]:
        """The objects that the answer defines for `names`; others are omitted. Raises Broken."""
        found = self._exchange({"op": "names", "names": names}).get("names")
        if not isinstance(found, dict):
            raise wire.Broken("the message is no answer")
        return {name: self._defined(name, value) for name, value in found.items() if name in names}

    def request(self, op: str, on: int, args: Sequence[Any], keywords: Mapping[str, Any] | None = None) -> Any:
        """Result of the operation in the answer's process. Applies its changes to containers in `args`.

        Raises the answer's exception.
        """
        encoded = [self._encoded(arg) for arg in args]
        named = {name: self._encoded(value) for name, value in (keywords or {}).items()}
        reply = self._exchange({"op": op, "on": on, "args": encoded, "keywords": named})
        if "error" in reply:
            raise self._exception(reply)
        for old, before, after in zip(args, encoded, reply.get("args", ()), strict=False):
            if before != after:
                wire.update(old, self._decoded(after))
        return self._decoded(reply.get("value"))

    def _exchange(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        wire.send(self._requests, request)
        while "callback" in (reply := wire.receive(self._replies)):
            wire.send(self._requests, self._called_back(reply))
        return reply

    def _called_back(self, reply: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            function = self._callbacks[reply["callback"]]
            return {"value": self._encoded(function(*map(self._decoded, reply["args"])))}
        except (wire.Broken, Unusable):
            raise
        except Exception as error:  # noqa: BLE001  the answer may handle it
            return {"error": type(error).__name__, "text": str(error)[:MAX_REASON]}

    def _encoded(self, value: Any) -> wire.Encoded:
        return wire.encode(value, self._refer)

    def _decoded(self, value: wire.Encoded) -> Any:
        return wire.decode(value, self._resolve)

    def _refer(self, value: Any) -> wire.Encoded:
        if isinstance(value, Remote):
            return {"ref": object.__getattribute__(value, "_number")}
        if isinstance(value, Iterator):
            items = list(itertools.islice(value, MAX_ITERATOR + 1))
            if len(items) > MAX_ITERATOR:
                raise Unusable(f"a test passes an iterator of over {MAX_ITERATOR} items")
            return {"iter": [self._encoded(item) for item in items]}
        if callable(value) and not isinstance(value, type):
            self._callbacks.append(value)
            return {"callback": len(self._callbacks) - 1}
        raise Unusable(
            f"a test passes a {type(value).__name__}; pass plain values, functions or the answer's own objects"
        )

    def _resolve(self, reference: Mapping[str, Any]) -> Any:
        number = reference.get("ref")
        if not isinstance(number, int):
            raise wire.Broken("the message is no value")
        return self._remotes.setdefault(number, Remote(self, number))

    def _defined(self, name: str, value: wire.Encoded) -> Any:
        if isinstance(value, dict) and "exception" in value:
            self._exceptions[name] = type(name, (_builtin_exception([value["exception"]]),), {})
            return self._exceptions[name]
        return self._decoded(value)

    def _exception(self, reply: Mapping[str, Any]) -> Exception:
        kind = self._exceptions.get(str(reply["error"])) or _builtin_exception(reply.get("bases", ()))
        try:
            return kind(str(reply.get("text")))
        except TypeError:  # some exceptions require more arguments
            return Exception(str(reply["error"]))


def _builtin_exception(names: Sequence[Any]) -> type[Exception]:
    """The first of `names` that is a builtin Exception, else Exception. Excludes SystemExit and KeyboardInterrupt."""
    for name in names:
        kind = getattr(builtins, name, None) if isinstance(name, str) else None
        if isinstance(kind, type) and issubclass(kind, Exception):
            return kind
    return Exception


class Remote:
    """Proxy of an object of the answer. It never equals plain data, and compares with other proxies only."""

    def __init__(self, link: Link, number: int) -> None:
        object.__setattr__(self, "_link", link)
        object.__setattr__(self, "_number", number)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return _request(self, "call", args, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name not in {"__name__", "__doc__"}:
            raise AttributeError(name)  # supported protocols are implemented below
        return _request(self, "getattr", (name,))

    def __setattr__(self, name: str, value: Any) -> None:
        _request(self, "setattr", (name, value))

    def __iter__(self) -> Any:
        return _request(self, "iter", ())

    def __next__(self) -> Any:
        return _request(self, "next", ())

    def __len__(self) -> int:
        return int(_request(self, "len", ()))

    def __bool__(self) -> bool:
        return _request(self, "bool", ()) is True

    def __str__(self) -> str:
        return str(_plain_text(_request(self, "str", ())))

    def __repr__(self) -> str:
        return str(_plain_text(_request(self, "repr", ())))

    def __getitem__(self, key: Any) -> Any:
        return _request(self, "getitem", (key,))

    def __setitem__(self, key: Any, value: Any) -> None:
        _request(self, "setitem", (key, value))

    def __delitem__(self, key: Any) -> None:
        _request(self, "delitem", (key,))

    def __contains__(self, item: Any) -> bool:
        return _request(self, "contains", (item,)) is True

    def __hash__(self) -> int:
        return hash(object.__getattribute__(self, "_number"))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Remote) and _request(self, "eq", (other,)) is True)

    def __lt__(self, other: Any) -> Any:
        return _between(self, "lt", other)

    def __le__(self, other: Any) -> Any:
        return _between(self, "le", other)

    def __gt__(self, other: Any) -> Any:
        return _between(self, "gt", other)

    def __ge__(self, other: Any) -> Any:
        return _between(self, "ge", other)

    def __add__(self, other: Any) -> Any:
        return _arithmetic(self, "add", other)

    def __sub__(self, other: Any) -> Any:
        return _arithmetic(self, "sub", other)

    def __mul__(self, other: Any) -> Any:
        return _arithmetic(self, "mul", other)


def _request(remote: Remote, op: str, args: Sequence[Any], keywords: Mapping[str, Any] | None = None) -> Any:
    link: Link = object.__getattribute__(remote, "_link")
    return link.request(op, object.__getattribute__(remote, "_number"), args, keywords)


def _between(remote: Remote, op: str, other: Any) -> Any:
    """Compares the answer's objects with each other. Plain data is excluded: the answer could decide its own tests."""
    return _request(remote, op, (other,)) is True if isinstance(other, Remote) else NotImplemented


def _arithmetic(remote: Remote, op: str, other: Any) -> Any:
    """Returns plain data only for two proxies: otherwise the answer could decide tests such as `abs(f(1) - 2) < 1`."""
    result = _request(remote, op, (other,))
    return result if isinstance(other, Remote) or isinstance(result, Remote) else NotImplemented


def _plain_text(value: Any) -> Any:
    return value if isinstance(value, str) else ""
