// The generators of compute-only tables: each fills the rows of a table whose sizes are set. The registry names them.
#pragma once

#include "schedule/registry.h"

namespace triaxis {

void generate_naive(const ScheduleRequest& request, Table& table);
void generate_gpipe(const ScheduleRequest& request, Table& table);
void generate_1f1b(const ScheduleRequest& request, Table& table);
void generate_interleaved(const ScheduleRequest& request, Table& table);
void generate_bfs(const ScheduleRequest& request, Table& table);
void generate_zb_h1(const ScheduleRequest& request, Table& table);
void generate_zb_h2(const ScheduleRequest& request, Table& table);
void generate_zb_v(const ScheduleRequest& request, Table& table);
void generate_v_half(const ScheduleRequest& request, Table& table);
void generate_v_min(const ScheduleRequest& request, Table& table);
void generate_interleaved_zb(const ScheduleRequest& request, Table& table);
void generate_chimera(const ScheduleRequest& request, Table& table);
void generate_hanayo(const ScheduleRequest& request, Table& table);
void generate_dualpipe(const ScheduleRequest& request, Table& table);
void generate_dualpipev(const ScheduleRequest& request, Table& table);
void generate_pipedream(const ScheduleRequest& request, Table& table);
void generate_pipedream_2bw(const ScheduleRequest& request, Table& table);
void generate_auto(const ScheduleRequest& request, Table& table);
void generate_zb_1p(const ScheduleRequest& request, Table& table);
void generate_zb_2p(const ScheduleRequest& request, Table& table);
void generate_forward(const ScheduleRequest& request, Table& table);

}  // namespace triaxis
