"""Code answers: a module exercised by tests of all common forms, and answers that try to forge results."""

from __future__ import annotations

LIBRARY = """
import dataclasses, collections, fractions
LIMIT = 3
class Negative(ValueError): pass
class Node:
    def __init__(self, value): self.value, self.next = value, None
@dataclasses.dataclass
class Point:
    x: int
    y: int
    def __add__(self, other): return Point(self.x + other.x, self.y + other.y)
    def __mul__(self, by): return Point(self.x * by, self.y * by)
    def __sub__(self, other): return abs(self.x - other.x) + abs(self.y - other.y)
class Stack:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item)
    def __len__(self): return len(self.items)
    def __iter__(self): return iter(self.items)
    def __contains__(self, item): return item in self.items
    def __getitem__(self, at): return self.items[at]
def echo(*args, **named): return args[0] if args else named
def total(node): return 0 if node is None else node.value + total(node.next)
def sort(xs): xs.sort()
def fill(d, s, grid): d["k"] = 1; s.add(2); grid[0][0] = 9
def apply(f, *args): return f(*args)
def evens():
    n = 0
    while True:
        yield n
        n += 2
def root(x):
    if x < 0: raise Negative(f"{x} is negative")
    return x ** 0.5
def add_to(n): return lambda m: n + m
"""

GOOD_TESTS = [
    "assert LIMIT == 3",
    "assert echo(1) == 1 and echo(1.5) == 1.5 and echo(None) is None and echo(True) is True",
    "assert echo([1, (2, 'a'), {'k': {3}}, b'x', frozenset([1])]) == [1, (2, 'a'), {'k': {3}}, b'x', frozenset([1])]",
    "assert echo(a=1) == {'a': 1}",
    "assert isinstance(echo((1,)), tuple) and isinstance(echo([1]), list)",
    "from fractions import Fraction\nassert echo(Fraction(1, 3)) == Fraction(1, 3)",
    "from decimal import Decimal\nassert echo(Decimal('0.10')) == Decimal('0.10')",
    "from collections import Counter, OrderedDict, deque\nassert echo(Counter('aab')) == {'a': 2, 'b': 1}",
    "assert echo(10 ** 50) == 10 ** 50 and echo(1 + 2j) == 1 + 2j and echo(float('inf')) == float('inf')",
    "a, b = Node(1), Node(2)\na.next = b\nassert total(a) == 3 and a.next is b and b.next is None",
    "assert Point(1, 2) + Point(3, 4) == Point(4, 6) and Point(1, 2) != Point(2, 1)",
    "assert Point(1, 2) * 3 == Point(3, 6) and Point(1, 2) - Point(2, 4) == 3",
    "assert str(Point(1, 2)) == 'Point(x=1, y=2)' and repr(Point(1, 2)) == 'Point(x=1, y=2)'",
    "s = Stack()\ns.push(1)\ns.push(2)\nassert len(s) == 2 and list(s) == [1, 2] and 2 in s and 3 not in s",
    "s = Stack()\ns.push(1)\nassert s[0] == 1 and s",
    "xs = [3, 1, 2]\nassert sort(xs) is None\nassert xs == [1, 2, 3]",
    "d, s, g = {}, set(), [[1]]\nrow = g[0]\nfill(d, s, g)\nassert d == {'k': 1} and s == {2} and row == [9]",
    "assert apply(lambda x, y: x * y, 3, 4) == 12 and apply(sorted, [2, 1]) == [1, 2] and apply(int, '7') == 7",
    "import itertools\nassert list(itertools.islice(evens(), 3)) == [0, 2, 4]",
    "assert echo(iter([1, 2])) is not None and apply(sum, (x for x in [1, 2])) == 3",
    "try:\n    root(-1)\n    assert False\nexcept Negative as error:\n    assert str(error) == '-1 is negative'",
    "try:\n    root(-1)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError",
    "import math\nassert math.isclose(root(2), 1.41421356, rel_tol=1e-6) and abs(root(2) - 1.4142) < 1e-4",
    "assert add_to(1)(2) == 3",
    "check(echo)",
]
SETUP = "def check(candidate):\n    assert candidate('x') == 'x'\n    assert total(Node(4)) == 4"

FORGERIES = {
    "exit with success": "import sys\nsys.exit(0)",
    "exit without clean-up": "import os\ndef f(x): os._exit(0)",
    "equal to everything": "class E:\n    def __eq__(self, o): return True\n    def __bool__(self): return True\n"
    "def f(x): return E()",
    "number equal to everything": "class E(int):\n    def __eq__(self, o): return True\ndef f(x): return E(7)",
    "no distance from anything": "class E:\n    def __sub__(self, o): return 0.5\n"
    "    __add__ = __mul__ = __rsub__ = __sub__\n"
    "    def __abs__(self): return 0\n    def __float__(self): return 0.0\ndef f(x): return E()",
    "ordered as wished": "class E:\n    def __sub__(self, o): return self\n    def __abs__(self): return self\n"
    "    def __lt__(self, o): return True\n    __eq__ = __le__ = __gt__ = __ge__ = __lt__\ndef f(x): return E()",
    "patched builtins": "import builtins\nbuiltins.abs = lambda x: 0\nabs = lambda x: 0\nbuiltins.AssertionError = "
    "type('A', (Exception,), {})\ndef f(x): return 7",
    "assert deleted from frames": "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n"
    "        frame.f_globals['__builtins__'] = {}\n        for name in list(frame.f_globals):\n"
    "            if 'test' in name or 'assert' in name: frame.f_globals[name] = None\n        frame = frame.f_back\n"
    "    return 7",
    "patched harness": "import gc, sys\nfor m in list(sys.modules.values()):\n"
    "    if 'sandbox' in getattr(m, '__name__', ''):\n        for n in list(vars(m)):\n"
    "            if callable(getattr(m, n)): setattr(m, n, lambda *a, **k: True)\ndef f(x): return 7",
    "results written for the tests": "import os\ndef f(x):\n    for fd in range(64):\n        try:\n"
    '            os.write(fd, b\'{"passed": true, "reason": ""}\\n\' * 9)\n        except OSError: pass\n    return 7',
    "every reply answered at once": "import os\nfor _ in range(99):\n    os.write(5, b'{\"value\": true}\\n')\n"
    "def f(x): return 7",
    "raised as wished": "def f(x): raise SystemExit(0)",
    "keyboard interrupt": "def f(x): raise KeyboardInterrupt",
    "tests read from memory": "import gc\nanswers = [o for o in gc.get_objects() if isinstance(o, (str, dict)) and "
    "'414243' in str(o)]\ndef f(x): return int('414243') if answers else 7",
    "tests read from files": "import os, re\nseen = ''\nfor pid in os.listdir('/proc'):\n    try:\n"
    "        for fd in os.listdir(f'/proc/{pid}/fd'):\n"
    "            try: seen += open(f'/proc/{pid}/fd/{fd}').read(9999)\n"
    "            except (OSError, ValueError): pass\n    except OSError: pass\n"
    "def f(x): return 414243 if '4142' + '43' in seen else 7",
    "tests read from a process": "import os\nseen = b''\nfor pid in os.listdir('/proc'):\n    try:\n"
    "        other = pid.isdigit() and int(pid) != os.getpid()\n"
    "        maps = open(f'/proc/{pid}/maps').read().splitlines() if other else []\n"
    "        m = open(f'/proc/{pid}/mem', 'rb') if maps else None\n        for line in maps:\n"
    "            if 'heap' in line:\n                a, b = (int(v, 16) for v in line.split()[0].split('-'))\n"
    "                m.seek(a); seen += m.read(b - a)\n    except OSError: pass\n"
    "def f(x): return 414243 if b'41424' + b'3' in seen else 7",
    "endless output": "def f(x):\n    while True: print('y' * 10**6)",
    "hangs on exit": "import atexit, threading, time\natexit.register(time.sleep, 99)\n"
    "threading.Thread(target=time.sleep, args=(99,)).start()\ndef f(x): return 7",
    "endless reply": "def f(x): return 'y' * 10**8",
    "deep reply": "def f(x):\n    y = []\n    for _ in range(10**5): y = [y]\n    return y",
    "cyclic reply": "def f(x):\n    y = []\n    y.append(y)\n    return y",
    "callbacks without end": 'import os\ndef f(x):\n    while True: os.write(5, b\'{"callback": 0, "args": []}\\n\')',
}
TARGETS = ["assert f(1) == 414243", "assert abs(f(2) - 414243.5) < 1", "assert f(3) in (414243, 414244)"]
