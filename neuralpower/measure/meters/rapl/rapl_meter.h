// SPDX-License-Identifier: Apache-2.0
// RAPL: the energy counters of Intel and AMD processors, as the kernel's powercap shows them in
// /sys/class/powercap/intel-rapl:*.
//
// Domains: "package" (all sockets together) first, then each zone by its own name: package-0,
// package-0/core, package-0/dram, psys. Zones contain each other (core is part of package), so
// nothing but the packages is added up. Unit: microjoules; the counter wraps at
// max_energy_range_uj, some 262 kJ, after a quarter of an hour at 300 W; it updates about every
// millisecond. intel-rapl-mmio shows the same packages a second time and is left out.
#pragma once

#include <filesystem>

#include "neuralpower/measure/power_meter.h"

namespace neuralpower {

// `root`: "/" but for tests. The reason tells apart: no RAPL (as in most virtual machines), no
// permission (and what to do), a zone without a package.
MeterOrReason open_rapl_meter(const std::filesystem::path& root);

}  // namespace neuralpower
