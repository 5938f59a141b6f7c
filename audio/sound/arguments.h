/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line. */
#ifndef SOUND_ARGUMENTS_H
#define SOUND_ARGUMENTS_H

#include "binnacle/scenario.h"
#include "card.h"

struct arguments {
    struct bn_scenario scenario;
    const char *window; /* with the chime regions; NULL: nobody asks for chimes */
    struct card_config card;
    unsigned quantum;
    const char *links, *status, *control;
    const char *record, *render; /* for tests */
    unsigned record_seconds;
    bool realtime, sandbox;
};

/* Says on standard error what is wrong. 0 or -errno. */
int arguments_parse(struct arguments *a, int argc, char **argv) __attribute__((warn_unused_result));

#endif
