/* SPDX-License-Identifier: BSD-3-Clause */
/* bn-scenario's reader on hostile device trees: it ends in errors or in a scenario the check has
 * judged. */
#include <libfdt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/scenario/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void explain(void *context, const struct scenario_problem *problem)
{
    struct plan *plan = context;
    char text[96];

    scenario_explain(&plan->scenario, problem, text, sizeof(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct plan plan;
    static FILE *nowhere;
    struct source source = {.file = "fuzz"};

    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    if (!nowhere || bytes < sizeof(struct fdt_header))
        return 0;
    source.errors = nowhere;
    source.fdt = malloc(bytes);
    if (!source.fdt)
        abort();
    memcpy(source.fdt, data, bytes);
    if (fdt_check_full(source.fdt, bytes) == 0 && reader_read(&source, &plan) == 0)
        (void)!scenario_check(&plan.scenario, explain, &plan);
    free(source.fdt);
    return 0;
}
