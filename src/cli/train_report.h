// What a finished run says for itself.
#pragma once

#include <string>

#include "config/config.h"
#include "data/corpus.h"
#include "train/plan.h"
#include "train/run.h"

namespace triaxis {

/// The falling loss beside the n-gram baselines, the sample, the schedule's table, the speed, and where the metrics
/// lie.
std::string report_text(const Config& config, const RunPlan& plan, const Corpus& corpus, const RunResult& result,
                        bool colour);

/// Where the picture goes: loss.svg in the run's directory.
std::string report_picture(const Config& config);
/// The loss of the run beside the baselines, as a picture.
std::string report_svg(const Config& config, const Corpus& corpus, const RunResult& result);

/// The object that `--json` prints at the end.
std::string report_json(const Config& config, const RunPlan& plan, const RunResult& result);

}  // namespace triaxis
