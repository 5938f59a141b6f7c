/* SPDX-License-Identifier: BSD-3-Clause */
/* Typed access to the properties of one node, with errors that name the line. */
#ifndef SCENARIO_PROPERTY_H
#define SCENARIO_PROPERTY_H

#include <stdbool.h>
#include <stdint.h>

#include "source.h"

struct node {
    const struct source *source;
    int offset;
    char path[256];
    unsigned *errors;
};

/* The child `name` of `parent`; an error unless it exists or is `optional`. Returns false if there
 * is none. */
bool node_child(const struct node *parent, const char *name, bool optional, struct node *child);

/* The children of `parent` in order: *at = -1 first. Returns false after the last. */
bool node_next(const struct node *parent, int *at, struct node *child);

const char *node_name(const struct node *node);

/* Errors for every property and child that is not in the lists (null-terminated, children null:
 * none allowed). */
void node_only(const struct node *node, const char *const *members, const char *const *children);

void node_error(const struct node *node, const char *member, const char *remedy, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

bool node_has(const struct node *node, const char *member);

/* Arrays of 32-bit cells or 64-bit numbers: min to max of them. Return how many, 0 if absent or
 * wrong. */
unsigned node_cells(const struct node *node, const char *member, uint32_t *values, unsigned min,
                    unsigned max);
unsigned node_wide(const struct node *node, const char *member, uint64_t *values, unsigned min,
                   unsigned max);

/* One number, limited; `fallback` if absent, an error if absent and `needed`. */
uint32_t node_number(const struct node *node, const char *member, bool needed, uint32_t fallback,
                     uint32_t limit);
uint64_t node_wide_number(const struct node *node, const char *member, bool needed);

/* Copies the string, at most bytes - 1 long, else an error. */
void node_text(const struct node *node, const char *member, bool needed, char *text,
               unsigned bytes);

/* The string number `i` of a list, null past the last. */
const char *node_string(const struct node *node, const char *member, unsigned i);

/* Which of `choices` (null-terminated) the string is: 1, 2, ...; 0 and an error if none. */
unsigned node_choice(const struct node *node, const char *member, const char *const *choices);

#endif
