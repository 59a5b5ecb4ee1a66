"""Opens the pages of `triaxis schedule` in headless Chromium. python3 pages_test.py TRIAXIS

Uses them by events that a script appended to a copy sends, and holds the figures that the explorer computes by itself
to those of `triaxis schedule --json`."""

import html
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
TRIAXIS = ""
SETTINGS = 40

CATCH = """<script>
const errors = [];
addEventListener('error', event => errors.push(`${event.message} (line ${event.lineno})`));
addEventListener('unhandledrejection', event => errors.push(String(event.reason)));
addEventListener('securitypolicyviolation', event => errors.push(`${event.violatedDirective}: ${event.blockedURI}`));
function finish(report) {
  const place = document.createElement('pre');
  place.id = 'report';
  place.textContent = JSON.stringify({...report, errors});
  document.body.append(place);
}
</script>
"""


def triaxis(*arguments):
    return subprocess.run([TRIAXIS, "schedule", *map(str, arguments)], capture_output=True, text=True, check=False)


def report_of(page, probe):
    """What the probe says of the page, run at its end."""
    text = page.read_text().replace("<head>", "<head>" + CATCH, 1)
    text = text.replace("</body>", f"<script>{{\n{probe}}}\n</script></body>", 1)
    page.write_text(text)
    with tempfile.TemporaryDirectory() as profile:
        dom = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
             "--window-size=1400,1000", "--virtual-time-budget=20000", "--dump-dom", page.as_uri()],
            capture_output=True, text=True, check=True, timeout=300).stdout
    found = re.search(r'<pre id="report">(.*?)</pre>', dom, re.DOTALL)
    if not found:
        raise AssertionError("the page's scripts did not come to their end")
    return json.loads(html.unescape(found[1]))


def settings():
    """Sizes of the explorer's grid and costs of its sliders, the same ones every time."""
    pick = random.Random(1)
    result = [{"p": 4, "m": 16, "v": 2, "F": 1, "I": 1, "W": 1, "send": 0}]
    while len(result) < SETTINGS:
        cost = {name: pick.randint(2, 60) * 0.05 for name in "FIW"}
        cost["send"] = pick.choice([0, 0.05, 0.25, 1.5])
        result.append({"p": pick.randint(2, 8), "m": pick.choice([1, 2, 3, 4, 6, 8, 12, 16, 24, 32]),
                       "v": pick.randint(1, 4), **cost})
    return result


class Pages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.page = pathlib.Path(self.folder.name) / "page.html"
        listed = triaxis("--list", "--json")
        self.rows = {row["name"]: row for row in json.loads(listed.stdout)["schedules"]}

    def write(self, *arguments):
        made = triaxis(*arguments, "-o", self.page)
        self.assertEqual(made.returncode, 0, made.stderr)

    def test_schedule_page(self):
        self.write("dualpipe", "--ranks", 4, "--microbatches", 8, "--compare", "pipedream", "--format", "html")
        report = report_of(self.page, (HERE / "schedule_probe.js").read_text())
        self.assertEqual(report["errors"], [])
        self.assertEqual(report["names"], ["dualpipe", "pipedream"])
        self.assertIn("0F0 forward", report["block"])
        self.assertRegex(report["block"], r"start\s+0\s+end\s+1\s+duration\s+1\s+rank holds\s+1 activations")
        self.assertRegex(report["block"], r"rank\s+0\s+stage\s+0\s+microbatch\s+0\s+pipeline\s+0")
        self.assertEqual(report["outlined"], 0)
        self.assertEqual(report["pair"], ["0F3 forward", "3B5 backward"])
        self.assertRegex(report["idle"], r"bubble\s+rank\s+3\s+start\s+0\s+end\s+3\s+duration\s+3")
        self.assertIn("0OPT0 update of weights", report["update"])
        self.assertEqual(report["hidden"], "none")
        whole = report["whole"]
        self.assertLess(report["wheeled"], 0.7 * whole)
        self.assertTrue(report["stayed"])
        self.assertAlmostEqual(report["moved"], 0.1 * report["wheeled"])
        self.assertEqual(report["fitted"], [0, whole])
        self.assertAlmostEqual(report["clicked"], whole / 1.5)
        self.assertLess(report["narrowest"], 0.2 * whole)
        self.assertGreater(report["colours"], 8)

    def test_explorer(self):
        self.write("--explore")
        probe = f"const wanted = {json.dumps(settings())};\n" + (HERE / "explorer_probe.js").read_text()
        report = report_of(self.page, probe)
        self.assertEqual(report["errors"], [])
        self.assertEqual(report["drawn"], ["1f1b", "pipedream"])
        self.assertGreater(report["dots"], 5)
        self.assertEqual(report["slid"], [6, 6])
        self.assertEqual(set(report["ticked"]), {"1f1b", "pipedream", "chimera"})
        self.assertIn("p=6", report["address"])
        self.assertIn("chimera", report["address"])
        self.assertIn("F0 forward", report["tip"])
        self.assertAlmostEqual(report["zoomed"], 0.5)
        self.assertGreater(report["colours"], 8)
        self.assertEqual(len(report["figures"]), SETTINGS * len(self.rows))
        for stated in report["figures"]:
            with self.subTest(name=stated["name"], **stated["setting"]):
                self.check_figures(stated)
        inside = sum("outside" not in stated for stated in report["figures"])
        print(f"{inside} tables timed alike by page and program, {len(report['figures']) - inside} sizes refused alike")

    def sizes(self, stated):
        setting, row = stated["setting"], self.rows[stated["name"]]
        many = ["--stages-per-rank", setting["v"]] if row["many_stages_per_rank"] else []
        return [stated["name"], "--ranks", setting["p"], "--microbatches", setting["m"], *many]

    def check_figures(self, stated):
        setting = stated["setting"]
        if "outside" in stated:
            refused = triaxis(*self.sizes(stated))
            self.assertEqual(refused.returncode, 2)
            self.assertIn(stated["outside"], refused.stderr)
            return
        share = setting["p"] / stated["stages"]
        costs = ",".join(f"{name}={setting[name] * share!r}" for name in "FIW") + f",send={setting['send']}"
        if stated["searches"]:  # at these costs the program would search for another table
            table = pathlib.Path(self.folder.name) / "searched.csv"
            self.assertEqual(triaxis(*self.sizes(stated), "--format", "csv", "-o", table).returncode, 0)
            told = triaxis(table, "--costs", costs, "--json")
        else:
            told = triaxis(*self.sizes(stated), "--costs", costs, "--json")
        self.assertEqual(told.returncode, 0, told.stderr)
        figures = json.loads(told.stdout)
        for key in ("stages", "peak_activations", "weight_versions"):
            self.assertEqual(stated[key], figures[key], key)
        for key in ("makespan", "bubble_ratio", "period", "period_bubble_ratio"):
            if figures[key] is None or stated[key] is None:
                self.assertEqual(stated[key], figures[key], key)
            else:
                self.assertAlmostEqual(stated[key], figures[key], delta=1e-6 * max(1, abs(figures[key])), msg=key)


if __name__ == "__main__":
    TRIAXIS = sys.argv.pop(1)
    unittest.main()
