"""Data about who may call what, known to both sides.

::

    Policy.from_protos / from_file / {...}  ──►  rule_for(operation)  ──►  Rule
    requirements(payments_pb2)  ──►  what a caller's token needs for each method
"""

from s2sauth.policy.checking import Finding
from s2sauth.policy.judging import is_public, refusal
from s2sauth.policy.policy import Policy, PolicyRow
from s2sauth.policy.protos import is_health
from s2sauth.policy.reloading import PolicyFile
from s2sauth.policy.requirement import Requirement, requirements
from s2sauth.policy.rules import Rule

__all__ = [
    "Finding",
    "Policy",
    "PolicyFile",
    "PolicyRow",
    "Requirement",
    "Rule",
    "is_health",
    "is_public",
    "refusal",
    "requirements",
]
