"""What every LM keeps to. A body's test file subclasses LMContract and gives the fixture `subject`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

import pytest

from engine.spark.lm import LM, Finish, Sampling, Sequence, SequenceId

GREEDY = Sampling(temperature=0.0)
NUM_TOKENS = 24

_ids = count(1)


@dataclass(frozen=True)
class Subject:
    """An LM in float32 that has nothing to do, and what its model does."""

    lm: LM
    max_len: int
    """Tokens of a sequence, prompt included."""
    semantic: range
    text: range
    """Ids to make prompts of."""
    ending: tuple[int, ...]
    """A prompt after which a stop is by far the likeliest."""
    naming: tuple[int, ...]
    """A prompt after which `other` is, which is not semantic."""
    other: int


@dataclass
class Heard:
    """What came for one sequence."""

    ids: list[int] = field(default_factory=list)
    finishes: list[Finish] = field(default_factory=list)


def ask(subject: Subject, seed: int = 0, **changes: object) -> Sequence:
    """Build a sequence with an id of its own, whose prompt depends on the seed."""
    random = Random(seed)
    prompt = tuple(random.choice(subject.text) for _ in range(random.randint(1, 40)))
    sequence = Sequence(next(_ids), prompt, NUM_TOKENS, Sampling(seed=seed))
    return replace(sequence, **changes)  # type: ignore[arg-type]


def again(sequence: Sequence) -> Sequence:
    """Return the same under another id."""
    return replace(sequence, id=next(_ids))


def turn(lm: LM, due: Collection[SequenceId], heard: dict[SequenceId, Heard]) -> None:
    """Do one step, and note what came. Nothing may come that is not noted, or is over."""
    for tokens in lm.step(due):
        one = heard[tokens.sequence]
        assert not one.finishes
        one.ids += tokens.ids
        one.finishes += [tokens.finish] if tokens.finish else []


def run(subject: Subject, sequences: Iterable[Sequence]) -> list[Heard]:
    """Add sequences, have all made to their ends, and return what came for each."""
    heard = dict[SequenceId, Heard]()
    for sequence in sequences:
        heard[sequence.id] = Heard()
        subject.lm.add(sequence)
    for _ in range(100 * NUM_TOKENS):
        if not (due := [id for id, one in heard.items() if not one.finishes]):
            return list(heard.values())
        turn(subject.lm, due, heard)
    raise AssertionError(f"never finished: {due}")


def alone(subject: Subject, sequence: Sequence) -> list[int]:
    """Return what is drawn for a sequence that has the LM for itself."""
    return run(subject, [again(sequence)])[0].ids


class LMContract:
    """All of it is about what comes out."""

    def test_a_sequence_is_made_to_its_length_and_finishes_once(self, subject: Subject) -> None:
        (one,) = run(subject, [ask(subject)])
        assert (len(one.ids), one.finishes) == (NUM_TOKENS, ["length"])

    def test_the_model_may_end_before_that_and_its_stop_is_no_token(self, subject: Subject) -> None:
        (one,) = run(subject, [ask(subject, prompt=subject.ending, sampling=GREEDY)])
        assert (one.ids, one.finishes) == ([], ["stop"])

    def test_while_speaking_nothing_but_semantic_tokens_comes(self, subject: Subject) -> None:
        hot = [Sampling(temperature=2.0, top_k=0, top_p=1.0, seed=seed) for seed in range(8)]
        heard = run(subject, [ask(subject, seed, sampling=sampling) for seed, sampling in enumerate(hot)])
        assert all(token in subject.semantic for one in heard for token in one.ids)

    def test_the_likeliest_is_passed_over_if_it_is_not_semantic_but_only_while_speaking(self, subject: Subject) -> None:
        speaking = ask(subject, prompt=subject.naming, sampling=GREEDY)
        assert alone(subject, speaking)[0] in subject.semantic
        assert alone(subject, replace(speaking, semantic_only=False))[0] == subject.other

    def test_the_same_seed_draws_the_same_and_another_draws_another(self, subject: Subject) -> None:
        sequence = ask(subject)
        assert alone(subject, sequence) == alone(subject, sequence)
        assert alone(subject, sequence) != alone(subject, replace(sequence, sampling=Sampling(seed=1)))

    def test_without_temperature_the_seed_is_not_looked_at(self, subject: Subject) -> None:
        sequence = ask(subject, sampling=GREEDY)
        assert alone(subject, sequence) == alone(subject, replace(sequence, sampling=replace(GREEDY, seed=1)))

    @pytest.mark.parametrize("narrow", [Sampling(top_k=1), Sampling(top_p=1e-6)], ids=["top_k", "top_p"])
    def test_the_likeliest_alone_is_left_by_a_narrow(self, subject: Subject, narrow: Sampling) -> None:
        sequence = ask(subject, sampling=narrow)
        assert alone(subject, sequence) == alone(subject, replace(sequence, sampling=GREEDY))

    def test_a_great_penalty_lets_nothing_come_twice(self, subject: Subject) -> None:
        sampling = Sampling(temperature=0.01, repetition_penalty=100.0)
        penalized = alone(subject, ask(subject, sampling=sampling))
        assert len(set(penalized)) == len(penalized) == NUM_TOKENS

    def test_a_penalty_counts_what_the_prompt_has(self, subject: Subject) -> None:
        sequence = ask(subject, sampling=GREEDY)
        first = alone(subject, sequence)[0]
        known = replace(sequence, prompt=(first, *sequence.prompt))
        penalty = replace(GREEDY, repetition_penalty=100.0)
        assert first not in alone(subject, replace(known, sampling=penalty))

    def test_among_others_a_sequence_is_what_it_is_alone(self, subject: Subject) -> None:
        sequences = [ask(subject, seed) for seed in range(8)]
        sequences += [ask(subject, 8, sampling=GREEDY), ask(subject, 9, sampling=Sampling(top_k=0, top_p=1.0, seed=9))]
        sequences += [
            ask(subject, 10, sampling=Sampling(repetition_penalty=1.3)),
            ask(subject, 11, semantic_only=False),
        ]
        together = [one.ids for one in run(subject, sequences)]
        assert together == [alone(subject, sequence) for sequence in sequences]

    def test_more_than_fit_all_have_their_turn(self, subject: Subject) -> None:
        heard = run(subject, [ask(subject, seed) for seed in range(subject.lm.capacity + 3)])
        assert [(len(one.ids), one.finishes) for one in heard] == [(NUM_TOKENS, ["length"])] * len(heard)

    def test_what_is_not_due_from_the_first_waits(self, subject: Subject) -> None:
        first, second = ask(subject, 1), ask(subject, 2)
        heard = {first.id: Heard(), second.id: Heard()}
        subject.lm.add(first)
        subject.lm.add(second)
        while not heard[second.id].finishes:
            turn(subject.lm, [second.id], heard)
        assert heard[first.id] == Heard()
        while not heard[first.id].finishes:
            turn(subject.lm, [first.id], heard)
        assert heard[first.id].ids == alone(subject, first)

    def test_an_aborted_sequence_says_no_more_and_gives_up_its_slot(self, subject: Subject) -> None:
        crowd = [ask(subject, seed, max_tokens=200) for seed in range(subject.lm.capacity)]
        heard = {sequence.id: Heard() for sequence in crowd}
        for sequence in crowd:
            subject.lm.add(sequence)
        while not all(one.ids for one in heard.values()):
            turn(subject.lm, list(heard), heard)
        for sequence in crowd:
            subject.lm.abort(sequence.id)
        assert alone(subject, crowd[0])  # and `turn` would not know what else came

    def test_one_that_was_never_begun_is_aborted_too(self, subject: Subject) -> None:
        sequence = ask(subject)
        subject.lm.add(sequence)
        subject.lm.abort(sequence.id)
        assert subject.lm.step([sequence.id]) == []

    def test_an_abort_of_what_is_over_or_never_was_is_ignored(self, subject: Subject) -> None:
        sequence = ask(subject)
        run(subject, [sequence])
        subject.lm.abort(sequence.id)
        subject.lm.abort(next(_ids))
        assert subject.lm.step([]) == []

    @pytest.mark.parametrize("seed", range(3))
    def test_16_streams_that_come_and_go_are_each_what_they_are_alone(self, subject: Subject, seed: int) -> None:
        random = Random(seed)
        coming = [ask(subject, 100 * seed + number, max_tokens=random.randint(1, 30)) for number in range(16)]
        waiting, heard, gone = list(coming), dict[SequenceId, Heard](), set[SequenceId]()
        while waiting or any(not one.finishes for id, one in heard.items() if id not in gone):
            for sequence in [waiting.pop() for _ in range(random.randint(0, 2)) if waiting]:
                heard[sequence.id] = Heard()
                subject.lm.add(sequence)
            live = [id for id, one in heard.items() if not one.finishes and id not in gone]
            if live and random.random() < 0.1:
                gone.add(id := random.choice(live))
                subject.lm.abort(id)
                live.remove(id)
            turn(subject.lm, live, heard)
        for sequence in coming:
            whole = alone(subject, sequence)
            assert heard[sequence.id].ids == (whole[: len(heard[sequence.id].ids)] if sequence.id in gone else whole)

    def test_a_prompt_that_leaves_no_room_is_refused(self, subject: Subject) -> None:
        with pytest.raises(ValueError, match="no room for 10 "):
            subject.lm.add(ask(subject, prompt=(subject.text[0],) * (subject.max_len - 9), max_tokens=10))
        (one,) = run(subject, [ask(subject, prompt=(subject.text[0],) * (subject.max_len - 10), max_tokens=10)])
        assert one.finishes == ["length"]

    def test_a_prompt_of_nothing_is_refused(self, subject: Subject) -> None:
        with pytest.raises(ValueError, match="empty"):
            subject.lm.add(ask(subject, prompt=()))
