"""Schedules of ours run for real by torch.distributed.pipelining, on two and four gloo processes: losses and gradients
are those of the model in one piece.

Run by `make test-peers`, as: schedules_run_test.py PROGRAM, with the environment of requirements.txt.
"""

import json
import logging
import os
import pathlib
import unittest

import torch
import torch.distributed
import torch.multiprocessing
from schedules_peer import (
    FORMS,
    PeerTest,
    check_here,
    load_there,
    loss_function,
    schedules,
    shipped_schedules,
    size_arguments,
    their_schedules,
    triaxis,
    write_ours,
)
from torch.distributed.pipelining import PipelineStage

WIDTH = 24


def block(index):
    torch.manual_seed(1000 + index)
    return torch.nn.Sequential(torch.nn.Linear(WIDTH, WIDTH), torch.nn.Tanh(), torch.nn.Linear(WIDTH, WIDTH))


def batch(microbatches):
    torch.manual_seed(7)
    return torch.randn(3 * microbatches, WIDTH), torch.randn(3 * microbatches, WIDTH)


def expect_whole_model(runner, modules, stages, microbatches):
    """Runs a step and compares the losses and every gradient with those of the model in one piece."""
    inputs, targets = batch(microbatches)
    losses = []
    first, last = 0 in modules, stages - 1 in modules
    runner.step(*([inputs] if first else []), target=targets if last else None, losses=losses)
    whole = torch.nn.Sequential(*(block(stage) for stage in range(stages)))
    loss = loss_function(whole(inputs), targets)
    loss.backward()
    for stage, module in modules.items():
        for (name, got), expected in zip(module.named_parameters(), whole[stage].parameters(), strict=True):
            torch.testing.assert_close(
                got.grad, expected.grad, msg=lambda text, name=name, stage=stage: f"gradient {stage}.{name}: {text}"
            )
    if last:
        torch.testing.assert_close(torch.stack(losses).mean(), loss)


def staged(stage_indices, stages):
    modules = {stage: block(stage) for stage in stage_indices}
    return modules, [PipelineStage(modules[stage], stage, stages, torch.device("cpu")) for stage in stage_indices]


def run_ours(rank, ranks, case):
    path, form, stages, microbatches, executor = case
    placement = load_there(path, form, ranks, stages, microbatches).stage_index_to_group_rank
    modules, pipeline = staged([stage for stage in range(stages) if placement[stage] == rank], stages)
    runner = executor(pipeline, microbatches, loss_fn=loss_function)
    runner._load_csv(path, form)
    expect_whole_model(runner, modules, stages, microbatches)


def run_theirs(rank, ranks, case):
    """One of the V-shaped schedules."""
    maker, microbatches, options = case
    modules, pipeline = staged([rank, 2 * ranks - 1 - rank], 2 * ranks)
    expect_whole_model(
        maker(pipeline, microbatches, loss_fn=loss_function, **options), modules, 2 * ranks, microbatches
    )


def worker(rank, ranks, run, cases):
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", f"file://{os.getcwd()}/rendezvous", rank=rank, world_size=ranks)
    for case in cases:
        run(rank, ranks, case)
    torch.distributed.destroy_process_group()


def start(ranks, run, cases):
    """Processes that run the cases one after the other. Throws if one of them fails."""
    pathlib.Path("rendezvous").unlink(missing_ok=True)
    torch.multiprocessing.start_processes(worker, (ranks, run, cases), ranks, start_method="fork")


class RunsThere(PeerTest):
    def run_cases(self, ranks, microbatches, wanted):
        known = {schedule["name"] for schedule in shipped_schedules()}
        cases = []
        for name, chunks, form, executor in wanted:
            if name not in known:
                continue
            arguments = size_arguments(name, ranks, microbatches, chunks)
            path = f"{len(cases)}.csv"
            written = write_ours(arguments, form, path)
            self.assertEqual(written.returncode, 0, written.stderr)
            stages = json.loads(triaxis(*arguments, "--json").stdout)["stages"]
            cases.append((path, form, stages, microbatches, executor))
        start(ranks, run_ours, cases)

    def test_two_ranks(self):
        runtime = schedules._PipelineScheduleRuntime
        steps = schedules.PipelineScheduleMulti  # all ranks in step, column by column
        self.run_cases(2, 6, [
            *((name, None, form, runtime) for form in FORMS
              for name in ("1f1b", "zb-v", "v-min", "interleaved-zb", "dualpipev")),
            ("1f1b", None, "compute_only", steps),
            ("interleaved", 2, "compute_only", steps),
            ("zb-h1", None, "compute_only", steps),
        ])

    def test_four_ranks(self):
        runtime = schedules._PipelineScheduleRuntime
        steps = schedules.PipelineScheduleMulti
        self.run_cases(4, 8, [
            ("gpipe", None, "compute_comms", runtime),
            ("interleaved", 3, "compute_comms", runtime),
            ("bfs", 2, "compute_comms", runtime),
            ("v-half", None, "compute_comms", runtime),
            ("zb-h2", None, "compute_comms", runtime),
            ("hanayo", 2, "compute_comms", runtime),
            ("dualpipev", None, "compute_comms", runtime),
            ("auto", None, "compute_comms", runtime),
            ("bfs", 2, "compute_only", steps),
        ])

    def test_receives_put_off_meet_the_wrong_sends(self):
        """Its option defer_pp_recv moves each receive to its use, whatever the order of the sends. In a V both
        directions' tensors go one way, and where the n-th receive is not the n-th send, a stage computes with the wrong
        tensor. `schedule check` sees it in the table, and the gradients are wrong if and only if it does."""
        options = {"defer_pp_recv": True}
        verdicts = set()
        for ranks, microbatches in ((2, 6), (4, 8)):
            for schedule in their_schedules(ranks, microbatches, **options):
                maker = type(schedule)
                if maker not in (schedules.ScheduleZBVZeroBubble, schedules.ScheduleDualPipeV):
                    continue
                schedule._dump_csv("table.csv")
                checked = check_here("table.csv", "per_direction")
                verdicts.add(checked.returncode)
                if checked.returncode == 0:
                    start(ranks, run_theirs, [(maker, microbatches, options)])
                    continue
                self.assertRegex(checked.stderr, "is receive number .* whose send number")
                with self.assertRaisesRegex(torch.multiprocessing.ProcessRaisedException, "gradient .* not close"):
                    start(ranks, run_theirs, [(maker, microbatches, options)])
        self.assertEqual(verdicts, {0, 2})


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    unittest.main(verbosity=2)
