"""Scenes in what people say: pain points, delights and needs as phrases with their quotes; specificity; effort.

>>> specificity("术后第一天晚上不知道如何缓解肿胀") > SPECIFIC_FROM > specificity("术后指导不够")
True
"""

from nlp.scenes.effort import Effort, EffortSign, effort, explain_effort
from nlp.scenes.finding import find_scenes
from nlp.scenes.specificity import SPECIFIC_FROM, Detail, Specificity, explain_specificity, specificity
from nlp.scenes.spoken import Quote, Scene, Scenes, Spoken, TouchpointProposal
from nlp.scenes.tables import touchpoint_names, version

__all__ = [
    "SPECIFIC_FROM", "Detail", "Effort", "EffortSign", "Quote", "Scene", "Scenes", "Specificity", "Spoken",
    "TouchpointProposal", "effort", "explain_effort", "explain_specificity", "find_scenes", "specificity",
    "touchpoint_names", "version",
]  # fmt: skip
