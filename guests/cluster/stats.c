/* SPDX-License-Identifier: BSD-3-Clause */
/* Counts frames and formats the counts for the bus (the DBC's messages Stats...). */
#include "stats.h"

#include "cockpit_dbc.h"

static uint16_t limited(uint32_t value)
{
    return (uint16_t)(value > UINT16_MAX ? UINT16_MAX : value);
}

void stats_frame(struct stats *s, uint32_t n, uint32_t us)
{
    s->overruns += n - s->last - 1;
    s->last = n;
    s->drawn++;
    if (s->drawn > STATS_WARM_UP && us > s->worst_us)
        s->worst_us = us;
}

void stats_bus_lost(struct stats *s, bool lost, uint32_t now_ms)
{
    if (lost && !s->is_lost) {
        s->lost_ms = now_ms;
        s->losses++;
    }
    s->is_lost = lost;
}

static void tell_frames(const struct stats *s, uint8_t display_state, struct can_frame *frame)
{
    struct dbc_stats_frames m = {
        .display_state = display_state,
        .drawn = s->drawn,
        .overruns = limited(s->overruns),
    };

    frame->id = DBC_STATS_FRAMES_ID;
    dbc_stats_frames_pack(&m, frame->data);
}

static void tell_times(const struct stats *s, struct can_frame *frame)
{
    struct dbc_stats_times m = {
        .first_telltale = s->first_telltale_ms,
        .first_frame = s->first_frame_ms,
        .worst_draw = limited(s->worst_us / 10),
    };

    frame->id = DBC_STATS_TIMES_ID;
    dbc_stats_times_pack(&m, frame->data);
}

static void tell_bus(const struct bus *bus, struct can_frame *frame)
{
    struct dbc_stats_bus m = {
        .bad_lines = limited(bus->parser.errors),
        .rejected = limited(bus->rejected),
        .last_rejected = bus->last_rejected,
    };

    frame->id = DBC_STATS_BUS_ID;
    dbc_stats_bus_pack(&m, frame->data);
}

static void tell_chimes(const struct chimes *chimes, struct can_frame *frame)
{
    struct dbc_stats_chimes m = {
        .asked = limited(chimes->asked),
        .spoken = limited(chimes->spoken),
        .silent = chimes->silent,
    };

    frame->id = DBC_STATS_CHIMES_ID;
    dbc_stats_chimes_pack(&m, frame->data);
}

static void tell_lost(const struct stats *s, struct can_frame *frame)
{
    struct dbc_stats_lost m = {.at = s->lost_ms, .times = limited(s->losses)};

    frame->id = DBC_STATS_LOST_ID;
    dbc_stats_lost_pack(&m, frame->data);
}

static void tell_store(const struct store *store, const struct odometer *odometer, uint32_t now_ms,
                       struct can_frame *frame)
{
    struct dbc_stats_store m = {
        .store = (uint8_t)store->state,
        .empty = store->empty,
        .writes = (uint16_t)store->writes,
        .shown = odometer_shown_m(odometer, now_ms),
    };

    frame->id = DBC_STATS_STORE_ID;
    dbc_stats_store_pack(&m, frame->data);
}

static void tell_glass(const struct glass *glass, struct can_frame *frame)
{
    struct dbc_stats_glass m = {.repaired = limited(glass->repaired), .looked = glass->looked};

    frame->id = DBC_STATS_GLASS_ID;
    dbc_stats_glass_pack(&m, frame->data);
}

static void tell_health(const struct stats_sources *from, struct can_frame *frame)
{
    struct dbc_stats_health m = {
        .failing = (uint8_t)from->failing,
        .ended = limited(from->ended),
    };

    frame->id = DBC_STATS_HEALTH_ID;
    dbc_stats_health_pack(&m, frame->data);
}

size_t stats_message(struct stats *s, int index, uint8_t display_state,
                     const struct stats_sources *from, uint32_t now_ms,
                     uint8_t out[SLCAN_MAX_BYTES])
{
    struct can_frame frame = {.length = 8};

    if (index == 0)
        tell_frames(s, display_state, &frame);
    else if (index == 1)
        tell_times(s, &frame);
    else if (index == 2)
        tell_bus(from->bus, &frame);
    else if (index == 3)
        tell_chimes(from->chimes, &frame);
    else if (index == 4)
        tell_lost(s, &frame);
    else if (index == 5)
        tell_store(from->store, from->odometer, now_ms, &frame);
    else if (index == 6)
        tell_glass(from->glass, &frame);
    else
        tell_health(from, &frame);
    e2e_protect(&frame, s->alive[index]++);
    return slcan_format(&frame, out);
}
