// A model from a checkpoint, ready to read and to continue texts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "config/config.h"
#include "generate/decoder.h"

namespace triaxis {

class LoadedModel {
 public:
  /// `path` is a checkpoint or a run's directory, of which the newest counts; `threads` compute. Only weights are read.
  /// Throws UserError, one line, if there is no checkpoint or it is damaged.
  LoadedModel(const std::filesystem::path& path, int threads);
  LoadedModel(const LoadedModel&) = delete;
  LoadedModel& operator=(const LoadedModel&) = delete;

  /// Of the run that wrote the checkpoint.
  const Config& config() const { return config_; }
  std::int64_t step() const { return step_; }
  Decoder& decoder() { return *decoder_; }
  const MemoryLedger& ledger() const { return ledger_; }

 private:
  MemoryLedger ledger_;
  Stream stream_;
  Config config_;
  std::int64_t step_ = 0;
  std::optional<ParameterStore> parameters_;
  std::optional<Decoder> decoder_;
};

}  // namespace triaxis
