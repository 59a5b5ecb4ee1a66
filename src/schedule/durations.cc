#include "schedule/durations.h"

#include <fmt/format.h>

#include <cmath>

namespace triaxis {
namespace {

using enum ActionKind;

void check_time(double value, std::string_view name) {
  if (!std::isfinite(value) || value < 0)
    throw UserError(fmt::format("cost {}: {} is no time; give a number from 0 up", name, value));
}

void check_list(const std::vector<double>& list, std::string_view name, const Table& table) {
  if (list.size() != 1 && list.size() != static_cast<std::size_t>(table.stages)) {
    throw UserError(fmt::format("cost {}: {} values for {} stages; give one value or {}", name, list.size(),
                                table.stages, table.stages));
  }
  for (const double value : list) check_time(value, name);
}

}  // namespace

Durations::Durations(const Table& table, const Costs& costs)
    : of_(static_cast<std::size_t>(table.stages)), overlapped_(costs.overlapped) {
  const auto set = [&](ActionKind kind, const std::vector<double>& list, std::string_view name) {
    check_list(list, name, table);
    for (std::size_t stage = 0; stage < of_.size(); ++stage)
      of_[stage][static_cast<std::size_t>(kind)] = list[list.size() == 1 ? 0 : stage];
  };
  set(kForward, costs.forward, "F");
  set(kBackwardInput, costs.backward_input, "I");
  set(kBackwardWeight, costs.backward_weight, "W");
  set(kRecompute, costs.recompute.empty() ? costs.forward : costs.recompute, "R");
  set(kUnshard, costs.gather, "gather");
  set(kReduceGrad, costs.reduce, "reduce");
  set(kUpdate, costs.update, "update");
  for (auto& of : of_) {
    of[static_cast<std::size_t>(kBackward)] =
        of[static_cast<std::size_t>(kBackwardInput)] + of[static_cast<std::size_t>(kBackwardWeight)];
  }
  check_time(costs.send, "send");
  check_time(costs.transfer, "transfer");
  if (overlapped_) check_time(*overlapped_, "FB");
}

double Durations::of_cell(const std::vector<Action>& row, int begin, int end) const {
  if (end - begin > 1 && overlapped_) return *overlapped_;
  double sum = of(row[static_cast<std::size_t>(begin)]);
  for (int i = begin + 1; i < end; ++i) sum += of(row[static_cast<std::size_t>(i)]);
  return sum;
}

}  // namespace triaxis
