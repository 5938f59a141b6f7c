/* SPDX-License-Identifier: BSD-3-Clause */
/* From the tree to the flat structure, every property accounted for. */
#ifndef SCENARIO_READER_H
#define SCENARIO_READER_H

#include "check.h"
#include "property.h"

#define READER_MAX_MEMORY 8

/* A plan as its author wrote it: the scenario, and the machine that it is meant for. */
struct plan {
    struct bn_scenario scenario; /* magic, version and checksum set */
    struct bn_memory memory[READER_MAX_MEMORY];
    struct scenario_machine machine;
};

/* Fills `plan` from the source. Each error goes to stderr with file, line, node and remedy. Returns
 * their number. */
unsigned reader_read(const struct source *source, struct plan *plan);

/* The node of the tree that a problem is about: false if the tree has none (the root is used then).
 */
bool reader_find(const struct node *root, struct scenario_ref ref, struct node *found);

#endif
