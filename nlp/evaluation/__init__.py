"""Judges coders on graded statements, minimal pairs and public corpora. The figures are for people; nothing here feeds training.

`xinlu coder evaluate` shows them as one table.
"""

from nlp.evaluation.candidates import open_subject, subjects
from nlp.evaluation.files import EvaluationFileError, Graded, load_corpora, load_graded, load_pairs
from nlp.evaluation.judging import Judgement, Material, judge
from nlp.evaluation.reports import Report, evaluate, pairs_right
from nlp.evaluation.speed import QUICK, THOROUGH, Speed, TimingError, measure_speed

__all__ = [
    "QUICK",
    "THOROUGH",
    "EvaluationFileError",
    "Graded",
    "Judgement",
    "Material",
    "Report",
    "Speed",
    "TimingError",
    "evaluate",
    "judge",
    "load_corpora",
    "load_graded",
    "load_pairs",
    "measure_speed",
    "open_subject",
    "pairs_right",
    "subjects",
]
