"""Tables exchanged with torch.distributed.pipelining: its loader, validation and simulation on ours, `triaxis schedule
check` on its own.

Run by `make test-peers`, as: schedules_test.py PROGRAM, with the environment of requirements.txt.
"""

import contextlib
import io
import itertools
import json
import logging
import unittest
from types import SimpleNamespace

from schedules_peer import (
    FORMS,
    PeerTest,
    cells,
    check_here,
    load_there,
    loss_function,
    schedules,
    shipped_schedules,
    size_arguments,
    stand_ins,
    their_schedules,
    triaxis,
    write_ours,
)

MODELS = ("per_direction", "per_pair", "per_rank")
SIZES = ((1, 3), (2, 4), (3, 7), (4, 8), (5, 12), (8, 32))  # ranks, microbatches
MEMORY_ACTIONS = {schedules.UNSHARD, schedules.RESHARD, schedules.REDUCE_GRAD, schedules.WAIT_REDUCE_GRAD}


def simulate_there(runtime):
    """PyTorch's simulation, which knows neither pairs nor what moves parameters: pairs are run one by one, as its
    runtime does, the rest is left out."""
    rows = {
        rank: [
            part for action in row for part in action.sub_actions or (action,)
            if part.computation_type not in MEMORY_ACTIONS
        ]
        for rank, row in runtime.pipeline_order_with_comms.items()
    }
    with contextlib.redirect_stdout(io.StringIO()):
        schedules._simulate_comms_compute(
            rows, lambda stage: runtime.stage_index_to_group_rank[stage], runtime._num_stages
        )


def expect_steps(test, order):
    """Every action of a compute-only table stands in a later column than what it waits for."""
    columns = {}
    for row in order.values():
        for column, action in enumerate(row):
            for part in (action.sub_actions or (action,)) if action else ():
                columns[part.stage_index, part.computation_type.value, part.microbatch_index] = column
    last = max(stage for stage, _, _ in columns)
    for (stage, kind, microbatch), column in columns.items():
        if kind == "F":
            before = [(stage - 1, "F")] if stage > 0 else []
        elif kind == "W":
            before = [(stage, "I")]
        else:
            before = [(stage, "F"), *([(stage + 1, "B"), (stage + 1, "I")] if stage < last else [])]
        known = [columns[(*what, microbatch)] for what in before if (*what, microbatch) in columns]
        test.assertEqual(len(known), len({what_stage for what_stage, _ in before}))
        test.assertTrue(all(earlier < column for earlier in known), f"{stage}{kind}{microbatch}")


class OursThere(PeerTest):
    def expressible(self):
        """Name, size arguments, JSON of what PyTorch can express; of the rest, that it is refused with the reason."""
        for schedule in shipped_schedules():
            inside = 0
            chunks = (None, 3) if schedule["many_stages_per_rank"] else (None,)
            for (ranks, microbatches), chunk in itertools.product(SIZES, chunks):
                arguments = size_arguments(schedule["name"], ranks, microbatches, chunk)
                made = triaxis(*arguments, "--json")
                if made.returncode == 2:  # outside the schedule's domain
                    continue
                self.assertEqual(made.returncode, 0, made.stderr)
                inside += 1
                table = json.loads(made.stdout)
                if schedule["kind"] == "train" and table["replicas"] == 1:
                    yield schedule["name"], arguments, table
                    continue
                for form in FORMS:
                    refused = write_ours(arguments, form, "table.csv")
                    self.assertEqual(refused.returncode, 2)
                    reason = "in PyTorch a stage has one rank" if schedule["kind"] == "train" else "of kind train only"
                    self.assertIn(reason, refused.stderr)
            self.assertGreater(inside, 0, schedule["name"])

    def test_every_schedule_loads_there_in_both_forms(self):
        for name, arguments, table in self.expressible():
            for form in FORMS:
                with self.subTest(arguments=arguments, form=form):
                    written = write_ours(arguments, form, "table.csv")
                    self.assertEqual(written.returncode, 0, written.stderr)
                    runtime = load_there("table.csv", form, table["ranks"], table["stages"], table["microbatches"])
                    simulate_there(runtime)
                    compute = {
                        rank: [str(action) for action in row if action and action.is_compute_op]
                        for rank, row in runtime.pipeline_order_with_comms.items()
                    }
                    self.assertEqual([compute[rank] for rank in range(table["ranks"])], table["rows"])
                    if form == "compute_only":
                        expect_steps(self, runtime.pipeline_order)

    def test_its_communication_in_our_tables_is_free_of_deadlock_here(self):
        for name, arguments, table in self.expressible():
            with self.subTest(arguments=arguments):
                write_ours(arguments, "compute_only", "table.csv")
                sizes = (table["ranks"], table["stages"], table["microbatches"])
                load_there("table.csv", "compute_only", *sizes)._dump_csv("theirs.csv")
                for model in MODELS:
                    checked = check_here("theirs.csv", model)
                    self.assertEqual(checked.returncode, 0, checked.stderr)


def dump_single_stage(maker, ranks, microbatches, path):
    """The table of GPipe or 1F1B, which do not run from a table there."""
    order = maker(stand_ins(ranks, [0], ranks)[0], microbatches, loss_fn=loss_function)._get_pipeline_order()
    schedules.PipelineScheduleMulti._dump_csv(SimpleNamespace(pipeline_order=order), path)
    return order


class TheirsHere(PeerTest):
    def expect_sound(self, path):
        for model in MODELS:
            checked = check_here(path, model)
            self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_every_schedule_is_sound_in_both_forms(self):
        for ranks, microbatches in ((2, 4), (3, 9), (4, 8), (8, 16)):
            for schedule in their_schedules(ranks, microbatches):
                for form in FORMS:
                    with self.subTest(schedule=type(schedule).__name__, ranks=ranks, stages=schedule._num_stages):
                        schedule._dump_csv("table.csv", form)
                        self.expect_sound("table.csv")
            dump_single_stage(schedules.ScheduleGPipe, ranks, microbatches, "table.csv")
            self.expect_sound("table.csv")

    def test_verdicts_on_its_1f1b_agree(self):
        """Its table of 1F1B (not what it runs) leaves the last rank's microbatch 0 out and makes up one too many."""
        order = dump_single_stage(schedules.Schedule1F1B, 4, 8, "table.csv")
        self.assertIn("0F8 is missing", check_here("table.csv", "per_pair").stderr)
        with self.assertRaisesRegex(AssertionError, "without first running Forward"):
            schedules._validate_schedule(order, 4, 4, 8)


class TheSameSchedule(PeerTest):
    """Cell by cell, where both make a schedule of one paper. Theirs differ in three: LoopedBFS runs backwards in
    descending order; with microbatches that do not fill rounds of p, the interleaved ones stretch every round where
    ours shorten the last; Interleaved1F1B of one stage a rank warms up twice as far as 1F1B."""

    def ours(self, name, ranks, microbatches, chunks=None):
        written = write_ours(size_arguments(name, ranks, microbatches, chunks), "compute_only", "ours.csv")
        self.assertEqual(written.returncode, 0, written.stderr)
        return cells("ours.csv")

    def test_single_stage(self):
        for ranks, microbatches in ((2, 4), (4, 8), (4, 6), (8, 16)):
            dump_single_stage(schedules.ScheduleGPipe, ranks, microbatches, "theirs.csv")
            theirs = [[cell for cell in row if "REDUCE" not in cell] for row in cells("theirs.csv")]
            self.assertEqual(self.ours("gpipe", ranks, microbatches), theirs)
            dump_single_stage(schedules.Schedule1F1B, ranks, microbatches, "theirs.csv")
            theirs = [[cell for cell in row if "REDUCE" not in cell] for row in cells("theirs.csv")]
            self.assertEqual(self.ours("1f1b", ranks, microbatches)[:-1], theirs[:-1])  # the last is wrong: see above

    def test_many_stages(self):
        names = {
            schedules.ScheduleInterleaved1F1B: "interleaved",
            schedules.ScheduleLoopedBFS: "bfs",
            schedules.ScheduleInterleavedZeroBubble: "interleaved-zb",
            schedules.ScheduleZBVZeroBubble: "zb-v",
        }
        for ranks, microbatches in ((2, 4), (3, 9), (4, 8), (4, 12), (8, 16)):
            for schedule in their_schedules(ranks, microbatches):
                chunks = len(schedule._stages)
                name = names.get(type(schedule))
                if not name or chunks == 1:
                    continue
                with self.subTest(name=name, ranks=ranks, microbatches=microbatches, chunks=chunks):
                    schedule._dump_csv("theirs.csv", "compute_only")
                    theirs = cells("theirs.csv")
                    if name == "bfs":
                        for row in theirs:
                            backwards = [cell for cell in row if "B" in cell]
                            row[len(backwards) :] = [
                                cell for at in range(0, len(backwards), microbatches)
                                for cell in reversed(backwards[at : at + microbatches])
                            ]
                    self.assertEqual(self.ours(name, ranks, microbatches, None if name == "zb-v" else chunks), theirs)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    unittest.main(verbosity=2)
