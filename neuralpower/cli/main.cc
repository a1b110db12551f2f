// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/command.h"

int main(int argc, char** argv) { return neuralpower::cli::run(argc, argv); }
