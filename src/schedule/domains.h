// For which requests schedules can be made: each says what would be valid, and nothing for a request that is.
#pragma once

#include <string>

#include "schedule/registry.h"

namespace triaxis {

std::string chimera_outside(const ScheduleRequest& request);
std::string hanayo_outside(const ScheduleRequest& request);
std::string dualpipe_outside(const ScheduleRequest& request);
std::string dualpipev_outside(const ScheduleRequest& request);
std::string pipedream_outside(const ScheduleRequest& request);
std::string pipedream_2bw_outside(const ScheduleRequest& request);
std::string auto_outside(const ScheduleRequest& request);
std::string zero_bubble_outside(const ScheduleRequest& request);

}  // namespace triaxis
