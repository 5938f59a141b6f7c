/* SPDX-License-Identifier: BSD-3-Clause */
/* A scenario's source: the tree dtc made of it, and which line every node and property was written
 * on. */
#ifndef SCENARIO_SOURCE_H
#define SCENARIO_SOURCE_H

#include <stddef.h>
#include <stdio.h>

struct source_place;

struct source {
    const char *file; /* as the user named it */
    void *fdt;        /* flattened device tree, checked by libfdt */
    FILE *errors;     /* where they are told */
    struct source_place *places;
    size_t place_count, place_room;
};

/*
 * Reads `file`, a .dts (through dtc, which must be in PATH) or a .dtb. Returns 0, or -1 after
 * saying why on stderr; dtc's own messages name file, line and column.
 */
int source_load(struct source *source, const char *file);

void source_finish(struct source *source);

/* The line of property `member` of the node at `path`, else of the node, else of the nearest node
 * above, and the file: the source's own, or one that it includes. 0: not known. */
unsigned source_line(const struct source *source, const char *path, const char *member,
                     const char **file);

#endif
