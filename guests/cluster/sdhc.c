/* SPDX-License-Identifier: BSD-3-Clause */
/* Drives the registers of an SD host controller, phase by phase. */
#include "sdhc.h"

#include "mem.h"

/* All registers are reached in 32 bits; a name says what is in the low half first. */
#define REG_BLOCK        0x04u /* size, count */
#define REG_ARGUMENT     0x08u
#define REG_COMMAND      0x0Cu /* transfer mode, command: sent when this is written */
#define REG_RESPONSE     0x10u
#define REG_BUFFER       0x20u
#define REG_PRESENT      0x24u
#define REG_CONTROL      0x28u /* host control, power control */
#define REG_CLOCK        0x2Cu /* clock control, time-out control, software reset */
#define REG_STATUS       0x30u /* normal, error interrupt status; cleared by ones */
#define REG_ENABLE       0x34u /* which of them there are */
#define REG_SIGNAL       0x38u /* which of them interrupt */
#define REG_CAPABILITIES 0x40u
#define REG_VERSION      0xFCu /* slot interrupt status, version */

#define MODE_READ    (1u << 4)
#define COMMAND_DATA (1u << 21)

#define PRESENT_COMMAND_INHIBIT (1u << 0)
#define PRESENT_DATA_INHIBIT    (1u << 1)
#define PRESENT_INSERTED        (1u << 16)
#define PRESENT_STABLE          (1u << 17)

#define POWER_3V3 (0xFu << 8) /* on, 3.3 V */
#define POWER_3V0 (0xDu << 8)

#define CLOCK_INTERNAL (1u << 0)
#define CLOCK_STABLE   (1u << 1)
#define CLOCK_CARD     (1u << 2)
#define CLOCK_TIMEOUT  (0xEu << 16) /* the longest */
#define RESET_ALL      (1u << 24)
#define RESET_LINES    (6u << 24) /* command, data */

#define STATUS_COMMAND  (1u << 0)
#define STATUS_TRANSFER (1u << 1)
#define STATUS_WRITABLE (1u << 4)
#define STATUS_READABLE (1u << 5)
#define STATUS_ERROR    (1u << 15)
#define STATUS_SILENT   (1u << 16) /* command time-out */
#define ERRORS          0x00FF0000u
#define ENABLED         (STATUS_COMMAND | STATUS_TRANSFER | STATUS_WRITABLE | STATUS_READABLE | ERRORS)

#define CAPABLE_3V3 (1u << 24)
#define CAPABLE_3V0 (1u << 25)
#define VERSION_3   2u

#define IDENTIFICATION_KHZ 400u /* SD Physical Layer Simplified Specification 4.4 */
#define FULL_SPEED_KHZ     25000u

#define RESET_MS   100u  /* longest */
#define DETECT_MS  1000u /* a slot that bounces */
#define POWER_MS   40u   /* supply up and steady (Physical Layer 6.4.1: 35 ms, and 1 ms) */
#define CLOCK_MS   150u  /* longest (SDHC 2.2.14) */
#define SETTLE_MS  2u    /* 74 clocks */
#define COMMAND_MS 100u  /* longest; a response takes 64 clocks */
#define DATA_MS                                                                                    \
    1000u /* longest; the slowest card may program for 500 ms (Physical Layer 4.6.2)               \
           */

enum phase {
    IDLE,
    RESETTING,
    DETECTING,
    POWERING,
    CLOCKING,
    SETTLING,
    WAITING, /* for the lines to be free */
    ANSWERING,
    MOVING, /* the block, between memory and the controller's buffer */
    ENDING,
    RECOVERING,
    PHASES
};

static uint32_t get(const struct sdhc *h, uint32_t offset)
{
    return h->registers->read(offset);
}

static void put(const struct sdhc *h, uint32_t offset, uint32_t value)
{
    h->registers->write(offset, value);
}

static enum sdhc_status enter(struct sdhc *h, enum phase phase, uint32_t now_ms)
{
    h->phase = (uint8_t)phase;
    h->since_ms = now_ms;
    return SDHC_BUSY;
}

static enum sdhc_status end(struct sdhc *h, enum sdhc_status status)
{
    h->phase = IDLE;
    return status;
}

/* Not yet: for so long that is no fault. */
static enum sdhc_status wait(struct sdhc *h, uint32_t now_ms, uint32_t limit_ms)
{
    return now_ms - h->since_ms <= limit_ms ? SDHC_BUSY : end(h, SDHC_FAILED);
}

static enum sdhc_status idle(struct sdhc *h, uint32_t now_ms)
{
    (void)h;
    (void)now_ms;
    return SDHC_DONE;
}

static enum sdhc_status resetting(struct sdhc *h, uint32_t now_ms)
{
    uint32_t capabilities, version;

    if (get(h, REG_CLOCK) & RESET_ALL)
        return wait(h, now_ms, RESET_MS);
    capabilities = get(h, REG_CAPABILITIES);
    version = get(h, REG_VERSION) >> 16 & 0xFF;
    h->base_khz = 1000 * (capabilities >> 8 & (version >= VERSION_3 ? 0xFF : 0x3F));
    h->divider_max = version >= VERSION_3 ? 512 : 128;
    if (!h->base_khz || !(capabilities & (CAPABLE_3V3 | CAPABLE_3V0)))
        return end(h, SDHC_FAILED);
    put(h, REG_SIGNAL, 0);
    put(h, REG_ENABLE, ENABLED);
    return enter(h, DETECTING, now_ms);
}

static enum sdhc_status detecting(struct sdhc *h, uint32_t now_ms)
{
    uint32_t present = get(h, REG_PRESENT);

    if (!(present & PRESENT_STABLE))
        return wait(h, now_ms, DETECT_MS);
    if (!(present & PRESENT_INSERTED))
        return end(h, SDHC_ABSENT);
    put(h, REG_CONTROL,
        get(h, REG_CAPABILITIES) & CAPABLE_3V3 ? POWER_3V3 : POWER_3V0); /* one data line, no DMA */
    return enter(h, POWERING, now_ms);
}

/* The card's clock is off while it changes. */
static void set_clock(struct sdhc *h, uint32_t khz, uint32_t now_ms)
{
    uint32_t n = h->base_khz > khz; /* the base clock is divided by 2n, by 1 where n is 0 */

    while (n && h->base_khz > 2 * n * khz && n < h->divider_max)
        n *= 2;
    put(h, REG_CLOCK, CLOCK_TIMEOUT | (n & 0xFF) << 8 | (n >> 8) << 6 | CLOCK_INTERNAL);
    (void)enter(h, CLOCKING, now_ms);
}

static enum sdhc_status powering(struct sdhc *h, uint32_t now_ms)
{
    if (now_ms - h->since_ms >= POWER_MS)
        set_clock(h, IDENTIFICATION_KHZ, now_ms);
    return SDHC_BUSY;
}

static enum sdhc_status clocking(struct sdhc *h, uint32_t now_ms)
{
    uint32_t clock = get(h, REG_CLOCK);

    if (!(clock & CLOCK_STABLE))
        return wait(h, now_ms, CLOCK_MS);
    put(h, REG_CLOCK, clock | CLOCK_CARD);
    return enter(h, SETTLING, now_ms);
}

static enum sdhc_status settling(struct sdhc *h, uint32_t now_ms)
{
    return now_ms - h->since_ms >= SETTLE_MS ? end(h, SDHC_DONE) : SDHC_BUSY;
}

static enum sdhc_status waiting(struct sdhc *h, uint32_t now_ms)
{
    /* Type of response, whether its CRC and its index are looked at (SDHC 2.2.6). */
    static const uint8_t kind[] = {
        [SDHC_NO_RESPONSE] = 0x00, [SDHC_R1] = 0x1A, [SDHC_R1B] = 0x1B,
        [SDHC_R2] = 0x09,          [SDHC_R3] = 0x02,
    };
    const struct sdhc_command *c = &h->command;

    if (get(h, REG_PRESENT) & (PRESENT_COMMAND_INHIBIT | PRESENT_DATA_INHIBIT))
        return wait(h, now_ms, COMMAND_MS);
    put(h, REG_STATUS, UINT32_MAX);
    h->said = 0;
    put(h, REG_BLOCK, 1u << 16 | SDHC_BLOCK_BYTES);
    put(h, REG_ARGUMENT, c->argument);
    put(h, REG_COMMAND,
        (uint32_t)c->index << 24 | (uint32_t)kind[c->response] << 16 |
            (c->data ? COMMAND_DATA : 0) | (c->data == SDHC_READ ? MODE_READ : 0));
    return enter(h, ANSWERING, now_ms);
}

/* True once the controller has said `expected` of this command; else *status says how it stands.
 * What it says stays until the next command clears it: each look is an exit where a hypervisor has
 * to stand between. After an error the lines are made free again. */
static bool told(struct sdhc *h, uint32_t expected, uint32_t limit_ms, uint32_t now_ms,
                 enum sdhc_status *status)
{
    if (h->said & expected)
        return true;
    h->said = get(h, REG_STATUS);
    if (h->said & STATUS_ERROR) {
        h->outcome = (h->said & ERRORS) == STATUS_SILENT ? SDHC_SILENT : SDHC_FAILED;
        put(h, REG_CLOCK, (get(h, REG_CLOCK) & ~RESET_ALL) | RESET_LINES);
        *status = enter(h, RECOVERING, now_ms);
        return false;
    }
    if (h->said & expected)
        return true;
    *status = wait(h, now_ms, limit_ms);
    return false;
}

static enum sdhc_status answering(struct sdhc *h, uint32_t now_ms)
{
    enum sdhc_status status;

    if (!told(h, STATUS_COMMAND, COMMAND_MS, now_ms, &status))
        return status;
    for (uint32_t i = 0; i < (h->command.response == SDHC_R2 ? 4 : 1); i++)
        h->response[i] = get(h, REG_RESPONSE + 4 * i);
    if (h->command.data)
        return enter(h, MOVING, now_ms);
    return h->command.response == SDHC_R1B ? enter(h, ENDING, now_ms) : end(h, SDHC_DONE);
}

static enum sdhc_status moving(struct sdhc *h, uint32_t now_ms)
{
    bool read = h->command.data == SDHC_READ;
    enum sdhc_status status;

    if (!told(h, read ? STATUS_READABLE : STATUS_WRITABLE, DATA_MS, now_ms, &status))
        return status;
    for (uint32_t i = 0; i < SDHC_BLOCK_BYTES; i += 4) {
        uint32_t word;

        if (read) {
            word = get(h, REG_BUFFER);
            memcpy(h->block + i, &word, sizeof(word));
        } else {
            memcpy(&word, h->block + i, sizeof(word));
            put(h, REG_BUFFER, word);
        }
    }
    return enter(h, ENDING, now_ms);
}

/* A written block, and what a card does after R1b: it is busy until then. */
static enum sdhc_status ending(struct sdhc *h, uint32_t now_ms)
{
    enum sdhc_status status;

    return told(h, STATUS_TRANSFER, DATA_MS, now_ms, &status) ? end(h, SDHC_DONE) : status;
}

static enum sdhc_status recovering(struct sdhc *h, uint32_t now_ms)
{
    if (get(h, REG_CLOCK) & RESET_LINES)
        return wait(h, now_ms, RESET_MS);
    return end(h, h->outcome);
}

static enum sdhc_status (*const look[PHASES])(struct sdhc *h, uint32_t now_ms) = {
    [IDLE] = idle,         [RESETTING] = resetting,   [DETECTING] = detecting,
    [POWERING] = powering, [CLOCKING] = clocking,     [SETTLING] = settling,
    [WAITING] = waiting,   [ANSWERING] = answering,   [MOVING] = moving,
    [ENDING] = ending,     [RECOVERING] = recovering,
};

void sdhc_start(struct sdhc *h, uint32_t now_ms)
{
    put(h, REG_CLOCK, RESET_ALL);
    (void)enter(h, RESETTING, now_ms);
}

void sdhc_full_speed(struct sdhc *h, uint32_t now_ms)
{
    set_clock(h, FULL_SPEED_KHZ, now_ms);
}

void sdhc_send(struct sdhc *h, const struct sdhc_command *command, uint8_t *block, uint32_t now_ms)
{
    h->command = *command;
    h->block = block;
    (void)enter(h, WAITING, now_ms);
}

/* A phase is entered once for each thing begun, so this ends. */
enum sdhc_status sdhc_step(struct sdhc *h, uint32_t now_ms)
{
    enum sdhc_status status;
    uint8_t before;

    do {
        before = h->phase;
        status = look[before](h, now_ms);
    } while (status == SDHC_BUSY && h->phase != before);
    return status;
}
