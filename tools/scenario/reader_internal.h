/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the reader share: the whole tree (reader.c), a VM's node (reader_vm.c). */
#ifndef SCENARIO_READER_INTERNAL_H
#define SCENARIO_READER_INTERNAL_H

#include "reader.h"

/* Lists for node_only() and node_choice(). */
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NONE       ((const char *const[]){NULL})

/* Copies the node's name; an error if it is too long. */
void reader_read_name(const struct node *node, char name[BN_NAME_BYTES]);

/* A node of /vms into `vm`, which is all zero. */
void reader_read_vm(const struct node *node, struct bn_scenario_vm *vm);

#endif
