"""Who would have answered a question that the recording does not know, and what."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kiosk_agent.recording.stream import Kind, Line
from kiosk_agent.session.vocabulary import Answer, Answerer

ANSWER_S = 10.0  # of recorded people: half of the least time that a warning gives


@dataclass(frozen=True)
class Question:
    """A warning or a challenge. ``owner``: whose portal session it is, where that is known."""

    at: float
    deadline: float
    worker_only: bool
    owner: int | None = None


@dataclass(frozen=True)
class Reply:
    """An answer, and when it comes."""

    at: float
    answer: Answer
    by: Answerer


class People(Protocol):
    """Everybody at the desk."""

    def reply(self, question: Question) -> Reply | None:
        """The answer to a question; None: nobody gives one."""
        ...

    def person_at(self, at: float) -> int | None:
        """Who is at the desk; 0: nobody; None: not known."""
        ...


class RecordedPeople:
    """People of a real desk. If the recorded visit went on after a question, somebody was there and says so.

    ``lines``: of one part, in the order of their time.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self._inputs = [line.t for line in lines if line.kind is Kind.PORTAL_ACTIVITY]
        self._starts = [line.t for line in lines if line.kind in (Kind.START_REQUESTED, Kind.AGENT_STARTED)]
        self._answers = [line.t for line in lines if line.kind in (Kind.WARNING_ANSWERED, Kind.CHALLENGE_ANSWERED)]

    def reply(self, question: Question) -> Reply | None:
        at = bisect_right(self._answers, question.at)
        if at < len(self._answers) and self._answers[at] <= question.deadline:
            return None  # what was answered then is in the recording, and comes by itself
        following = bisect_right(self._inputs, question.at)
        if following == len(self._inputs):
            return None
        next_start = bisect_right(self._starts, question.at)
        if next_start < len(self._starts) and self._starts[next_start] < self._inputs[following]:
            return None
        reply_at = min(question.at + ANSWER_S, question.deadline)
        return Reply(reply_at, Answer.SAME, Answerer.WORKER)

    def person_at(self, at: float) -> int | None:
        return None


# How simulated people answer. Nobody has measured these; they are estimates, chosen to be rather too bad than too good.
RESIDENT_ANSWERS_S = (4.0, 12.0)  # many are elderly and read slowly
RESIDENT_ANSWERS = 0.95  # the others look at their papers until the support worker sees it
WORKER_ANSWERS_S = (5.0, 20.0)  # sits beside the resident, or comes over
WORKER_AFTER_PHONE_S = 8.0
STRANGER_SAYS_GO_ON = 0.4  # the next person takes the question for a part of the portal
WORKER_SAYS_SAME_WRONGLY = 0.03  # in a hurry
WORKER_SEES_EMPTY_DESK = 0.3  # a question on an empty desk


class SimulatedPeople:
    """People of whom it is known who is there. ``seed`` makes their answers repeatable."""

    def __init__(self, lines: Sequence[Line], seed: int) -> None:
        self._seed = seed
        self._moments, self._persons = _steps(lines, Kind.PERSON)
        self._worker_moments, self._worker_lines = _steps(lines, Kind.WORKER)

    def person_at(self, at: float) -> int:
        step = bisect_right(self._moments, at)
        return self._persons[step - 1].n if step else 0

    def _worker_free_at(self, at: float) -> float:
        step = bisect_right(self._worker_moments, at)
        if not step or self._worker_lines[step - 1].word == "free":
            return at
        freed = self._worker_moments[step] if step < len(self._worker_moments) else at
        return freed + WORKER_AFTER_PHONE_S

    def reply(self, question: Question) -> Reply | None:
        # every question has a chance of its own, so that no policy's questions change another's answers
        chance = random.Random(f"{self._seed}:{question.at:.1f}")  # noqa: S311 - to be repeatable, not secret
        reply = self._reply(question, self.person_at(question.at), chance)
        return reply if reply is not None and reply.at < question.deadline else None

    def _reply(self, question: Question, person: int, chance: random.Random) -> Reply | None:
        worker_at = self._worker_free_at(question.at) + chance.uniform(*WORKER_ANSWERS_S)
        resident_at = question.at + chance.uniform(*RESIDENT_ANSWERS_S)
        luck = chance.random()
        if person == 0:
            if luck < WORKER_SEES_EMPTY_DESK:
                return Reply(worker_at, Answer.OTHER, Answerer.WORKER)
            return None
        is_owner = question.owner in (None, person)
        if question.worker_only:
            wrong = not is_owner and luck < WORKER_SAYS_SAME_WRONGLY
            return Reply(worker_at, Answer.SAME if is_owner or wrong else Answer.OTHER, Answerer.WORKER)
        if is_owner:
            if luck < RESIDENT_ANSWERS:
                return Reply(resident_at, Answer.SAME, Answerer.RESIDENT)
            return Reply(worker_at, Answer.SAME, Answerer.WORKER)
        return Reply(resident_at, Answer.SAME if luck < STRANGER_SAYS_GO_ON else Answer.OTHER, Answerer.RESIDENT)


def _steps(lines: Sequence[Line], kind: Kind) -> tuple[list[float], list[Line]]:
    steps = [line for line in lines if line.kind is kind]
    return [line.t for line in steps], steps
