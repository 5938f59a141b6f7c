/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads both slots once, then writes them by turns and reads back what it wrote. */
#include "store.h"

#include "mem.h"

enum step { IDLE, FINDING, READING, WRITING, CHECKING };

static void read_slot(struct store *s, enum step step, uint32_t now_ms)
{
    s->step = (uint8_t)step;
    sdcard_read(&s->card, STORE_BLOCK(s->index), s->block, now_ms);
}

static void find_card(struct store *s, uint32_t now_ms)
{
    s->state = STORE_READING;
    s->step = FINDING;
    sdcard_find(&s->card, s->registers, now_ms);
}

void store_init(struct store *s, const struct sdhc_registers *registers, uint32_t now_ms)
{
    *s = (struct store){.registers = registers};
    if (registers)
        find_card(s, now_ms);
}

/* After an error in this life the slots say only where to go on: what they had is known. */
static void choose_slot(struct store *s)
{
    uint32_t newest =
        s->whole[1] && (!s->whole[0] || slot_newer(s->slot_counter[1], s->slot_counter[0]));

    s->index = 1 - newest;
    s->counter = s->whole[newest] ? s->slot_counter[newest] : 0;
    if (!s->known && s->whole[newest]) {
        s->kept = s->slot_record[newest];
        s->known = true;
    } else if (!s->known) {
        s->index = 0;
        s->empty = true;
    } else {
        s->behind = true;
    }
    s->state = STORE_KEEPING;
    s->step = IDLE;
}

/* A slot that was being written when power went may be one that the card can no longer read. */
static void read_next(struct store *s, uint32_t now_ms)
{
    while (s->index < SLOTS && s->unread[s->index] >= STORE_READS)
        s->whole[s->index++] = false;
    if (s->index < SLOTS)
        read_slot(s, READING, now_ms);
    else
        choose_slot(s);
}

static void begin_write(struct store *s, const struct record *record, uint32_t now_ms)
{
    s->writing = *record;
    slot_pack(s->block, s->index, s->card.identity, s->counter + 1, record);
    s->step = WRITING;
    sdcard_write(&s->card, STORE_BLOCK(s->index), s->block, now_ms);
}

/* What was read back; false: the card has not kept what it said it had. */
static bool is_kept(struct store *s)
{
    uint8_t written[SLOT_BYTES];

    slot_pack(written, s->index, s->card.identity, s->counter + 1, &s->writing);
    if (memcmp(written, s->block, sizeof(written)))
        return false;
    s->kept = s->writing;
    s->known = true;
    s->behind = false;
    s->counter++;
    s->index = 1 - s->index;
    s->writes++;
    s->tries = 0;
    s->step = IDLE;
    return true;
}

/* The step has ended well; false: its result is not good. */
static bool follow(struct store *s, uint32_t now_ms)
{
    switch ((enum step)s->step) {
    case FINDING:
        s->index = 0;
        read_next(s, now_ms);
        return true;
    case READING:
        s->whole[s->index] = slot_unpack(s->block, s->index, s->card.identity,
                                         &s->slot_counter[s->index], &s->slot_record[s->index]);
        s->index++;
        read_next(s, now_ms);
        return true;
    case WRITING:
        memset(s->block, 0, sizeof(s->block));
        read_slot(s, CHECKING, now_ms);
        return true;
    default:
        return is_kept(s);
    }
}

static bool is_news(const struct store *s, const struct record *wanted, bool flush)
{
    return !s->known || s->behind ||
           wanted->odometer_m / STORE_FIGURE_M != s->kept.odometer_m / STORE_FIGURE_M ||
           memcmp(wanted->trip_from_m, s->kept.trip_from_m, sizeof(wanted->trip_from_m)) ||
           (flush && wanted->odometer_m != s->kept.odometer_m);
}

static void fail(struct store *s, enum sdhc_status status, uint32_t now_ms)
{
    if (s->step == READING)
        s->unread[s->index]++;
    if (status == SDHC_ABSENT)
        s->state = STORE_ABSENT;
    else if (++s->tries < STORE_TRIES)
        find_card(s, now_ms);
    else
        s->state = STORE_FAILED;
}

void store_abort(struct store *s, uint32_t now_ms)
{
    if (s->state != STORE_READING && s->state != STORE_KEEPING)
        return;
    s->step = FINDING; /* whatever it was: half a step says nothing */
    fail(s, SDHC_FAILED, now_ms);
}

void store_step(struct store *s, const struct record *wanted, bool ignition_off, uint32_t now_ms)
{
    bool flush = ignition_off && !s->flushed;
    enum sdhc_status status;

    s->flushed &= ignition_off;
    if (s->state != STORE_READING && s->state != STORE_KEEPING)
        return;
    if (s->step == IDLE && (!wanted || !is_news(s, wanted, flush)))
        return;
    if (s->step == IDLE) {
        s->flushed = ignition_off;
        begin_write(s, wanted, now_ms);
    }
    status = sdcard_step(&s->card, now_ms);
    if (status != SDHC_BUSY && (status != SDHC_DONE || !follow(s, now_ms)))
        fail(s, status, now_ms);
}

bool store_settled(const struct store *s)
{
    return s->known || s->state != STORE_READING;
}
