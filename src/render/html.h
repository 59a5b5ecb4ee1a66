// Schedules as a page for a browser.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "schedule/table.h"
#include "schedule/timing.h"

namespace triaxis {

/// A schedule on a page. REQUIRES: a table that verify accepts, and its timeline. VALID UNTIL: the page is made.
struct PageSchedule {
  const Table& table;
  const Timeline& timeline;
  std::optional<double> period = {};  // period_of the table, where it is to be shown
  double activation = 1;              // activations of one of its stages, in the unit of the page
};

/// One HTML page that needs no other file and no network: the figures, and the timelines above each other over one axis
/// of time that zooms and moves, with idle time shaded, a curve of the activations that each rank holds, and each
/// action's stage, microbatch and times under the pointer; of an asynchronous table also its updates and versions.
/// `note` stands below the figures; it may be empty. REQUIRES: at least one schedule.
std::string schedule_page(std::span<const PageSchedule> schedules, std::string_view note);

}  // namespace triaxis
