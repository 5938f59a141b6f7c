/* SPDX-License-Identifier: BSD-3-Clause */
/* A scenario in words, for people. */
#ifndef SCENARIO_SHOW_H
#define SCENARIO_SHOW_H

#include "binnacle/scenario.h"

/* Prints a checked scenario to standard output. */
void show(const struct bn_scenario *s);

#endif
