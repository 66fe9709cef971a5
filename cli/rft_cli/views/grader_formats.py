"""Formats grader findings as JUnit XML, SARIF 2.1.0, or a list of false passes and false fails. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree

Report = Mapping[str, Any]

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"block": "error", "warn": "warning"}


class ReportFormat(StrEnum):
    """Format for a CI server (JUnit), a code-scanning service (SARIF), or a list of false passes and false fails."""

    JUNIT = "junit"
    SARIF = "sarif"
    FALSEPASS = "falsepass"


def formatted(report: Report, report_format: ReportFormat, path: str) -> str:
    """Formats a report of `rft grader test`. `path`: the grader's file as given by the user."""
    if report_format is ReportFormat.JUNIT:
        return junit(report)
    return json.dumps(sarif(report, path) if report_format is ReportFormat.SARIF else falsepass(report), indent=2)


def junit(report: Report) -> str:
    """One test case per check: blocking checks are failures; checks that could not run are skipped."""
    suite = ElementTree.Element("testsuite", name="rft grader test", tests=str(len(report["checks"])))
    failed = 0
    for check in report["checks"]:
        case = ElementTree.SubElement(suite, "testcase", classname=_printable(report["grader"]), name=check["name"])
        if check["result"] == "block":
            failed += 1
            ElementTree.SubElement(case, "failure", message=_printable(check["detail"])).text = _printable(
                _text(report, check["name"])
            )
        elif check["result"] == "skipped":
            ElementTree.SubElement(case, "skipped", message=_printable(check["detail"]))
        elif check["result"] != "pass":
            ElementTree.SubElement(case, "system-out").text = _printable(_text(report, check["name"]))
    suite.set("failures", str(failed))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def sarif(report: Report, path: str) -> dict[str, Any]:
    """One result per finding, located at the grader's file."""
    codes = dict.fromkeys(finding["code"] for finding in report["findings"])
    fixes = {finding["code"]: finding["fix"] for finding in report["findings"]}
    location = {"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": 1}}}
    results = [
        {
            "ruleId": finding["code"],
            "level": LEVELS[finding["severity"]],
            "message": {"text": f"{finding['message']}. {finding['fix']}"},
            "locations": [location],
            "properties": {name: finding[name] for name in ("n", "rate", "interval", "task_id", "answer")},
        }
        for finding in report["findings"]
    ]
    rules = [{"id": code, "shortDescription": {"text": code}, "help": {"text": fixes[code]}} for code in codes]
    tool = {"driver": {"name": "rft grader test", "rules": rules}}
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [{"tool": tool, "results": results}]}


def falsepass(report: Report) -> dict[str, Any]:
    """False passes (rewarded wrong answers) and false fails (unrewarded right answers), one entry per finding."""
    findings = report["findings"]
    passes = [finding for finding in findings if not finding["code"].startswith("right_forms")]
    fails = [finding for finding in findings if finding["code"].startswith("right_forms")]
    return {
        "grader": report["grader"],
        "items": report["rows"],
        "verdict": "fail" if any(finding["severity"] == "block" for finding in findings) else "pass",
        "false_passes": [_attack(finding) for finding in passes],
        "false_fails": [_attack(finding) for finding in fails],
    }


def _attack(finding: Report) -> dict[str, Any]:
    return {
        "attack": finding["code"],
        "severity": finding["severity"],
        "rate": finding["rate"],
        "interval": finding["interval"],
        "item": finding["task_id"],
        "response": finding["answer"],
        "message": finding["message"],
    }


def _text(report: Report, check: str) -> str:
    own = [f for f in report["findings"] if f["code"].partition("/")[0] == check]
    return "\n".join(f"{f['code']}: {f['message']} ({f['task_id']}: {f['answer']}). {f['fix']}" for f in own)


def _printable(text: str) -> str:
    """Replaces characters that XML 1.0 does not allow with `?`."""
    return "".join(c if c in "\t\n\r" or " " <= c < "\ud800" or "\ue000" <= c <= "\ufffd" else "?" for c in text)
