/* SPDX-License-Identifier: BSD-3-Clause */
/* Legal virgl commands made from the table: for the unit tests, and the fuzzer's seeds. */
#ifndef TESTS_GVT_LEGAL_H
#define TESTS_GVT_LEGAL_H

#include <stdbool.h>
#include <stdint.h>

#include "gvt/proto/virgl.h"

#define LEGAL_HANDLE 5u /* what every dword holds that need not hold something else */
#define LEGAL_DWORDS 65536u

/* The n-th rule, from 0, and the header of its commands without the length; NULL behind the last.
 */
const struct virgl_rule *legal_rule(uint32_t n, uint32_t *header);

uint32_t legal_least(const struct virgl_rule *rule);
uint32_t legal_most(const struct virgl_rule *rule);
bool legal_length(const struct virgl_rule *rule, uint32_t length);

/* Whether dword i of such a command holds a resource handle. */
bool legal_place(const struct virgl_rule *rule, uint32_t length, uint32_t i);

/* Writes a command of a legal length; returns its dwords. */
uint32_t legal_write(uint32_t *to, uint32_t header, uint32_t length);

/*
 * The fuzzer's seed for a rule: a byte of mode, then the least command and, where there is one, a
 * longer. Returns its bytes.
 */
#define LEGAL_SEED_BYTES 2048u
uint32_t legal_seed(uint8_t to[LEGAL_SEED_BYTES], const struct virgl_rule *rule, uint32_t header);

/* Where a rule's seed lies in the tree. */
#define LEGAL_SEEDS "tests/fuzz/gvt/corpus/gvt_virgl"
void legal_seed_name(char to[64], const struct virgl_rule *rule);

#endif
