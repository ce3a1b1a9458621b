import json
from pathlib import Path

from ._ops import add_op_namespace_prefix, ops

facts = json.loads(Path(__file__).with_name("facts.json").read_text())


def three(x):
    return ops.two(ops.one(x))
