"""Psychological touchpoints that people's words propose and that the official list does not have yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.maps.service import StudyScenes
from app.studies.protocol import StageFacts, StudyProtocol
from nlp.scenes import TouchpointProposal


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal at its stage; its quotes are read with ``StudyScenes.quoted``."""

    stage: StageFacts
    proposal: TouchpointProposal


def proposed(protocol: StudyProtocol, found: StudyScenes) -> Sequence[Proposed]:
    """Return what the words of ``found`` propose beyond the list, what most people say first."""
    listed = {(one.stage_id, one.name) for one in protocol.touchpoints}
    every = [
        Proposed(stage.stage, one)
        for stage in found.stages
        for one in stage.touchpoints
        if (stage.stage.id, one.name) not in listed
    ]
    return sorted(every, key=lambda one: (-one.proposal.people, one.stage.position, one.proposal.name))
