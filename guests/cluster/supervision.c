/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The supervised tasks. Who draws, listens to the vehicle and sounds chimes is needed for all that
 * the driver sees and hears: when one expires the cluster stops, and is started again. Others'
 * copy of the vehicle and the odometer's store are not worth the speedometer: their failures are
 * told, and seen where they are used.
 */
#include "supervision.h"

/* One reference cycle may fail: a machine that stood still for a moment is late with everything. */
#define TOLERANCE 1

static const uint32_t draw_follows[DRAW_CHECKPOINTS] = {
    [DRAW_SLOT] = WDGM_AFTER(DRAW_SCENE),
    [DRAW_SCENE] = WDGM_AFTER(DRAW_PAINTED),
    [DRAW_PAINTED] = WDGM_AFTER(DRAW_TOLD),
    [DRAW_TOLD] = WDGM_AFTER(DRAW_SLOT),
};

static const uint32_t bus_follows[BUS_CHECKPOINTS] = {
    [BUS_WOKEN] = WDGM_AFTER(BUS_RECEIVED) | WDGM_AFTER(BUS_ASKED),
    [BUS_RECEIVED] = WDGM_AFTER(BUS_ASKED) | WDGM_AFTER(BUS_DONE),
    [BUS_ASKED] = WDGM_AFTER(BUS_DONE),
    [BUS_DONE] = WDGM_AFTER(BUS_WOKEN),
};

static const uint32_t chime_follows[CHIME_CHECKPOINTS] = {
    [CHIME_BEGUN] = WDGM_AFTER(CHIME_ANSWERED),
    [CHIME_ANSWERED] = WDGM_AFTER(CHIME_SOUNDED),
    [CHIME_SOUNDED] = WDGM_AFTER(CHIME_BEGUN),
};

/* A budget may end these two anywhere, and they begin anew. */
static const uint32_t publish_follows[PUBLISH_CHECKPOINTS] = {
    [PUBLISH_BEGUN] = WDGM_AFTER(PUBLISH_DONE) | WDGM_AFTER(PUBLISH_BEGUN),
    [PUBLISH_DONE] = WDGM_AFTER(PUBLISH_BEGUN),
};

static const uint32_t store_follows[STORE_CHECKPOINTS] = {
    [STORE_BEGUN] = WDGM_AFTER(STORE_DONE) | WDGM_AFTER(STORE_BEGUN),
    [STORE_DONE] = WDGM_AFTER(STORE_BEGUN),
};

/*
 * In 100 ms there are six slots of 60 a second and ten turns of 100 a second, or one of them more
 * or less by where the cycle begins; one at least of each, for a slot may be missed. In 200 ms the
 * data are published four times; the store may be slow, but not silent.
 */
static const struct wdgm_entity entities[SUPERVISED] = {
    [SUPERVISED_DRAW] = {.name = "DrawTask",
                         .cycles = 4,
                         .tolerance = TOLERANCE,
                         .alive = DRAW_TOLD,
                         .least = 1,
                         .most = 8,
                         .start = DRAW_SLOT,
                         .stop = DRAW_TOLD,
                         .max_us = 100000,
                         .checkpoints = DRAW_CHECKPOINTS,
                         .follows = draw_follows},
    [SUPERVISED_BUS] = {.name = "BusTask",
                        .cycles = 4,
                        .tolerance = TOLERANCE,
                        .alive = BUS_ASKED,
                        .least = 1,
                        .most = 8,
                        .start = BUS_WOKEN,
                        .stop = BUS_DONE,
                        .max_us = 50000,
                        .checkpoints = BUS_CHECKPOINTS,
                        .follows = bus_follows},
    [SUPERVISED_CHIME] = {.name = "ChimeTask",
                          .cycles = 4,
                          .tolerance = TOLERANCE,
                          .alive = CHIME_SOUNDED,
                          .least = 1,
                          .most = 12,
                          .start = CHIME_BEGUN,
                          .stop = CHIME_SOUNDED,
                          .max_us = 50000,
                          .checkpoints = CHIME_CHECKPOINTS,
                          .follows = chime_follows},
    [SUPERVISED_PUBLISH] = {.name = "PublishTask",
                            .cycles = 8,
                            .tolerance = WDGM_ALWAYS,
                            .alive = PUBLISH_DONE,
                            .least = 1,
                            .most = 6,
                            .checkpoints = PUBLISH_CHECKPOINTS,
                            .follows = publish_follows},
    [SUPERVISED_STORE] = {.name = "StoreTask",
                          .cycles = 8,
                          .tolerance = WDGM_ALWAYS,
                          .alive = STORE_DONE,
                          .least = 1,
                          .most = 22,
                          .checkpoints = STORE_CHECKPOINTS,
                          .follows = store_follows},
};

static struct wdgm_entity_state states[SUPERVISED];

const WdgM_ConfigType supervision = {.entity = entities, .state = states, .entities = SUPERVISED};
