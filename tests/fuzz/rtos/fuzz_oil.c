/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as an OIL file: refused with a message, or a model whose numbers the kernel's tables
 * can hold, and which becomes text. */
#include "oil.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_model(const struct oil *oil)
{
    check(oil->top_level >= 1 && oil->top_level <= OIL_LEVELS);
    for (int t = 0; t < oil->count[OIL_TASK]; t++) {
        const struct oil_task *task = &oil->task[t];

        check(task->level >= 1 && task->level <= task->run_level &&
              task->run_level <= oil->top_level);
        check(task->activations >= 1 && task->activations <= 255);
        check(!task->extended || task->activations == 1);
    }
    for (int r = 0; r < oil->count[OIL_RESOURCE]; r++)
        check(oil->resource[r].level >= 1 && oil->resource[r].level <= oil->top_level);
    for (int e = 0; e < oil->count[OIL_EVENT]; e++)
        check(oil->event[e].mask);
    for (int a = 0; a < oil->count[OIL_ALARM]; a++)
        check(oil->alarm[a].counter < oil->count[OIL_COUNTER]);
}

static void check_tables(const struct oil *oil)
{
    for (int i = 0; i < oil->count[OIL_TABLE]; i++) {
        const struct oil_table *t = &oil->table[i];
        const struct oil_point *p = &oil->point[t->point];

        check(t->counter < oil->count[OIL_COUNTER] && t->points > 0);
        check(t->point + t->points <= oil->points && oil->points <= OIL_POINTS);
        for (int n = 0; n < t->points; n++) {
            check(p[n].steps > 0 && p[n].step + p[n].steps <= oil->steps);
            check(n == 0 || p[n].offset > p[n - 1].offset);
        }
        check(t->duration >= p[t->points - 1].offset);
        check(!t->repeating || t->duration > p[t->points - 1].offset);
    }
    check(oil->steps <= OIL_STEPS);
    for (int s = 0; s < oil->steps; s++)
        check(oil->step[s].task < oil->count[OIL_TASK] &&
              oil->step[s].event < oil->count[OIL_EVENT]);
}

static void check_applications(const struct oil *oil)
{
    for (int o = 0; o < oil->objects; o++) {
        const struct oil_access *access = &oil->access[o];

        check(access->owner < oil->count[OIL_APPLICATION]);
        check(access->owner == OIL_NONE || access->allowed >> access->owner & 1);
    }
    for (int t = 0; t < oil->count[OIL_TASK]; t++)
        check(!oil->task[t].untrusted ||
              (oil->task[t].budget && oil->task[t].frame && oil->task[t].sse));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct oil oil;
    /* Of its own size, so that a read past the end is seen; never NULL. */
    char *text = malloc(size + 1), *out = NULL;
    size_t bytes;
    FILE *f;

    check(text);
    if (size)
        memcpy(text, data, size);
    if (oil_read(&oil, "fuzz.oil", text, size)) {
        check_model(&oil);
        check_tables(&oil);
        check_applications(&oil);
        f = open_memstream(&out, &bytes);
        check(f);
        oil_emit_header(&oil, f);
        oil_emit_source(&oil, f);
        check(fclose(f) == 0 && bytes > 0);
        free(out);
    } else {
        check(strncmp(oil.error, "fuzz.oil:", 9) == 0);
    }
    free(text);
    return 0;
}
