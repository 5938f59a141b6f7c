/* SPDX-License-Identifier: BSD-3-Clause */
/* What the service says of itself: the file of binnacle/sound_status.h. */
#ifndef SOUND_STATUS_H
#define SOUND_STATUS_H

#include "binnacle/sound_status.h"
#include "engine.h"
#include "links.h"

struct status {
    volatile struct bn_sound_status *file; /* NULL: nobody wants to know */
    const struct engine *engine;
    const struct links *links;
};

/* path NULL: nothing is written. 0 or -errno. */
int status_init(struct status *s, const char *path, const struct engine *e, const struct links *l,
                unsigned quantum) __attribute__((warn_unused_result));
void status_finish(struct status *s);
/* In the data thread, after each quantum. */
void status_update(struct status *s);
/* In the main thread: what plays. */
void status_card(struct status *s, const char name[BN_NAME_BYTES]);

#endif
