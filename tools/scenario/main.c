/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the command bn-scenario: compile a scenario's .dts, or show what a compiled one says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"
#include "show.h"

struct told { /* context of a report */
    struct node root;
    const struct bn_scenario *scenario;
};

/* A node within a VM's is called by its name, a property of it by both: "gpu weight". */
static void find_part(struct node *at, const char **member)
{
    static const char *const parts[] = {"gpu", "sound"};
    struct node part;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const size_t length = strlen(parts[i]);

        if (strncmp(*member, parts[i], length) != 0 || !strchr(" ", (*member)[length]) ||
            !node_child(at, parts[i], true, &part))
            continue;
        *at = part;
        *member += (*member)[length] ? length + 1 : length;
        return;
    }
}

static void tell(void *context, const struct scenario_problem *problem)
{
    const struct told *told = context;
    const char *member = problem->member;
    struct node at;
    char text[512];

    scenario_explain(told->scenario, problem, text, sizeof(text));
    reader_find(&told->root, problem->at, &at);
    find_part(&at, &member);
    node_error(&at, member, scenario_remedy(problem->fault), "%s", text);
}

static void tell_misfit(void *context, enum scenario_verdict verdict, struct scenario_ref ref,
                        const char *member, const char *what, const char *remedy)
{
    const struct told *told = context;
    struct node at;

    if (verdict != SCENARIO_UNMET)
        return;
    reader_find(&told->root, ref, &at);
    node_error(&at, member, remedy, "%s", what);
}

static void tell_plainly(void *context, const struct scenario_problem *problem)
{
    const struct told *told = context;
    char text[512];

    scenario_explain(told->scenario, problem, text, sizeof(text));
    fprintf(stderr, "%s: %s\n    remedy: %s\n", told->root.path, text,
            scenario_remedy(problem->fault));
}

/* Written beside and renamed, so that a failure leaves no half a file. */
static int write_scenario(const struct bn_scenario *s, const char *file)
{
    char beside[4096];

    if ((size_t)snprintf(beside, sizeof(beside), "%s.new", file) >= sizeof(beside))
        return -1;
    FILE *out = fopen(beside, "wb");
    if (!out) {
        perror(beside);
        return -1;
    }
    size_t written = fwrite(s, sizeof(*s), 1, out);
    if (fclose(out) != 0 || written != 1 || rename(beside, file) != 0) {
        perror(file);
        remove(beside);
        return -1;
    }
    return 0;
}

static int compile(const char *in, const char *out)
{
    static struct plan plan;
    struct source source;
    unsigned errors;
    int result = 1;

    if (source_load(&source, in) == 0) {
        errors = reader_read(&source, &plan);
        if (errors == 0) {
            struct told told = {{.source = &source, .path = "/", .errors = &errors},
                                &plan.scenario};

            if (scenario_check(&plan.scenario, tell, &told) == 0 &&
                scenario_fit(&plan.scenario, &plan.machine, tell_misfit, &told) == 0)
                result = write_scenario(&plan.scenario, out) == 0 ? 0 : 1;
        }
    }
    source_finish(&source);
    return result;
}

static int show_file(const char *file)
{
    static struct bn_scenario s;
    struct told told = {.scenario = &s};
    FILE *in = fopen(file, "rb");

    if (!in) {
        perror(file);
        return 1;
    }
    size_t bytes = fread(&s, 1, sizeof(s), in);
    if (bytes == sizeof(s) && fgetc(in) != EOF)
        bytes++; /* more than a scenario: the check says so */
    fclose(in);
    snprintf(told.root.path, sizeof(told.root.path), "%s", file);
    const char *wrong = scenario_wrong(&s, bytes);

    if (wrong)
        fprintf(stderr, "%s: %s\n", file, wrong);
    if (wrong || scenario_check(&s, tell_plainly, &told) != 0)
        return 1;
    show(&s);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "compile") == 0)
        return compile(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "show") == 0)
        return show_file(argv[2]);
    fputs(
        "usage: bn-scenario compile IN.dts OUT.bin   check a scenario and write it for the target\n"
        "       bn-scenario show FILE.bin            say what a compiled scenario says\n",
        stderr);
    return 2;
}
