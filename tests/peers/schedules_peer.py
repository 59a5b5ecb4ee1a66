"""What the tests of schedules exchanged with torch.distributed.pipelining share."""

import csv
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from types import SimpleNamespace

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from torch.distributed.pipelining import schedules

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
FORMS = ("compute_only", "compute_comms")


def triaxis(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)


def shipped_schedules():
    return json.loads(triaxis("schedule", "--list", "--json").stdout)["schedules"]


def size_arguments(name, ranks, microbatches, chunks=None):
    chosen = ["--stages-per-rank", chunks] if chunks else []
    return ["schedule", name, "--ranks", ranks, "--microbatches", microbatches, *chosen]


def write_ours(arguments, form, path):
    lowered = ["--lowered"] if form == "compute_comms" else []
    return triaxis(*arguments, "--format", "csv", "--dialect", "pytorch", *lowered, "-o", path)


def check_here(path, model):
    return triaxis("schedule", "check", path, "--model", model)


def cells(path):
    """The rows of a schedule file without blanks."""
    with open(path, newline="", encoding="utf-8") as file:
        return [[cell for cell in row if cell] for row in csv.reader(file)]


def stand_ins(ranks, stage_indices, stages):
    """As much of the stages of rank 0 as a schedule asks for before it runs."""
    return [
        SimpleNamespace(stage_index=index, num_stages=stages, group_size=ranks, group_rank=0, submod=None)
        for index in stage_indices
    ]


def loss_function(output, target):
    return torch.nn.functional.mse_loss(output, target)


def load_there(path, form, ranks, stages, microbatches):
    """PyTorch's loader and validation."""
    runtime = schedules._PipelineScheduleRuntime(
        stand_ins(ranks, [0], stages), microbatches, loss_fn=loss_function
    )
    runtime._load_csv(path, form)
    return runtime


def their_schedules(ranks, microbatches, **options):
    """Its own multi-stage schedules of that size, with the local stages that each wants."""
    looped = (schedules.ScheduleInterleaved1F1B, schedules.ScheduleLoopedBFS, schedules.ScheduleInterleavedZeroBubble)
    for maker, chunks in itertools.product(looped, (1, 2, 3)):
        stages = stand_ins(ranks, [ranks * chunk for chunk in range(chunks)], ranks * chunks)
        yield maker(stages, microbatches, loss_fn=loss_function, **options)
    for maker in (schedules.ScheduleZBVZeroBubble, schedules.ScheduleDualPipeV):
        yield maker(stand_ins(ranks, [0, 2 * ranks - 1], 2 * ranks), microbatches, loss_fn=loss_function, **options)


class PeerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)
