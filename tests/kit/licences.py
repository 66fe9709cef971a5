"""Licences of all pinned packages, from their metadata: `make licences` writes docs/licences.md."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

from tests.kit.project import ROOT

DOCUMENT = ROOT / "docs" / "licences.md"
LISTS = {
    "deployed": ROOT / "layers/dependencies/requirements.txt",
    "development": ROOT / "requirements/dev.txt",
    "sam": ROOT / "requirements/sam.txt",
    "audit": ROOT / "requirements/audit.txt",
}
"""Use of packages → requirements file that pins them."""

ALLOWED = re.compile(
    r"0BSD|AFL-2\.1|Apache-2\.0|Artistic|BSD(-[23]-Clause)?|CC0-1\.0|CNRI-Python|ISC|MIT(-0)?|MPL-2\.0|PSF-2\.0|Zlib"
)
"""Allowed licences: they require only that the licence text is passed on; MPL-2.0 covers only its own files."""

_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "Artistic License": "Artistic",
    "BSD License": "BSD",
    "GNU General Public License (GPL)": "GPL",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_STATED = {
    "cookiecutter": "BSD-3-Clause",  # stated only in its LICENSE file
    "pywin32": "PSF-2.0",  # Windows only, so not installed here; source: its PyPI page
}
_PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==", re.MULTILINE)
_ROW = re.compile(r"^\| ([a-z0-9-]+) \| ([^|]+) \| ([a-z, ]+) \|$", re.MULTILINE)


def pinned() -> dict[str, str]:
    """Return pinned package → use."""
    uses: dict[str, list[str]] = {}
    for use, path in LISTS.items():
        for name in _PIN.findall(path.read_text()):
            uses.setdefault(_normal(name), []).append(use)
    return {name: ", ".join(found) for name, found in sorted(uses.items())}


def listed() -> dict[str, tuple[str, str]]:
    """Return package → (licence, use), parsed from the document."""
    return {name: (licence, use) for name, licence, use in _ROW.findall(DOCUMENT.read_text()) if name != "package"}


def stated(environments: Iterable[Path]) -> dict[str, str]:
    """Return package → licence of packages installed in virtual environments, including the overrides above."""
    found = dict(_STATED)
    for environment in environments:
        folders = [str(path) for path in environment.glob("lib/python*/site-packages")]
        for package in distributions(path=folders):
            found.setdefault(_normal(package.metadata["Name"]), _licence(package))
    return found


def is_allowed(licence: str) -> bool:
    """Return whether an SPDX expression can be satisfied with licences in ALLOWED."""
    parts = (part.strip("() ").split(" OR ") for part in licence.split(" AND "))
    return all(any(ALLOWED.fullmatch(offered.strip("() ")) for offered in part) for part in parts)


def document(licences: Mapping[str, str]) -> str:
    """Return the text of docs/licences.md. Raises KeyError if the licence of a pinned package is unknown."""
    rows = "\n".join(f"| {name} | {licences[name]} | {use} |" for name, use in pinned().items())
    return f"""# Licences of pinned packages

`make licences` writes this page from each package's own metadata; `make audit` and a test compare. Packages for
*deployed* go into the layer of the functions; *development* is the laptop and the tests; *sam* and *audit* are tools in
environments of their own. This project itself is under Apache-2.0. The console's copy of htmx 2.0.11
(`cli/rft_console/static`) is under 0BSD.

| package | licence | for |
|---|---|---|
{rows}
"""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence(package: Distribution) -> str:
    def field(name: str) -> list[str]:
        return package.metadata.get_all(name) or []

    if expression := field("License-Expression"):
        return expression[0]
    classifiers = [text.rpartition(" :: ")[2] for text in field("Classifier") if "License ::" in text]
    known = [_CLASSIFIERS[each] for each in classifiers if each in _CLASSIFIERS]
    text = "".join(field("License")).strip().partition("\n")[0]
    return " OR ".join(dict.fromkeys(known)) or _CLASSIFIERS.get(text, text)


def main() -> None:
    """Usage: `[--check] ENVIRONMENT…`. Write the document, or report differences with --check."""
    check, folders = "--check" in sys.argv, [Path(each) for each in sys.argv[1:] if each != "--check"]
    text = document(stated(folders))
    if not check:
        DOCUMENT.write_text(text)
    elif text != DOCUMENT.read_text():
        sys.exit(f"{DOCUMENT.relative_to(ROOT)} differs from the packages' metadata; run make licences")


if __name__ == "__main__":
    main()
