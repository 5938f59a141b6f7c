/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns typed access to properties: libfdt underneath, errors with file, line, node and remedy. */
#include "property.h"

#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void node_error(const struct node *node, const char *member, const char *remedy, const char *format,
                ...)
{
    const char *file;
    unsigned line = source_line(node->source, node->path, member, &file);
    va_list arguments;

    if (line)
        fprintf(node->source->errors, "%s:%u: %s: ", file, line, node->path);
    else
        fprintf(node->source->errors, "%s: %s: ", file, node->path);
    va_start(arguments, format);
    vfprintf(node->source->errors, format, arguments);
    va_end(arguments);
    fprintf(node->source->errors, "\n    remedy: %s\n", remedy);
    ++*node->errors;
}

const char *node_name(const struct node *node)
{
    const char *name = fdt_get_name(node->source->fdt, node->offset, NULL);

    return name ? name : "";
}

static void make_child(const struct node *parent, int offset, struct node *child)
{
    *child = (struct node){.source = parent->source, .offset = offset, .errors = parent->errors};
    const char *name = node_name(child);

    /* A path that does not fit loses its end: the error then names the line of a node above. */
    (void)!snprintf(child->path, sizeof(child->path), "%.*s/%s",
                    (int)(strcmp(parent->path, "/") ? strnlen(parent->path, 200) : 0), parent->path,
                    name);
}

bool node_child(const struct node *parent, const char *name, bool optional, struct node *child)
{
    int offset = fdt_subnode_offset(parent->source->fdt, parent->offset, name);

    if (offset < 0) {
        if (!optional)
            node_error(parent, "", "add it; docs/scenario.md describes it", "there is no node %s",
                       name);
        return false;
    }
    make_child(parent, offset, child);
    return true;
}

bool node_next(const struct node *parent, int *at, struct node *child)
{
    do {
        *at = *at < 0 ? fdt_first_subnode(parent->source->fdt, parent->offset)
                      : fdt_next_subnode(parent->source->fdt, *at);
        if (*at < 0)
            return false;
        make_child(parent, *at, child);
    } while (strncmp(node_name(child), "__", 2) == 0); /* dtc's own: __symbols__ */
    return true;
}

static bool listed(const char *name, const char *const *list)
{
    for (; list && *list; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

void node_only(const struct node *node, const char *const *members, const char *const *children)
{
    const void *fdt = node->source->fdt;
    const char *name;
    struct node child;
    int at;

    fdt_for_each_property_offset(at, fdt, node->offset)
    {
        if (!fdt_getprop_by_offset(fdt, at, &name, NULL) || strcmp(name, "phandle") == 0)
            continue;
        if (!listed(name, members))
            node_error(node, name,
                       "correct its spelling or take it out; docs/scenario.md lists what there is",
                       "unknown property %s", name);
    }
    for (at = -1; node_next(node, &at, &child);)
        if (!listed(node_name(&child), children))
            node_error(&child, "",
                       "correct its name or take it out; docs/scenario.md lists what there is",
                       "unknown node %s", node_name(&child));
}

bool node_has(const struct node *node, const char *member)
{
    return fdt_getprop(node->source->fdt, node->offset, member, NULL) != NULL;
}

static unsigned array(const struct node *node, const char *member, unsigned width, unsigned min,
                      unsigned max, const void **values)
{
    int bytes = 0;

    *values = fdt_getprop(node->source->fdt, node->offset, member, &bytes);
    if (!*values) {
        if (min)
            node_error(node, "", "add it; docs/scenario.md describes it", "there is no property %s",
                       member);
        return 0;
    }
    if ((unsigned)bytes % width || (unsigned)bytes / width < min || (unsigned)bytes / width > max) {
        node_error(node, member,
                   width == 8 ? "write numbers as /bits/ 64 <...>"
                              : "write numbers as <...>, without /bits/",
                   "%s has %d bytes: %u to %u numbers of %u bytes are wanted", member, bytes, min,
                   max, width);
        return 0;
    }
    return (unsigned)bytes / width;
}

unsigned node_cells(const struct node *node, const char *member, uint32_t *values, unsigned min,
                    unsigned max)
{
    const void *raw;
    unsigned count = array(node, member, 4, min, max, &raw);

    for (unsigned i = 0; i < count; i++)
        values[i] = fdt32_ld((const fdt32_t *)raw + i);
    return count;
}

unsigned node_wide(const struct node *node, const char *member, uint64_t *values, unsigned min,
                   unsigned max)
{
    const void *raw;
    unsigned count = array(node, member, 8, min, max, &raw);

    for (unsigned i = 0; i < count; i++)
        values[i] = fdt64_ld((const fdt64_t *)raw + i);
    return count;
}

uint32_t node_number(const struct node *node, const char *member, bool needed, uint32_t fallback,
                     uint32_t limit)
{
    uint32_t value;

    if ((!needed && !node_has(node, member)) || node_cells(node, member, &value, 1, 1) != 1)
        return fallback;
    if (value > limit) {
        node_error(node, member, "use a smaller number", "%s is %u, at most %u is possible", member,
                   value, limit);
        return fallback;
    }
    return value;
}

uint64_t node_wide_number(const struct node *node, const char *member, bool needed)
{
    uint64_t value;

    if ((!needed && !node_has(node, member)) || node_wide(node, member, &value, 1, 1) != 1)
        return 0;
    return value;
}

const char *node_string(const struct node *node, const char *member, unsigned i)
{
    return fdt_stringlist_get(node->source->fdt, node->offset, member, (int)i, NULL);
}

void node_text(const struct node *node, const char *member, bool needed, char *text, unsigned bytes)
{
    const char *value = node_string(node, member, 0);

    if (!value) {
        if (needed || node_has(node, member))
            node_error(node, member, "write it as text in quotation marks", "there is no text %s",
                       member);
        return;
    }
    if (strlen(value) >= bytes) {
        node_error(node, member, "shorten it", "%s has %zu characters, at most %u are possible",
                   member, strlen(value), bytes - 1);
        return;
    }
    memset(text, 0, bytes);
    memcpy(text, value, strlen(value));
}

unsigned node_choice(const struct node *node, const char *member, const char *const *choices)
{
    const char *value = node_string(node, member, 0);
    char all[256] = "use one of:";

    for (unsigned i = 0; choices[i]; i++) {
        if (value && strcmp(value, choices[i]) == 0)
            return i + 1;
        size_t used = strlen(all);

        (void)!snprintf(all + used, sizeof(all) - used, " %s", choices[i]);
    }
    node_error(node, member, all,
               value ? "%s is \"%s\", which is unknown" : "there is no text %s%s", member,
               value ? value : "");
    return 0;
}
