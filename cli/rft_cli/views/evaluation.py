"""Renders calibration and evaluation results. Pure: views in, lines (rich markup) out."""

from __future__ import annotations

from collections.abc import Iterator

from rich.markup import escape

from rft_cli.views.lines import HANG, SIMULATED, stage_field
from rft_cli.views.rewards import View
from rft_cli.views.rounds import comparison_text

VERDICT_COLOURS = {"better": "green", "worse": "red"}


def calibration_lines(view: View, **_: bool) -> Iterator[str]:
    """The base model's calibration, and each warning."""
    yield stage_field("base model", calibration_text(view["calibration"]))
    for warning in view["calibration"]["warnings"]:
        yield stage_field("warning", escape(warning), style="yellow")


def evaluation_lines(view: View, *, verbose: bool) -> Iterator[str]:
    """The verdict is part of the run's result, so it is shown here only with `verbose`."""
    if verbose:
        yield stage_field("verdict", evaluation_text(view["evaluation"]))


def calibration_text(calibration: View) -> str:
    """One line: difficulty, mean score, number of answers and share of tied rows."""
    if calibration["status"] != "completed":
        return f"[yellow]{calibration['status']}[/]: {escape(calibration['reason'])}"
    use, tied = calibration["use"], calibration["tied"]
    errors = f", [red]{use['errors']} errors[/]" if use["errors"] else ""
    return (
        f"{calibration['difficulty'].replace('_', ' ')}, mean score {calibration['mean_score']:.2f} "
        f"[dim]({calibration['rows']} rows × {calibration['samples_per_row']}, "
        f"{_percent(tied['hits'], tied['n'])} tied[/]{errors}[dim])[/]{_mark(calibration)}"
    )


def evaluation_text(evaluation: View) -> str:
    """One line: verdict, scores of both models, confidence interval and number of test rows."""
    if evaluation["verdict"] is None:
        return f"[yellow]{evaluation['status']}[/]: {escape(evaluation['reason'])}"
    verdict = evaluation["verdict"]
    colour = VERDICT_COLOURS.get(verdict, "yellow")
    return (
        f"[{colour}]{verdict.replace('_', ' ')}[/]: {evaluation['base']:.3f} → {evaluation['tuned']:.3f} "
        f"({_interval(evaluation)}) on {evaluation['rows']} test rows{_mark(evaluation)}"
    )


def _mark(part: View) -> str:
    """The mark of simulated results; stacks of earlier releases omit `simulated` in calibrations."""
    return f" {SIMULATED}" if part.get("simulated") else ""


def evaluation_table(view: View) -> Iterator[str]:
    """All values of the summaries with their names, for `rft evaluation`: calibration, then evaluation."""
    for name, value in _rows(view):
        yield f"[bold]{name:<20}[/]{HANG}{value}"


def _rows(view: View) -> Iterator[tuple[str, str]]:
    yield "run", f"{view['run_id']}  {view['status']}"
    if view.get("calibration"):
        yield "calibration", calibration_text(view["calibration"])
    evaluation = view.get("evaluation")
    if not evaluation:
        yield "evaluation", "not enabled" if not view["request"]["evaluation"]["enabled"] else "not yet"
        return
    yield "verdict", evaluation_text(evaluation)
    if evaluation["verdict"] is not None:
        yield from _numbers(evaluation)


def _numbers(evaluation: View) -> Iterator[tuple[str, str]]:
    yield "rows", f"{evaluation['rows']} in {evaluation['groups']} prompt groups"
    yield "base", f"{evaluation['base']:.4f}"
    yield "tuned", f"{evaluation['tuned']:.4f}"
    yield "difference", f"{evaluation['difference']:+.4f}"
    yield "95 % interval", _interval(evaluation)
    yield "p-value", _number(evaluation["p_value"], ".4f")
    yield "minimum detectable", f"{_number(evaluation['minimum_detectable'], '.4f')} at 80 % power"
    yield "minimum gain", f"{evaluation['minimum_gain']:+g} ({evaluation['hypothesis'].replace('_', '-')})"
    if previous := evaluation.get("previous"):
        yield "round before", f"{previous['run_id']}  {comparison_text(previous, simulated=evaluation['simulated'])}"
    if audit := evaluation.get("audit"):
        yield "audit judge", _audit(audit)
    yield "protocol", f"{evaluation['protocol']['digest']}, {evaluation['protocol']['samples_per_row']} per row"
    for setting in evaluation["protocol"]["unmatched"]:
        yield "not as in training", escape(setting)
    yield "report", escape(str(evaluation["report_uri"]))


def _audit(audit: View) -> str:
    if audit["verdict"] is None:
        return f"{escape(audit['judge'])}: [yellow]{audit['status']}[/]: {escape(audit['reason'])}"
    agrees = "agrees" if audit["agrees"] else "[yellow]disagrees[/]"
    verdict = audit["verdict"].replace("_", " ")
    return f"{escape(audit['judge'])} {agrees}: {verdict} {audit['difference']:+.4f} ({_interval(audit)})"


def _interval(evaluation: View) -> str:
    if evaluation["interval"] is None:
        return "no interval"
    low, high = evaluation["interval"]
    return f"{low:+.3f} to {high:+.3f}"


def _number(value: float | None, form: str) -> str:
    return "unknown" if value is None else f"{value:{form}}"


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "none"
