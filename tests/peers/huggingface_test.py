"""Models exchanged with Hugging Face's transformers, compared by their logits.

Run by `make test-peers`, as: huggingface_test.py PROGRAM, with the environment of requirements.txt.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file, save_file

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
IDS = [5, 250, 0, 17, 256, 99, 99, 3, 128, 64, 31]
TOLERANCE = 1e-4

CONFIGURATION = """
[model]
layers = 3
hidden = 48
heads = 4
ffn_hidden = 80
vocab = 261
seq_len = 24
tie_embeddings = {tied}
[data]
path = "corpus.txt"
[numerics]
tensor_shards = 4
[batch]
global = 8
[train]
steps = 12
[optimizer]
lr = 1e-2
warmup = 2
[checkpoint]
dir = "run"
"""


def triaxis(*arguments):
    """What the program prints."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"triaxis {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def our_logits(checkpoint):
    triaxis("generate", checkpoint, "--prompt-ids", ",".join(map(str, IDS)), "--logits", "logits.json")
    written = json.loads(pathlib.Path("logits.json").read_text())
    assert written["ids"] == IDS
    return torch.tensor(written["logits"])


def their_logits(model):
    with torch.no_grad():
        return model.eval().float()(torch.tensor([IDS])).logits[0]


def load(folder):
    """The model of a folder. Fails if transformers had to make up a weight, or did not know one."""
    model, info = transformers.AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    return model


def random_model(tied=True, **changes):
    torch.manual_seed(7)
    config = transformers.GPT2Config(
        vocab_size=changes.pop("vocab_size", 300), n_positions=40, n_embd=32, n_layer=2, n_head=4, tie_word_embeddings=tied,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=256, eos_token_id=256, **changes)
    model = transformers.GPT2LMHeadModel(config)
    with torch.no_grad():  # the first weights are too small, and biases and norms too plain, to show a mistake
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


def weights_of(folder):
    """All tensors of a folder, from one file or several."""
    weights = {}
    for path in pathlib.Path(folder).glob("*.safetensors"):
        weights.update(load_file(path))
    return weights


class Exchange(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.directory.name)

    def expect_close(self, ours, theirs):
        self.assertEqual(ours.shape, theirs.shape)
        self.assertGreater(theirs.std().item(), 0.05)  # logits that say something
        self.assertLess((ours - theirs).abs().max().item(), TOLERANCE)

    def expect_same_weights(self, a, b):
        self.assertEqual(a.keys(), b.keys())
        for name, tensor in a.items():
            self.assertTrue(torch.equal(tensor.float().view(torch.int32), b[name].float().view(torch.int32)), name)

    def train(self, tied):
        text = "".join(f"{i} {i * i}\n" for i in range(2000))
        pathlib.Path("corpus.txt").write_text(text)
        pathlib.Path("run.toml").write_text(CONFIGURATION.format(tied=str(tied).lower()))
        triaxis("train", "run.toml", "--transport", "local", "--set", "parallel.tensor=2", "--set",
                "parallel.pipeline=3")

    def test_trained_model_gives_the_same_logits_in_transformers(self):
        for tied in (True, False):
            for shard in ([], ["--shard-size", "20k"]):
                with self.subTest(tied=tied, shard=shard):
                    self.train(tied)
                    triaxis("convert", "run", "exported", "--to", "huggingface", "--overwrite", *shard)
                    self.assertEqual(len(list(pathlib.Path("exported").glob("*.safetensors"))) > 1, bool(shard))
                    self.expect_close(our_logits("run"), their_logits(load("exported")))
                    shutil.rmtree("run")

    def test_exported_file_says_what_framework_it_is_for(self):
        self.train(True)
        triaxis("convert", "run", "exported", "--to", "huggingface")
        with safe_open("exported/model.safetensors", "pt") as file:
            self.assertEqual(file.metadata(), {"format": "pt"})

    def test_their_model_gives_the_same_logits_here(self):
        for tied in (True, False):
            for dtype in (torch.float32, torch.bfloat16, torch.float16):
                for shard in ("5GB", "20KB"):
                    with self.subTest(tied=tied, dtype=dtype, shard=shard):
                        model = random_model(tied).to(dtype)
                        model.save_pretrained("theirs", max_shard_size=shard)
                        triaxis("convert", "theirs", "ours", "--from", "huggingface", "--overwrite")
                        self.expect_close(our_logits("ours"), their_logits(model))
                        shutil.rmtree("theirs")

    def test_options_of_the_model(self):
        for changes in ({"n_inner": 56}, {"layer_norm_epsilon": 1e-2}, {"activation_function": "gelu_pytorch_tanh"}):
            with self.subTest(changes=changes):
                model = random_model(**changes)
                model.save_pretrained("theirs")
                triaxis("convert", "theirs", "ours", "--from", "huggingface", "--overwrite")
                self.expect_close(our_logits("ours"), their_logits(model))

    def test_model_without_its_head(self):
        model = random_model()
        model.transformer.save_pretrained("theirs")  # names without "transformer."
        triaxis("convert", "theirs", "ours", "--from", "huggingface")
        self.expect_close(our_logits("ours"), their_logits(model))

    def test_there_and_back_is_equal_to_the_bit(self):
        random_model().save_pretrained("theirs")
        triaxis("convert", "theirs", "ours", "--from", "huggingface")
        triaxis("convert", "ours", "cut", "--layout", "1x2x2")
        triaxis("convert", "cut", "back", "--to", "huggingface", "--shard-size", "20k")
        self.expect_same_weights(weights_of("theirs"), weights_of("back"))

    def test_half_precision_becomes_exact_floats(self):
        for dtype in (torch.bfloat16, torch.float16):
            with self.subTest(dtype=dtype):
                random_model().to(dtype).save_pretrained("theirs")
                weights = weights_of("theirs")
                # Values at the edges of the type, those below its normal range among them.
                edges = torch.tensor([0.0, -0.0, torch.finfo(dtype).max, torch.finfo(dtype).tiny,
                                      torch.finfo(dtype).smallest_normal / 4], dtype=dtype)
                weights["transformer.ln_f.bias"][: len(edges)] = edges
                save_file(weights, "theirs/model.safetensors", {"format": "pt"})
                triaxis("convert", "theirs", "ours", "--from", "huggingface", "--overwrite")
                triaxis("convert", "ours", "back", "--to", "huggingface", "--overwrite")
                self.expect_same_weights(weights, weights_of("back"))

    def test_the_tokenizer_travels(self):
        random_model(vocab_size=410).save_pretrained("theirs")
        fixture = ROOT / "src/data/testdata/gpt2/tokenizer.json"
        shutil.copy(fixture, "theirs")
        triaxis("convert", "theirs", "ours", "--from", "huggingface")
        triaxis("generate", "ours", "--prompt", "In the beginning", "--logits", "logits.json")
        ids = json.loads(pathlib.Path("logits.json").read_text())["ids"]
        triaxis("convert", "ours", "back", "--to", "huggingface")
        self.assertEqual(pathlib.Path("back/tokenizer.json").read_bytes(), fixture.read_bytes())
        self.assertEqual(json.loads(pathlib.Path("back/config.json").read_text())["eos_token_id"], 400)
        tokenizer = transformers.AutoTokenizer.from_pretrained("back")
        self.assertEqual(tokenizer("In the beginning")["input_ids"], ids)

    def test_generation_config_travels(self):
        random_model().save_pretrained("theirs")
        triaxis("convert", "theirs", "ours", "--from", "huggingface")
        triaxis("convert", "ours", "back", "--to", "huggingface")
        self.assertEqual(*(pathlib.Path(f, "generation_config.json").read_text() for f in ("theirs", "back")))

    def test_transformers_goes_on_from_here_and_here_from_transformers(self):
        self.train(True)
        triaxis("convert", "run", "exported", "--to", "huggingface")
        text = load("exported").generate(torch.tensor([IDS]), max_new_tokens=8, do_sample=False)
        self.assertEqual(text.shape[1], len(IDS) + 8)
        triaxis("convert", "exported", "more", "--from", "huggingface")
        triaxis("train", "more/run.toml", "--transport", "local", "--resume", "--set", "data.path=corpus.txt", "--set",
                "batch.global=4", "--set", "train.steps=2", "--set", "parallel.tensor=2")
        self.assertTrue(pathlib.Path("more/step-00000002/index.json").exists())


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    unittest.main(verbosity=2)
