"""Exporters of runs as other trainers' recipes; to add one, add a module and register it here."""

from __future__ import annotations

from rft_cli.exporters.bedrock import Bedrock
from rft_cli.exporters.bedrock_open_weight import BedrockOpenWeight
from rft_cli.exporters.hyperpod import HyperPod
from rft_cli.exporters.recipe import Exporter
from rft_cli.exporters.rft_eval import RftEval
from rft_cli.exporters.sagemaker import SageMaker

EXPORTERS: dict[str, Exporter] = {
    "sagemaker": SageMaker(),
    "hyperpod": HyperPod(),
    "rft-eval": RftEval(),
    "bedrock": Bedrock(),
    "bedrock-open-weight": BedrockOpenWeight(),
}
"""`--format` → its exporter."""
